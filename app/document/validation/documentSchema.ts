import * as Y from "yjs";
import type { SharedType } from "../content/sharedDoc.ts";

/** ProseMirror's schema of the text as data, so that servers need no editor. */
export interface TextSchema {
  /** Elements at the top level of the text. */
  top: readonly string[];
  elements: Readonly<Record<string, ElementSchema>>;
  marks: Readonly<Record<string, MarkSchema>>;
}

export interface ElementSchema {
  attributes: ValueTypes;
  /** Elements that it may contain. */
  elements: readonly string[];
  /** Marks that its text may have; null if it has no text. */
  marks: readonly string[] | null;
}

export interface MarkSchema {
  attributes: ValueTypes;
  /** Whether a passage may have the mark more than once. */
  isOverlapping: boolean;
}

/** Types of values by name, as ProseMirror writes them, such as "string|null". */
type ValueTypes = Readonly<Record<string, string>>;

/** What a shared type of a document may contain. */
export interface TypeSchema {
  /** Marks that its text may have; undefined if it is no text. */
  marks?: readonly string[];
  elements?: readonly string[];
  /** Schema of a text within it. */
  text?: TypeSchema;
  /** Its values by name. */
  values?: ValueTypes;
  /** Schema of the maps within it, under any name. */
  map?: TypeSchema;
}

type Content = Y.Item["content"];

const COMMENT: TypeSchema = {
  values: { author: "string", text: "string", createdAt: "string", resolved: "boolean" },
};

/** Name that Yjs' editor binding gives a mark that may overlap itself: with a hash of its attributes. */
const OVERLAPPING = /^(.*)--[a-zA-Z0-9+/=]{8}$/s;

/** What a document may contain: what its page can show, and nothing else. */
export class DocumentSchema {
  readonly #schema: TextSchema;
  readonly #roots: ReadonlyMap<string, TypeSchema>;
  readonly #elements: ReadonlyMap<string, TypeSchema>;

  constructor(schema: TextSchema) {
    this.#schema = schema;
    this.#roots = new Map<string, TypeSchema>([
      ["title", { marks: [] }],
      ["fields", { values: { author: "string", status: "string", due: "string" } }],
      ["comments", { map: COMMENT }],
      ["body", { elements: schema.top }],
    ]);
    this.#elements = new Map(
      Object.entries(schema.elements).map(([name, { attributes, elements, marks }]) => [
        name,
        { values: attributes, elements, ...(marks === null ? {} : { text: { marks } }) },
      ]),
    );
  }

  /** Schema of the root type with a name; undefined if there is none. */
  rootSchema(name: string): TypeSchema | undefined {
    return this.#roots.get(name);
  }

  /** Schema of a type within a document; undefined if it is not allowed. */
  schemaOf(type: SharedType): TypeSchema | undefined {
    const item = type._item;
    if (item === null) {
      return this.rootSchema(Y.findRootTypeKey(type));
    }
    if (type instanceof Y.XmlElement) {
      return this.#elements.get(type.nodeName);
    }
    const parent = item.parent instanceof Y.AbstractType ? this.schemaOf(item.parent) : undefined;
    return parent && this.childSchema(parent, item.parentSub, type);
  }

  /** Schema of a type within another one, under a key or in its list; undefined if it is not allowed there. */
  childSchema(schema: TypeSchema, key: string | null, type: SharedType): TypeSchema | undefined {
    if (key !== null) {
      return type.constructor === Y.Map ? schema.map : undefined;
    }
    if (type instanceof Y.XmlElement) {
      const isAllowed = schema.elements?.includes(type.nodeName) === true;
      return isAllowed ? this.#elements.get(type.nodeName) : undefined;
    }
    return type instanceof Y.XmlText ? schema.text : undefined;
  }

  /** Whether a type accepts a content, under a key or in its list. */
  accepts(schema: TypeSchema, key: string | null, content: Content): boolean {
    if (content instanceof Y.ContentType) {
      return this.childSchema(schema, key, content.type) !== undefined;
    }
    if (content instanceof Y.ContentDeleted) {
      return key === null ? hasList(schema) : hasEntry(schema, key);
    }
    if (key !== null) {
      return content instanceof Y.ContentAny && isValue(schema.values ?? {}, key, content.arr);
    }
    if (content instanceof Y.ContentFormat) {
      return schema.marks !== undefined && this.#isMark(schema.marks, content);
    }
    return content instanceof Y.ContentString && schema.marks !== undefined;
  }

  /** The outermost items that are not allowed, in the root types with these names. */
  invalidItemsIn(doc: Y.Doc, names: Iterable<string> = this.#roots.keys()): Y.Item[] {
    const invalid: Y.Item[] = [];
    for (const name of names) {
      const schema = this.rootSchema(name);
      const type = doc.share.get(name);
      if (schema !== undefined && type !== undefined) {
        this.#addInvalid(type, schema, invalid);
      }
    }
    return invalid;
  }

  #addInvalid(type: SharedType, schema: TypeSchema, invalid: Y.Item[]): void {
    for (const item of itemsIn(type)) {
      const { content, parentSub: key } = item;
      const inner = content instanceof Y.ContentType ? content.type : undefined;
      const innerSchema = inner && this.childSchema(schema, key, inner);
      if (!this.accepts(schema, key, content)) {
        invalid.push(item);
      } else if (inner !== undefined && innerSchema !== undefined) {
        this.#addInvalid(inner, innerSchema, invalid);
      }
    }
  }

  #isMark(allowed: readonly string[], { key, value }: Y.ContentFormat): boolean {
    // The end of a mark. That of any mark is allowed, so that a forbidden one can be removed.
    if ((value as object | null) === null) {
      return true;
    }
    const overlapping = OVERLAPPING.exec(key)?.[1];
    const name = overlapping ?? key;
    const mark = allowed.includes(name) ? this.#schema.marks[name] : undefined;
    return (
      mark?.isOverlapping === (overlapping !== undefined) &&
      isPlainObject(value) &&
      Object.entries(value).every(([attribute, each]) =>
        isValue(mark.attributes, attribute, [each]),
      )
    );
  }
}

/** The items of a type that are not deleted. */
function* itemsIn(type: SharedType): Generator<Y.Item, void> {
  for (let item = type._start; item !== null; item = item.right) {
    if (!item.deleted) {
      yield item;
    }
  }
  for (const item of type._map.values()) {
    if (!item.deleted) {
      yield item;
    }
  }
}

function hasList({ marks, elements, text }: TypeSchema): boolean {
  return marks !== undefined || elements !== undefined || text !== undefined;
}

function hasEntry({ values, map }: TypeSchema, key: string): boolean {
  return map !== undefined || (values !== undefined && Object.hasOwn(values, key));
}

/** Whether all values, which are those that a name had one after the other, have an allowed type. */
function isValue(types: ValueTypes, name: string, values: readonly unknown[]): boolean {
  const allowed = Object.hasOwn(types, name) ? (types[name]?.split("|") ?? []) : [];
  return values.every((value) => allowed.includes(value === null ? "null" : typeof value));
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
