/** Loads of lists over a store and a folder of their own; a process that dies is one whose store never answers again. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { Campaign } from '../../core/dialer/campaign.js';
import { listWish, type ListWish } from '../../core/dialer/list-wish.js';
import { shippedProfiles } from '../../core/dialer/compliance/profiles.js';
import type { Contact } from '../../core/dialer/contact.js';
import type { ContactLists, ContactList } from '../../core/dialer-ports.js';
import { createDialerLists, dialerListsDefaults, type ListJob } from '../../sidecar/dialer-lists.js';
import { loadListDefaults } from '../../core/services/load-list.js';
import { systemTimers } from '../../sidecar/timers.js';
import type { Store } from '../../sql/store.js';
import { silentLog, silentMeter } from './observers.js';

type Load = ContactLists['load'];

export interface SiteOptions {
  /** rows of a batch */
  readonly batchRows?: number;
  /** in place of the store's; `real` is that one */
  readonly load?: (real: Load, ...args: Parameters<Load>) => ReturnType<Load>;
  readonly bytesMax?: number;
  readonly loadsMax?: number;
  readonly retryMs?: readonly number[];
  readonly isDeadOwner?: (name: string) => boolean;
}

export async function listFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-lists-'));
  return {
    folder,
    files: async (): Promise<readonly string[]> => (await readdir(folder)).sort(),
    read: (name: string): Promise<string> => readFile(join(folder, name), 'utf8'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export const wishFor = (more: Partial<ListWish> = {}): ListWish => listWish.parse({ name: 'a list', ...more });
export const bodyOf = (text: string | Buffer, isPacked = false): Readable => {
  const bytes = Buffer.from(text as string);
  // in pieces of odd size, as a network gives them
  const whole = isPacked ? gzipSync(bytes) : bytes;
  const pieces: Buffer[] = [];
  for (let i = 0; i < whole.length; i += 4_099) pieces.push(whole.subarray(i, i + 4_099));
  return Readable.from(pieces, { objectMode: false });
};

/** One process. */
export function listProcess(store: Store, folder: string, owner: string, options: SiteOptions = {}) {
  const woken: string[] = [];
  const { load } = options;
  const { dialer } = store;
  const lists: ContactLists = load
    ? { ...dialer.lists, load: (...args) => load((...real) => dialer.lists.load(...real), ...args) }
    : dialer.lists;
  const jobs = createDialerLists(
    {
      store: { ...dialer, lists },
      leases: store.leases,
      owner,
      isDeadOwner: options.isDeadOwner ?? (() => false),
      profiles: () => shippedProfiles,
      wake: (campaign) => void woken.push(campaign),
      timers: systemTimers,
      log: silentLog,
      meter: silentMeter,
    },
    {
      ...dialerListsDefaults,
      folder,
      bytesMax: options.bytesMax ?? 64 * 1024 * 1024,
      loadsMax: options.loadsMax ?? dialerListsDefaults.loadsMax,
      resumeMs: 20,
      load: { ...loadListDefaults, batchRows: options.batchRows ?? 10, retryMs: options.retryMs ?? [] },
    },
  );
  /** Until it is not loaded any more. */
  async function ended(job: Pick<ListJob, 'id'>): Promise<ListJob> {
    for (;;) {
      const list = await dialer.lists.find(job.id);
      const now = list && (await jobs.jobOf(list));
      if (now && !now.isRunning && now.endedAtMs !== undefined) return now;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  return {
    jobs,
    woken,
    ended,
    load: (campaign: Campaign, text: string | Buffer, wish: Partial<ListWish> = {}, isPacked = false) =>
      jobs.load(campaign, wishFor(wish), bodyOf(text, isPacked), 'user:anna'),
    whole: async (campaign: Campaign, text: string | Buffer, wish: Partial<ListWish> = {}, isPacked = false): Promise<ListJob> =>
      ended(await jobs.load(campaign, wishFor(wish), bodyOf(text, isPacked), 'user:anna')),
    rejects: async (job: Pick<ListJob, 'id'>): Promise<readonly string[]> => {
      const text = await jobs.rejects(job.id);
      if (!text) return [];
      let all = '';
      for await (const piece of text) all += piece;
      return all.split('\r\n').slice(1, -1);
    },
  };
}

export async function contactsIn(store: Store, campaign = 'c1'): Promise<readonly Contact[]> {
  const all: Contact[] = [];
  for (;;) {
    const page = await store.dialer.contacts({ campaign, after: all.at(-1)?.seq ?? 0, limit: 500 });
    all.push(...page);
    if (page.length < 500) return all;
  }
}

export type { ContactList };
