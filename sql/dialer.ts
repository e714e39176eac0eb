/** The dialer's store (`DialerStore`): contacts, campaigns, lists, calls, DNC, outbox, audit, each noun in a file of its own. */
import type { DialerStore } from '../core/dialer-ports.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { Db } from './db.js';

export interface DialerStoreOptions {
  readonly own: string;
  readonly log: Log;
}

/** The lease of the process that dials; its fence goes with each claim and save. */
export const dialerLease = 'dialer';

// eslint-disable-next-line @typescript-eslint/no-unused-vars -- filled next
export function createDialerStore(_db: Db, _options: DialerStoreOptions): DialerStore {
  const notYet = (): Promise<never> => Promise.reject(new TandemError('TDM_INTERNAL'));
  return {
    intake: notYet,
    nextContacts: notYet,
    claim: notYet,
    save: notYet,
    active: notYet,
    activeCounts: notYet,
    eligible: notYet,
    expire: notYet,
    gateFacts: notYet,
    start: notYet,
    stop: notYet,
    purge: notYet,
    campaigns: notYet,
    campaign: notYet,
    putCampaign: notYet,
    removeCampaign: notYet,
    setState: notYet,
    contact: notYet,
    contacts: notYet,
    contactCounts: notYet,
    reviseContact: notYet,
    callbacks: notYet,
    calls: notYet,
    counters: notYet,
    saveDecisions: notYet,
    decisions: notYet,
    putLearned: notYet,
    learned: notYet,
    addDnc: notYet,
    removeDnc: notYet,
    findDnc: notYet,
    dnc: notYet,
    outboxDue: notYet,
    outboxDone: notYet,
    outboxFailed: notYet,
    outboxCount: notYet,
    audit: notYet,
    writeAudit: notYet,
    verifyAudit: notYet,
    lists: {
      create: notYet,
      unfinished: notYet,
      load: notYet,
      finish: notYet,
      list: notYet,
      find: notYet,
      setState: notYet,
      unload: notYet,
    },
  };
}
