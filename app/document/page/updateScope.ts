import {
  ContentType,
  decodeUpdate,
  type Doc,
  findIndexSS,
  getItem,
  getState,
  ID,
  Item,
  type Text,
  type XmlElement,
  XmlText,
} from "yjs";

/** What people see as one text: the title or a paragraph. */
export type Place = Text | XmlElement;

/** True if an update changes the content of a place, or of a text within it. */
export function changesWithin(update: Uint8Array, place: Place, doc: Doc): boolean {
  const { structs, ds } = decodeUpdate(update);
  const added = structs.filter((struct) => struct instanceof Item);
  return (
    added.some((item) => isAddedWithin(item, place, doc)) ||
    [...ds.clients].some(([client, ranges]) =>
      ranges.some(({ clock, len }) =>
        structsIn(client, clock, clock + len, doc).some((struct) => isWithin(struct, place)),
      ),
    )
  );
}

/** Whether an item that is not applied yet belongs to a place, by its neighbours or by the parent that it names. */
function isAddedWithin(item: Item, place: Place, doc: Doc): boolean {
  const { origin, rightOrigin } = item;
  // The declared type is that of an item that is applied.
  const parent: unknown = item.parent;
  if (typeof parent === "string") {
    const type: unknown = doc.share.get(parent);
    return type === place;
  }
  const container = parent instanceof ID ? known(parent, doc) : undefined;
  return (
    [known(origin, doc), known(rightOrigin, doc), container].some((each) =>
      isWithin(each, place),
    ) ||
    (container?.content instanceof ContentType && container.content.type === place)
  );
}

function isWithin(struct: unknown, place: Place): boolean {
  if (!(struct instanceof Item)) {
    return false;
  }
  const { parent } = struct;
  return parent === place || (parent instanceof XmlText && parent.parent === place);
}

/** The item with an id; undefined if it is itself part of the update, or garbage-collected. */
function known(id: ID | null, { store }: Doc): Item | undefined {
  if (id === null || id.clock >= getState(store, id.client)) {
    return undefined;
  }
  const struct: unknown = getItem(store, id);
  return struct instanceof Item ? struct : undefined;
}

function structsIn(client: number, from: number, to: number, { store }: Doc): readonly unknown[] {
  const structs = store.clients.get(client) ?? [];
  const end = Math.min(to, getState(store, client));
  return from < end
    ? structs.slice(findIndexSS(structs, from), findIndexSS(structs, end - 1) + 1)
    : [];
}
