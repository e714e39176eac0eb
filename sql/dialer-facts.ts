/** What the gates are asked with (`GateFacts`), read for many contacts at once: one statement for each kind of fact. */
import type { GateFacts } from '../core/dialer-ports.js';
import type { Campaign } from '../core/dialer/campaign.js';
import { keyOfContact, numberKeyOf } from '../core/dialer/compliance/numbers.js';
import type { Contact } from '../core/dialer/contact.js';
import type { DncEntry } from '../core/dialer/engine-words.js';
import { text } from './db.js';
import type { Row, Statements, Value } from './db.js';
import type { DncLookup } from './dialer-dnc.js';
import type { DialerBase } from './dialer-sql.js';
import { allIn } from './dialer-sql.js';

/** Longest time over which a cap counts: 30 days, and the hour in which they begin. */
const capHours = 30 * 24 + 1;
export const hourMs = 3_600_000;

interface NumberPast {
  hours: [number, number][];
  lastAbandonedMs: number | undefined;
  lastMachineMs: number | undefined;
}

export type FactsOf = (
  statements: Pick<Statements, 'all'>,
  contacts: readonly Contact[],
  campaign: Campaign,
  nowMs: number,
) => Promise<readonly GateFacts[]>;

export function createFacts(base: DialerBase, findDnc: DncLookup): FactsOf {
  const hoursTable = base.table('number_hours');
  const activeTable = base.table('active');
  const hoursSql = (list: string) =>
    `SELECT number_key, hour, calls, abandoned_ms, machine_ms FROM ${hoursTable} WHERE number_key IN (${list}) AND hour > ?`;
  const activeSql = (list: string) => `SELECT number_key, contact_id FROM ${activeTable} WHERE number_key IN (${list})`;

  return async (statements, contacts, campaign, nowMs) => {
    const keys = contacts.map((contact) => nextKeyOf(contact, campaign));
    const distinct: Value[] = [...new Set(keys)].sort();
    const dnc = await findDnc(statements, distinct as string[], nowMs);
    const past = pastOf(await allIn(statements, hoursSql, distinct, { after: [Math.floor(nowMs / hourMs) - capHours] }));
    const active = await allIn(statements, activeSql, distinct);
    const activeOf = new Map(active.map((row) => [text(row['number_key']), text(row['contact_id'])]));
    const applies = scopeFilter(campaign);
    return contacts.map((contact, i): GateFacts => {
      const numberKey = keys[i] ?? '';
      const number = past.get(numberKey);
      return {
        contact,
        numberKey,
        dnc: (dnc.get(numberKey) ?? []).filter(applies),
        numberHours: number?.hours ?? [],
        lastAbandonedMs: number?.lastAbandonedMs,
        lastMachineMs: number?.lastMachineMs,
        isNumberActive: activeOf.has(numberKey) && activeOf.get(numberKey) !== contact.id,
      };
    });
  };
}

/** Key of the number that is dialled next. */
function nextKeyOf(contact: Contact, campaign: Campaign): string {
  const further = contact.numberIndex > 0 ? contact.numbers[contact.numberIndex - 1] : undefined;
  return further === undefined ? keyOfContact(contact, campaign.country) : numberKeyOf(further, campaign.country);
}

/** Entries for everybody, of a national list, of this campaign or its client. */
function scopeFilter({ id, client }: Campaign): (entry: DncEntry) => boolean {
  const own = new Set(['', `campaign:${id}`, ...(client === '' ? [] : [`client:${client}`])]);
  return ({ scope }) => own.has(scope) || scope.startsWith('national:');
}

const newer = (a: number | undefined, b: number): number | undefined => (b === 0 ? a : Math.max(a ?? 0, b));

function pastOf(rows: readonly Row[]): Map<string, NumberPast> {
  const found = new Map<string, NumberPast>();
  for (const row of rows) {
    const key = text(row['number_key']);
    const past = found.get(key) ?? { hours: [], lastAbandonedMs: undefined, lastMachineMs: undefined };
    found.set(key, past);
    const calls = Number(row['calls']);
    if (calls > 0) past.hours.push([Number(row['hour']), calls]);
    past.lastAbandonedMs = newer(past.lastAbandonedMs, Number(row['abandoned_ms']));
    past.lastMachineMs = newer(past.lastMachineMs, Number(row['machine_ms']));
  }
  return found;
}
