import type { Change, CurrentRows, ProvisionedTable, Row } from '../../core/provisioning/plan.js';

/** Provisioned tables in memory, changed as the store would. */
export function memoryProvisioning() {
  const tables: Partial<Record<ProvisionedTable, Row[]>> = {};
  const written: Change[][] = [];
  return {
    tables,
    written,
    read: () => Promise.resolve(structuredClone(tables) as CurrentRows),
    write(changes: readonly Change[]) {
      written.push([...changes]);
      for (const { table, action, key, values } of changes) {
        const rows = (tables[table] ??= []);
        const isMeant = (row: Row) => Object.entries(key).every(([column, value]) => row[column] === value);
        if (action === 'insert') rows.push({ ...key, ...values });
        else if (action === 'update') tables[table] = rows.map((row) => (isMeant(row) ? { ...row, ...values } : row));
        else tables[table] = rows.filter((row) => !isMeant(row));
      }
      return Promise.resolve();
    },
  };
}

export type MemoryProvisioning = ReturnType<typeof memoryProvisioning>;
