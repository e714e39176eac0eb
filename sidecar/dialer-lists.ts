/**
 * Loads of contact lists (dialer.md B7): each file is written down first, then read in the background; one load of a campaign at a
 * time, over all processes. What was under way when the process ended goes on at its next start, from the last stored batch.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Leases } from '../core/acd-ports.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { Profile } from '../core/dialer/compliance/profile.js';
import { kindOf } from '../core/dialer/list-format.js';
import { listWish, planList, type ListPlan, type ListWish } from '../core/dialer/list-wish.js';
import type { ContactList, DialerStore } from '../core/dialer-ports.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import { loadListDefaults } from '../core/services/load-list.js';
import { createListSpool, type ReceivedFile } from './list-spool.js';
import { headLinesOf } from './list-records.js';
import { readRejects, rejectsExist } from './list-rejects.js';
import { runLoad, type RunningLoad } from './list-run.js';
import type { Timers } from './timers.js';

export interface DialerListsDeps {
  readonly store: Pick<DialerStore, 'lists' | 'findDnc' | 'campaign' | 'writeAudit'>;
  readonly leases: Leases;
  readonly owner: string;
  readonly isDeadOwner: (name: string) => boolean;
  readonly profiles: () => ReadonlyMap<string, Profile>;
  /** contacts of the campaign may be dialled now */
  readonly wake: (campaign: string) => void;
  readonly timers: Timers;
  readonly log: Log;
  readonly meter: Meter;
}

export interface DialerListsOptions {
  readonly folder: string;
  readonly bytesMax: number;
  readonly loadsMax: number;
  /** loads that the database had stopped are taken up again so often */
  readonly resumeMs: number;
  readonly load: typeof loadListDefaults;
}

export const dialerListsDefaults = { loadsMax: 4, resumeMs: 60_000, load: loadListDefaults };

/** A list with what is known of its load here. */
export interface ListJob extends ContactList {
  readonly isRunning: boolean;
  /** of the file; undefined: it is not here any more */
  readonly bytes: number | undefined;
  /** since this load began, or was taken up again */
  readonly rowsPerSecond: number | undefined;
  readonly hasRejects: boolean;
}

export interface DialerLists {
  /**
   * Resolves when the file is here and its load has begun. Rejects TDM_CONFLICT while another load of the campaign runs, TDM_BUSY,
   * TDM_TOO_LARGE, TDM_BAD_FILE, TDM_STORE_DOWN; then nothing is kept.
   */
  load(campaign: Campaign, wish: ListWish, body: Readable, actor: string): Promise<ListJob>;
  jobOf(list: ContactList): Promise<ListJob>;
  /** False when it does not run here. What was stored stays. */
  cancel(listId: number, actor: string): boolean;
  rejects(listId: number): Promise<AsyncIterable<string> | undefined>;
  /** Takes up what was under way; again and again until `close`. */
  start(): void;
  /** Loads stop behind the batch that is being stored. */
  close(): Promise<void>;
}

