import * as Y from "yjs";

type Store = Y.Doc["store"];

/** Items that Yjs deletes together with their parent in a millisecond or two. */
const MOST_AT_ONCE = 500;

/** All descendants of an item. */
export function* within(item: Y.Item): Generator<Y.Item, void> {
  const outer = [item];
  for (let next = outer.pop(); next !== undefined; next = outer.pop()) {
    for (const child of childrenOf(next)) {
      yield child;
      outer.push(child);
    }
  }
}

/**
 * Deletes the descendants of an item step by step, as deleting the item does, which takes long if there are many. Until
 * the item itself is deleted, the document must not be shown or saved.
 */
export function* clear(item: Y.Item, store: Store): Generator<void, void> {
  const inner: Y.Item[] = [];
  for (const each of within(item)) {
    inner.push(each);
    yield;
  }
  if (inner.length <= MOST_AT_ONCE || !(item.content instanceof Y.ContentType)) {
    return;
  }
  const clients = new Set<number>();
  for (const each of inner) {
    each.markDeleted();
    turnIntoGap(each, store);
    clients.add(each.id.client);
    yield;
  }
  item.content.type._start = null;
  item.content.type._map = new Map();
  clients.forEach((client) => mergeGaps(store.clients.get(client) ?? []));
}

/** The item may have been merged into the one before it, which is deleted, too. */
function turnIntoGap({ id }: Y.Item, store: Store): void {
  const structs = store.clients.get(id.client) ?? [];
  const index = Y.findIndexSS(structs, id.clock);
  const struct = structs[index];
  if (struct instanceof Y.Item) {
    structs[index] = new Y.GC(struct.id, struct.length);
  }
}

function mergeGaps(structs: (Y.Item | Y.GC)[]): void {
  let count = 0;
  for (const struct of structs) {
    const last = structs[count - 1];
    if (!(last instanceof Y.GC && last.mergeWith(struct as Y.GC))) {
      structs[count] = struct;
      count += 1;
    }
  }
  structs.length = count;
}

/** Children of an item, including the earlier values of its keys. */
function* childrenOf({ content }: Y.Item): Generator<Y.Item, void> {
  if (content instanceof Y.ContentType) {
    const { _start: start, _map: map } = content.type;
    for (let child = start; child !== null; child = child.right) {
      yield child;
    }
    for (const last of map.values()) {
      for (let child: Y.Item | null = last; child !== null; child = child.left) {
        yield child;
      }
    }
  }
}
