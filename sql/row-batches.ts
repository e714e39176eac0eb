/** Multi-row INSERTs in few sizes: each size is one prepared statement, and a connection keeps a bounded number of them. */
const sizes = [32, 24, 16, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1] as const;

/** `n` rows as a sum of the sizes, largest first: 11 → [10, 1]. */
export function batchSizes(n: number): number[] {
  const parts: number[] = [];
  let left = n;
  for (const size of sizes) {
    while (left >= size) {
      parts.push(size);
      left -= size;
    }
  }
  return parts;
}

/** A function that gives the statement for a size; texts are made once. `row(k)` is the parenthesis of row k. */
export function rowStatements(head: string, row: (k: number) => string): (size: number) => string {
  const made = new Map<number, string>();
  return (size) => {
    let sql = made.get(size);
    if (sql === undefined) {
      sql = `${head} VALUES ${Array.from({ length: size }, (_, k) => row(k)).join(', ')}`;
      made.set(size, sql);
    }
    return sql;
  };
}
