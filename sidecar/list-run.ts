/** One load of a list: from its place in the spooled file to its end, under the lease of its campaign. */
import type { Campaign } from '../core/dialer/campaign.js';
import { placeOf } from '../core/dialer/compliance/zones.js';
import type { NewContact } from '../core/dialer/contact.js';
import type { ListPlan, ListWish } from '../core/dialer/list-wish.js';
import type { ContactList } from '../core/dialer-ports.js';
import { hasCode, TandemError } from '../core/errors.js';
import { loadList, type loadListDefaults, type LoadCounts, type LoadListDeps } from '../core/services/load-list.js';
import { createDncPreview } from '../core/services/preview-dnc.js';
import type { DialerListsDeps } from './dialer-lists.js';
import { readRecords, rowReaderOf } from './list-records.js';
import { openRejects } from './list-rejects.js';
import type { ListSpool } from './list-spool.js';

export interface RunningLoad {
  counts(): LoadCounts;
  rowsPerSecond(): number | undefined;
  cancel(actor: string): void;
  /** never rejects */
  readonly ended: Promise<void>;
}

type Deps = DialerListsDeps & {
  readonly spool: ListSpool<ListWish>;
  readonly isClosing: () => boolean;
  readonly options: typeof loadListDefaults;
};

interface Work {
  readonly list: ContactList;
  readonly campaign: Campaign;
  readonly wish: ListWish;
  readonly plan: ListPlan;
  readonly bytes: number;
}

/** A load whose process died is another's after this long; where the death can be seen, at once. */
const leaseMs = 60_000;
/** so soon a cancelled load ends that waits for the database */
const waitPieceMs = 500;

/** Resolves when it has begun. Rejects TDM_CONFLICT when another process loads a list of the campaign. */
export async function runLoad(deps: Deps, work: Work): Promise<RunningLoad> {
  const { list, campaign } = work;
  const lease = await takeLease(deps, campaign.id);
  const beginMs = deps.timers.nowMs();
  let counts: LoadCounts = list;
  let cancelledBy: string | undefined;

  async function check(): Promise<void> {
    if (cancelledBy !== undefined) throw new Cancelled(cancelledBy);
    if (deps.isClosing()) throw new TandemError('TDM_STOPPING');
    await lease.hold();
  }

  /** Whoever ends the load does not wait for it. */
  async function wait(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0 && cancelledBy === undefined && !deps.isClosing(); leftMs -= waitPieceMs)
      await new Promise<void>((resolve) => void deps.timers.after(Math.min(leftMs, waitPieceMs), resolve));
  }

  function onProgress(now: LoadCounts): void {
    counted(deps, counts, now);
    counts = now;
  }

  async function run(): Promise<void> {
    try {
      counts = await load(deps, work, { check, wait, onProgress });
      await finish(deps, work, undefined);
    } catch (e) {
      await failed(deps, work, e);
    } finally {
      await lease.release();
    }
  }

  const ended = run().catch((error: unknown) => {
    deps.log.warn({ error, list: list.id }, 'load of a list: its end could not be stored');
  });
  return {
    ended,
    counts: () => counts,
    rowsPerSecond() {
      const seconds = (deps.timers.nowMs() - beginMs) / 1000;
      return seconds > 0 ? Math.round((counts.rowsRead - list.rowsRead) / seconds) : undefined;
    },
    cancel: (actor) => (cancelledBy ??= actor),
  };
}

class Cancelled extends Error {}

async function load(
  deps: Deps,
  work: Work,
  { check, wait, onProgress }: Pick<LoadListDeps, 'check' | 'wait' | 'onProgress'>,
): Promise<LoadCounts> {
  const { list, campaign, wish, plan } = work;
  const { spool, store, timers } = deps;
  const refused = list.invalid + (wish.blocked === 'reject' ? list.blocked : 0);
  const rejects = await openRejects(spool.rejectsFile(list.id), refused);
  return loadList(
    {
      lists: store.lists,
      preview: createDncPreview(store, campaign, deps.profiles().get(campaign.profile)),
      isPlaced: createPlaced(campaign),
      keep: (lines) => rejects.keep(lines),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      wait,
      nowMs: () => timers.nowMs(),
      onProgress,
      check,
    },
    {
      listId: list.id,
      readRow: rowReaderOf(wish, plan, { id: list.id, fileKey: list.fileHash }, campaign),
      rule: { duplicates: wish.duplicates, within: wish.within },
      keepsBlocked: wish.blocked === 'store',
      from: list,
    },
    readRecords((offset) => spool.read(list.id, offset), plan, wish, list.offset),
    deps.options,
  );
}

