import * as Y from "yjs";

type Store = Y.Doc["store"];

/** Items that Yjs deletes in a millisecond or two with the one that they are in. */
const MOST_AT_ONCE = 500;

/** All that is in an item, and in what is in it. */
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
 * Makes of all that is in an item what deleting the item makes of it, step by step, where Yjs would take long to do it
 * at once. In between, and until the item is deleted, a document with it is not to be shown or saved.
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

/** It may have become a part of the one before it, which goes, too. */
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

/** Under a key, what was there before, too. */
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
