/** Numbers that grow with each change of something, so that other processes see cheaply that they are behind. */
import { integer } from './db.js';
import type { Db, Dialect, Statements } from './db.js';

/** In the transaction of the change itself. */
export async function countUp(tx: Statements, dialect: Dialect, own: string, name: string): Promise<void> {
  const onExisting =
    dialect === 'mysql' ? 'ON DUPLICATE KEY UPDATE number = number + 1' : 'ON CONFLICT (name) DO UPDATE SET number = number + 1';
  await tx.run(`INSERT INTO ${own}tandem_revisions (name, number) VALUES (?, 1) ${onExisting}`, [name]);
}

/** 0 when nothing was ever changed. */
export async function revisionOf(db: Db, own: string, name: string): Promise<number> {
  const [row] = await db.all(`SELECT number FROM ${own}tandem_revisions WHERE name = ?`, [name]);
  return integer(row?.['number']) ?? 0;
}
