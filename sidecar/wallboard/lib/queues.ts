/** What the rows of queues say together. Pure. */
import { doings, type Doing, type QueueRow } from '../../../core/board/wire.ts';

export interface Totals {
  readonly waiting: number;
  /** 0 = nobody waits */
  readonly oldestAtMs: number;
  readonly talking: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly level: number | undefined;
}

/** Agents of several queues would count more than once here: they are counted from their own rows. */
export function totalsOf(rows: readonly QueueRow[]): Totals {
  let [waiting, oldestAtMs, talking, answered, abandoned, inTime, counted] = [0, 0, 0, 0, 0, 0, 0];
  for (const { today, ...row } of rows) {
    waiting += row.waiting;
    talking += row.talking;
    answered += today.answered;
    abandoned += today.abandoned;
    if (row.oldestAtMs > 0 && (oldestAtMs === 0 || row.oldestAtMs < oldestAtMs)) oldestAtMs = row.oldestAtMs;
    if (today.serviceLevel === undefined) continue;
    inTime += today.serviceLevel * (today.answered + today.abandoned);
    counted += today.answered + today.abandoned;
  }
  return { waiting, oldestAtMs, talking, answered, abandoned, level: counted === 0 ? undefined : inTime / counted };
}

export function countDoings(rows: readonly { readonly doing: Doing }[]): Record<Doing, number> {
  const counts = Object.fromEntries(doings.map((doing) => [doing, 0])) as Record<Doing, number>;
  for (const { doing } of rows) counts[doing]++;
  return counts;
}

/** Agents who are logged in. */
export const present = (agents: Readonly<Record<Doing, number>>): number =>
  doings.reduce((sum, doing) => sum + (doing === 'logged-out' ? 0 : agents[doing]), 0);

export type Trouble = 'no-agents' | 'below-goal';

/** Why somebody should look at this queue; undefined: all is well. */
export function troubleOf(row: QueueRow): Trouble | undefined {
  if (row.waiting > 0 && present(row.agents) === 0) return 'no-agents';
  const { serviceLevel } = row.today;
  return serviceLevel !== undefined && row.goal > 0 && serviceLevel < row.goal ? 'below-goal' : undefined;
}

export const sorts = ['name', 'waiting', 'longest', 'level'] as const;
export type Sort = (typeof sorts)[number];

const byName = (a: QueueRow, b: QueueRow): number => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1);

export function sorted(rows: readonly QueueRow[], sort: Sort): QueueRow[] {
  const before: Record<Sort, (a: QueueRow, b: QueueRow) => number> = {
    name: () => 0,
    waiting: (a, b) => b.waiting - a.waiting,
    longest: (a, b) => (a.oldestAtMs || Infinity) - (b.oldestAtMs || Infinity) || 0,
    level: (a, b) => (a.today.serviceLevel ?? 2) - (b.today.serviceLevel ?? 2),
  };
  return [...rows].sort((a, b) => before[sort](a, b) || byName(a, b));
}

export const matches = ({ id, name }: { readonly id: string; readonly name: string }, wanted: string): boolean =>
  wanted === '' || `${id} ${name}`.toLowerCase().includes(wanted.trim().toLowerCase());
