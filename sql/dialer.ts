/** The dialer's store (`DialerStore`): contacts, campaigns, lists, calls, DNC, outbox, audit, each noun in a file of its own. */
import type { DialerStore } from '../core/dialer-ports.js';
import type { Db } from './db.js';
import { createDialerAudit } from './dialer-audit.js';
import { createBreakdown } from './dialer-breakdown.js';
import { createCalls } from './dialer-calls.js';
import { createCampaigns } from './dialer-campaigns.js';
import { createClaim } from './dialer-claim.js';
import { createContacts } from './dialer-contacts.js';
import { createControl } from './dialer-control.js';
import { createCounters } from './dialer-counters.js';
import { createCounts } from './dialer-counts.js';
import { createDecisions } from './dialer-decisions.js';
import { createDnc } from './dialer-dnc.js';
import { createFacts } from './dialer-facts.js';
import { createGroups } from './dialer-groups.js';
import { createHopper } from './dialer-hopper.js';
import { createInsertContacts, createIntake } from './dialer-intake.js';
import { createContactLists } from './dialer-lists.js';
import { createLoadRows } from './dialer-load.js';
import { createOutbox } from './dialer-outbox.js';
import { createReconcile } from './dialer-reconcile.js';
import { createSave } from './dialer-save.js';
import { dialerBase } from './dialer-sql.js';
import type { DialerStoreOptions } from './dialer-sql.js';
import { createVerdicts } from './dialer-verdicts.js';

export { dialerLease } from './dialer-sql.js';

export function createDialerStore(db: Db, options: DialerStoreOptions): DialerStore {
  const base = dialerBase(db, options);
  const audit = createDialerAudit(base);
  const counts = createCounts(base);
  const counters = createCounters(base);
  const dnc = createDnc(base, audit);
  const outbox = createOutbox(base);
  const calls = createCalls(base);
  const control = createControl(base, counts);
  const insert = createInsertContacts(base);
  const factsOf = createFacts(base, dnc.lookup);
  const verdicts = createVerdicts(base, { counts, outbox, audit });

  return {
    ...createIntake(base, counts, insert),
    ...createHopper(base, { groups: createGroups(base), factsOf, verdicts }),
    ...createClaim(base, { factsOf, verdicts, counts }),
    ...createSave(base, { calls, counts, counters, outbox, dnc, audit }),
    ...createContacts(base, { calls, counts, counters, dnc, audit }),
    ...control.port,
    ...createReconcile(base, counts),
    ...createCampaigns(base, control, audit),
    ...calls.port,
    ...counters.port,
    ...createBreakdown(base),
    ...createDecisions(base),
    ...dnc.port,
    ...outbox.port,
    ...audit.port,
    lists: createContactLists(base, control, audit, createLoadRows(base, counts, insert)),
  };
}