/** Places by prefix: what the first digits and the length decide is asked once. */
const prefixDigits = 8;
const prefixesMax = 100_000;

function createPlaced(campaign: Campaign): (contact: NewContact) => boolean {
  const known = new Map<string, boolean>();
  // a campaign that knows its country or its zone has one for everybody
  const isPlaced = (contact: Pick<NewContact, 'zones' | 'region'>, key: string): boolean =>
    placeOf(contact, key, campaign).zones.length > 0;
  if (isPlaced({ zones: [], region: undefined }, '')) return () => true;
  return (contact) => {
    if (contact.zones.length > 0 || contact.region !== undefined) return isPlaced(contact, contact.numberKey);
    const prefix = `${contact.numberKey.slice(0, prefixDigits)} ${String(contact.numberKey.length)}`;
    let found = known.get(prefix);
    if (found === undefined) {
      if (known.size >= prefixesMax) known.clear();
      known.set(prefix, (found = isPlaced(contact, contact.numberKey)));
    }
    return found;
  };
}

function counted({ meter }: Deps, before: LoadCounts, now: LoadCounts): void {
  for (const outcome of ['stored', 'duplicates', 'invalid', 'blocked'] as const) {
    const count = now[outcome] - before[outcome];
    if (count > 0) meter.count('tandem_dialer_list_rows_total', { outcome }, count);
  }
}

async function finish({ store, spool, timers, wake }: Deps, { list, wish, campaign }: Work, problem: string | undefined): Promise<void> {
  const state = problem !== undefined ? 'failed' : wish.activate || wish.activateEarly ? 'active' : 'inactive';
  await store.lists.finish(list.id, state, problem, timers.nowMs());
  await spool.remove(list.id);
  if (state === 'active') wake(campaign.id);
}

/** What can go on later is left as it is. */
async function failed(deps: Deps, work: Work, e: unknown): Promise<void> {
  const { list, campaign } = work;
  if (hasCode(e, 'TDM_STOPPING', 'TDM_STORE_DOWN', 'TDM_STANDBY')) {
    deps.log.info({ list: list.id, campaign: campaign.id, reason: e.message }, 'load of a list stops, to be taken up again');
    return;
  }
  const problem = e instanceof Cancelled ? `cancelled by ${e.message}` : e instanceof TandemError ? e.message : 'internal error';
  if (!(e instanceof Cancelled || e instanceof TandemError)) deps.log.error({ err: e, list: list.id }, 'load of a list failed');
  else deps.log.warn({ list: list.id, campaign: campaign.id, problem }, 'load of a list ended early');
  await finish(deps, work, problem);
}

// ------------------------------------------------------------------ one at a time

interface Held {
  /** Rejects TDM_STANDBY when another has it. */
  hold(): Promise<void>;
  release(): Promise<void>;
}

async function takeLease({ leases, owner, isDeadOwner, timers }: Deps, campaign: string): Promise<Held> {
  const name = `dialer-list:${campaign}`;
  const holder = await leases.holder(name);
  const dead = holder !== undefined && isDeadOwner(holder) ? holder : undefined;
  const fence = await leases.acquire(name, owner, leaseMs, ...(dead === undefined ? [] : [dead]));
  if (fence === undefined) throw new TandemError('TDM_CONFLICT', [`a list of campaign ${campaign} is being loaded by another process`]);
  let heldUntilMs = timers.nowMs() + leaseMs / 2;
  return {
    async hold() {
      if (timers.nowMs() < heldUntilMs) return;
      if (!(await leases.renew(name, owner, fence, leaseMs))) throw new TandemError('TDM_STANDBY', ['another process loads the list']);
      heldUntilMs = timers.nowMs() + leaseMs / 2;
    },
    // what cannot be given back ends by itself
    release: () => leases.release(name, owner, fence).catch(() => undefined),
  };
}
