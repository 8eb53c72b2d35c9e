import fastifySwagger, { type SwaggerTransformObject } from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { z } from "zod";
import { PROBLEM_TYPE, problemSchema } from "../common/http/problem.ts";

/** An answer of a route; `headers` are their descriptions by their names. */
interface Answer<T extends z.ZodType> {
  description: string;
  headers: Record<string, { type: "string"; description: string }>;
  content: Record<string, { schema: T }>;
}

/** An answer as JSON. */
export function answer<T extends z.ZodType>(
  description: string,
  schema: T,
  headers?: Record<string, string>,
): Answer<T> {
  return answerOf("application/json", description, schema, headers);
}

/** An answer as problem document. */
export function problem(
  description: string,
  headers?: Record<string, string>,
  schema: z.ZodType = problemSchema,
): Answer<z.ZodType> {
  return answerOf(PROBLEM_TYPE, description, schema, headers);
}

function answerOf<T extends z.ZodType>(
  mediaType: string,
  description: string,
  schema: T,
  headers: Record<string, string> = {},
): Answer<T> {
  const entries = Object.entries(headers).map(
    ([name, meaning]) => [name, { type: "string", description: meaning }] as const,
  );
  return {
    description,
    headers: Object.fromEntries(entries),
    content: { [mediaType]: { schema } },
  };
}

/** Describes the routes that are added afterwards, by the schemas that check them, and serves that. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Company registry",
        version: "1.0.0",
        description:
          "Companies by their business numbers, of which each is had by one company. " +
          "The header X-Replica of every answer names the replica that gave it.",
      },
      servers: [{ url: "/" }],
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      return { schema: withHeaders(schema, route.schema), url };
    },
    transformObject: (document) => onlyUsed(jsonSchemaTransformObject(document)),
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}

/** Adds the headers of the answers, which the transformation leaves out. */
function withHeaders(transformed: FastifySchema, { response }: FastifySchema): FastifySchema {
  const answers = Object.entries((response ?? {}) as Record<string, Answer<z.ZodType>>);
  const content = (transformed.response ?? {}) as Record<string, object>;
  const complete = answers.map(([status, { headers }]) => [
    status,
    { ...content[status], headers },
  ]);
  return { ...transformed, response: Object.fromEntries(complete) };
}

/** Leaves out the schemas of other apps, and those that the library has made twice. */
function onlyUsed(document: ReturnType<SwaggerTransformObject>): typeof document {
  const { paths, components } = document as {
    paths: unknown;
    components: { schemas: Record<string, unknown> };
  };
  const used: Record<string, unknown> = {};
  const visit = (value: unknown): void => {
    const references = JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    for (const [, name = ""] of references) {
      if (!(name in used)) {
        used[name] = components.schemas[name];
        visit(used[name]);
      }
    }
  };
  visit(paths);
  components.schemas = used;
  return document;
}
