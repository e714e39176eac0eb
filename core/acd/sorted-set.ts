/** A set kept in order: finding the first, inserting and removing cost the logarithm of its size. */
import module from 'sorted-btree';

/** The package is CommonJS: its class is the default export itself, or one level deeper, by how the importing file was loaded. */
const BTree = typeof module === 'function' ? module : module.default;

export class SortedSet<K> {
  private readonly tree: InstanceType<typeof BTree<K, undefined>>;

  /** `compare` must be total: 0 means the same element. */
  constructor(compare: (a: K, b: K) => number) {
    this.tree = new BTree<K, undefined>(undefined, compare);
  }

  get size(): number {
    return this.tree.size;
  }

  add(key: K): void {
    this.tree.set(key, undefined);
  }

  delete(key: K): void {
    this.tree.delete(key);
  }

  clear(): void {
    this.tree.clear();
  }

  first(): K | undefined {
    return this.tree.minKey();
  }

  last(): K | undefined {
    return this.tree.maxKey();
  }

  /** In order, from the first element not before `from` on. The set must not change meanwhile. */
  from(from?: K): IterableIterator<K> {
    return this.tree.keys(from);
  }
}
