/** The next contacts of a campaign for its hopper, and how many are due (B1, A6). */
import type { DialerStore } from '../core/dialer-ports.js';
import type { Contact } from '../core/dialer/contact.js';
import type { FactsOf } from './dialer-facts.js';
import type { Groups } from './dialer-groups.js';
import { contactColumns, contactOf } from './dialer-rows.js';
import { again, allIn, createFence, moment, within } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';
import { concernsAll, judged } from './dialer-verdicts.js';
import type { Verdict, Verdicts } from './dialer-verdicts.js';

/** Contacts judged with one reading of facts. */
const chunkMin = 32;
const chunkMax = 256;
/** Contacts of one look at the gates. */
const factsMax = 5_000;
/** Contacts of one expiry. */
const expireMax = 2_000;
/** Short: the next cycle asks again. */
const retryMsMax = 500;

export function createHopper(
  base: DialerBase,
  { groups, factsOf, verdicts }: { readonly groups: Groups; readonly factsOf: FactsOf; readonly verdicts: Verdicts },
): Pick<DialerStore, 'nextContacts' | 'eligible' | 'gateFacts' | 'expire'> {
  const { db } = base;
  const checkFence = createFence(base);
  const byId = (list: string) => `SELECT ${contactColumns} FROM ${base.table('contacts')} WHERE id IN (${list}) ORDER BY seq`;

  return {
    async nextContacts(campaign, { count, scanMax, leaveOut, nowMs }, judge, fence) {
      const found: { contact: Contact; guaranteedOnly: boolean }[] = [];
      const rows = groups.rows(db, await groups.of(db, [campaign.id]), campaign.orderWithin, moment(nowMs));
      for (let looked = 0; found.length < count && looked < scanMax;) {
        const chunk = await rows.next(Math.min(chunkMax, scanMax - looked, Math.max(chunkMin, count - found.length)));
        if (chunk.length === 0) break;
        looked += chunk.length;
        const contacts = chunk.map(contactOf).filter(({ id }) => !leaveOut.has(id));
        const others: Verdict[] = [];
        for (const facts of await factsOf(db, contacts, campaign, nowMs)) {
          const verdict = judged(judge, facts, nowMs, base);
          if (verdict.kind !== 'go') others.push(verdict);
          else if (found.length < count) found.push({ contact: facts.contact, guaranteedOnly: verdict.guaranteedOnly });
        }
        if (others.length === 0) continue;
        if (others.every(concernsAll)) break;
        await db.transaction(
          async (tx) => {
            await checkFence(tx, fence);
            await verdicts.settle(tx, others, nowMs);
          },
          { ...again, retryMsMax },
        );
      }
      return found;
    },
    async expire(nowMs, limit, messageOf) {
      const sql = `SELECT ${contactColumns} FROM ${base.table('contacts')}
        WHERE status = 'pending' AND end_time IS NOT NULL AND end_time <= ? LIMIT ${String(within(limit, expireMax))}${base.forUpdate}`;
      return db.transaction(async (tx) => {
        const contacts = (await tx.all(sql, [moment(nowMs)])).map(contactOf);
        const over = contacts.map((contact): Verdict => ({
          kind: 'final',
          gate: 'expired',
          result: 'EXPIRED',
          contact,
          message: messageOf?.(contact),
        }));
        await verdicts.settle(tx, over, nowMs);
        return contacts.length;
      }, again);
    },
    async gateFacts(campaign, which, nowMs) {
      const rows =
        'contacts' in which
          ? await allIn(db, byId, which.contacts)
          : await groups.rows(db, await groups.of(db, [campaign.id]), 'FIFO', moment(Infinity)).next(within(which.limit, factsMax));
      return factsOf(db, rows.map(contactOf), campaign, nowMs);
    },
    async eligible(campaigns, nowMs, countMax) {
      const found = new Map<string, { count: number; oldestReceivedMs: number }>();
      const all = await groups.of(db, campaigns);
      const due = await groups.due(db, all, moment(nowMs), Math.max(1, Math.floor(countMax)));
      all.forEach(({ campaignId }, i) => {
        const one = due[i];
        if (!one || one.count === 0) return;
        const before = found.get(campaignId) ?? { count: 0, oldestReceivedMs: Infinity };
        found.set(campaignId, {
          count: Math.min(countMax, before.count + one.count),
          oldestReceivedMs: Math.min(before.oldestReceivedMs, one.oldestReceivedMs),
        });
      });
      return found;
    },
  };
}
