import fastifySwagger, { type SwaggerTransformObject } from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { z } from "zod";
import { PROBLEM_TYPE, problemSchema } from "../common/http/problem.ts";

/** A response of a route; `headers` maps names to descriptions. */
interface Answer<T extends z.ZodType> {
  description: string;
  headers: Record<string, { type: "string"; description: string }>;
  content: Record<string, { schema: T }>;
}

/** A response in JSON. */
export function answer<T extends z.ZodType>(
  description: string,
  schema: T,
  headers?: Record<string, string>,
): Answer<T> {
  return answerOf("application/json", description, schema, headers);
}

/** A response that is a problem document. */
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

/** Serves an OpenAPI document of the routes that are added afterwards, generated from their schemas. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Company registry",
        version: "1.0.0",
        description:
          "Companies by business number; each number belongs to one company. " +
          "The header X-Replica of every response names the replica that sent it.",
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

/** Adds the response headers, which the transformation omits. */
function withHeaders(transformed: FastifySchema, { response }: FastifySchema): FastifySchema {
  const answers = Object.entries((response ?? {}) as Record<string, Answer<z.ZodType>>);
  const content = (transformed.response ?? {}) as Record<string, object>;
  const complete = answers.map(([status, { headers }]) => [
    status,
    { ...content[status], headers },
  ]);
  return { ...transformed, response: Object.fromEntries(complete) };
}

/** Removes the schemas of other apps, and duplicates that the library generates. */
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