export function createDialerLists(deps: DialerListsDeps, options: DialerListsOptions): DialerLists {
  const spool = createListSpool<ListWish>(options, listWish, () => deps.timers.nowMs());
  const running = new Map<number, RunningLoad>();
  /** campaigns whose file is being received or loaded here */
  const busy = new Set<string>();
  let isClosing = false;
  let cancelTimer = (): void => undefined;

  async function load(campaign: Campaign, wish: ListWish, body: Readable, actor: string): Promise<ListJob> {
    take(campaign.id);
    let file: ReceivedFile | undefined;
    let made: ContactList | undefined;
    try {
      file = await spool.receive(body);
      const plan = await planOf(file.head, wish);
      const { list, isNew } = await listFor(campaign, wish, file, actor);
      if (isNew) made = list;
      await spool.keep(file, list.id, wish);
      return await begin(list, campaign, wish, plan, file.bytes);
    } catch (e) {
      busy.delete(campaign.id);
      await file?.discard();
      if (made) await undo(made, e);
      throw e;
    }
  }

  /** Who was told that it is refused must not find it loaded, and dialled, a minute later. */
  async function undo({ id }: ContactList, e: unknown): Promise<void> {
    const problem = e instanceof TandemError ? e.message : 'internal error';
    await spool.remove(id);
    await deps.store.lists.finish(id, 'failed', problem, deps.timers.nowMs()).catch((error: unknown) => {
      deps.log.info({ error, list: id }, 'a list that was refused stays without a file');
    });
  }

  function take(campaign: string): void {
    if (isClosing) throw new TandemError('TDM_STOPPING');
    if (busy.has(campaign)) throw new TandemError('TDM_CONFLICT', [`a list of campaign ${campaign} is being loaded`]);
    if (busy.size >= options.loadsMax) throw new TandemError('TDM_BUSY', [`${String(options.loadsMax)} loads at once`]);
    busy.add(campaign);
  }

  /** The unfinished one of the same file, read the same way; else a new one. */
  async function listFor(
    campaign: Campaign,
    wish: ListWish,
    file: ReceivedFile,
    actor: string,
  ): Promise<{ readonly list: ContactList; readonly isNew: boolean }> {
    const fileHash = createHash('sha256')
      .update(`${file.hash}\n${JSON.stringify(wish)}`)
      .digest('hex');
    const { lists } = deps.store;
    const nowMs = deps.timers.nowMs();
    const known = await lists.unfinished(campaign.id, fileHash);
    const list = known ?? (await lists.create({ campaign: campaign.id, name: wish.name, fileHash, startedAtMs: nowMs }));
    const audit = {
      atMs: nowMs,
      actor,
      object: `list ${String(list.id)}`,
      action: known ? 'load-resumed' : 'load',
      before: undefined,
      after: JSON.stringify({ campaign: campaign.id, name: wish.name, file: file.hash, bytes: file.bytes }),
      reason: '',
    };
    await deps.store.writeAudit([audit]);
    if (wish.activateEarly) await lists.setState(list.id, 'active', { ...audit, action: 'activate' });
    return { list, isNew: known === undefined };
  }

  /** `busy` has the campaign; the load's end takes it out. */
  async function begin(list: ContactList, campaign: Campaign, wish: ListWish, plan: ListPlan, bytes: number): Promise<ListJob> {
    const run = await runLoad({ ...deps, spool, isClosing: () => isClosing, options: options.load }, { list, campaign, wish, plan, bytes });
    running.set(list.id, run);
    void run.ended.finally(() => {
      running.delete(list.id);
      busy.delete(campaign.id);
    });
    return jobFrom(list, bytes, false);
  }

  const jobFrom = (list: ContactList, bytes: number | undefined, hasRejects: boolean): ListJob => {
    const run = running.get(list.id);
    const live = run ? { ...list, ...run.counts() } : list;
    return { ...live, isRunning: run !== undefined, bytes, rowsPerSecond: run?.rowsPerSecond(), hasRejects };
  };

  async function resume(): Promise<void> {
    for (const listId of await spool.pending()) if (!running.has(listId)) await resumeOne(listId);
  }

  async function resumeOne(listId: number): Promise<void> {
    const spooled = await spool.find(listId);
    const list = spooled && (await deps.store.lists.find(listId));
    const campaign = list && (await deps.store.campaign(list.campaign));
    if (!spooled || !list || !campaign || list.endedAtMs !== undefined) {
      await spool.remove(listId);
      return;
    }
    if (isClosing || busy.has(campaign.id) || busy.size >= options.loadsMax) return;
    busy.add(campaign.id);
    try {
      await begin(list, campaign, spooled.wish, await planOf(await spool.head(listId), spooled.wish), spooled.bytes);
      deps.log.info({ list: listId, campaign: campaign.id, offset: list.offset }, 'load of a list goes on');
    } catch (e) {
      busy.delete(campaign.id);
      throw e;
    }
  }

  function again(): void {
    void resume()
      .catch((error: unknown) => {
        const isUsual = hasCode(error, 'TDM_STORE_DOWN', 'TDM_STORE_EMPTY', 'TDM_CONFLICT');
        deps.log[isUsual ? 'debug' : 'warn']({ error }, 'loads of lists could not be taken up');
      })
      .finally(() => {
        if (!isClosing) cancelTimer = deps.timers.after(options.resumeMs, again);
      });
  }

  return {
    load,
    jobOf: async (list) => jobFrom(list, (await spool.find(list.id))?.bytes, await rejectsExist(spool.rejectsFile(list.id))),
    cancel(listId, actor) {
      const run = running.get(listId);
      run?.cancel(actor);
      return run !== undefined;
    },
    rejects: async (listId) => {
      const file = spool.rejectsFile(listId);
      return (await rejectsExist(file)) ? readRejects(file) : undefined;
    },
    start: again,
    async close() {
      isClosing = true;
      cancelTimer();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

async function planOf(head: Buffer, wish: ListWish): Promise<ListPlan> {
  const kind = kindOf(head);
  const lines = typeof kind === 'string' ? [] : await headLinesOf(head, kind.markBytes, wish);
  const planned = planList(head, lines, wish);
  if (!planned.ok) throw new TandemError('TDM_BAD_FILE', ['of contacts', planned.problem]);
  return planned.plan;
}
