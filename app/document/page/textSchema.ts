import { getSchema } from "@tiptap/core";
import type { ContentMatch, NodeType, Schema } from "@tiptap/pm/model";
import type { TextSchema } from "../validation/documentSchema.ts";
import { textExtensions } from "./extensions.ts";

type Attributes = Readonly<Record<string, { default?: unknown }>>;

/** The schema of the text, without an editor. */
export function editorSchema(): Schema {
  return getSchema(textExtensions());
}

/** What the text may contain, derived from the schema of the editor. */
export function textSchema(): TextSchema {
  const schema = editorSchema();
  const elements = Object.values(schema.nodes).filter(
    (type) => !type.isText && type !== schema.topNodeType,
  );
  return {
    top: elementsIn(schema.topNodeType),
    elements: mapOf(elements, (type) => ({
      attributes: valueTypesOf(type.spec.attrs as Attributes | undefined),
      elements: elementsIn(type),
      marks: marksIn(type),
    })),
    marks: mapOf(Object.values(schema.marks), (type) => ({
      attributes: valueTypesOf(type.spec.attrs as Attributes | undefined),
      isOverlapping: !type.excludes(type),
    })),
  };
}

function mapOf<T extends { name: string }, V>(
  types: readonly T[],
  valueOf: (type: T) => V,
): Record<string, V> {
  return Object.fromEntries(types.map((type) => [type.name, valueOf(type)]));
}

function elementsIn(type: NodeType): string[] {
  return childrenOf(type)
    .filter(({ isText }) => !isText)
    .map(({ name }) => name);
}

function marksIn(type: NodeType): string[] | null {
  const hasText = childrenOf(type).some(({ isText }) => isText);
  const marks = Object.values(type.schema.marks).filter((mark) => type.allowsMarkType(mark));
  return hasText ? marks.map(({ name }) => name) : null;
}

/** All types of nodes that a node may contain. */
function childrenOf({ contentMatch }: NodeType): NodeType[] {
  const matches = new Set<ContentMatch>([contentMatch]);
  const types = new Set<NodeType>();
  for (const match of matches) {
    for (let index = 0; index < match.edgeCount; index++) {
      const { type, next } = match.edge(index);
      types.add(type);
      matches.add(next);
    }
  }
  return [...types];
}

/** The types of attributes, which are those of their defaults; a default of null means text or null. */
function valueTypesOf(attributes: Attributes = {}): Record<string, string> {
  const typeOf = (value: unknown): string => (value === null ? "string|null" : typeof value);
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, typeOf(attribute.default)]),
  );
}
