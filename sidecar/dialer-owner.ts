/**
 * Who dials (dialer.md B11, second instance): takes the lease, opens the session, and when another process has taken
 * over, or the database is away at the start, tries again every second. Until then this process serves the API alone.
 */
import type { Leases } from '../core/acd-ports.js';
import { hasCode } from '../core/errors.js';
import type { TandemError } from '../core/errors.js';
import type { Log, Meter } from '../core/ports.js';
import type { DialerSession } from '../core/services/dialer-session.js';
import type { DialerStore } from '../core/dialer-ports.js';
import type { OwnershipOptions } from './acd-ownership.js';
import type { CheckResult } from './health.js';
import { createOwnedWork } from './owned-work.js';
import type { Timers } from './timers.js';

export interface DialerOwnerDeps {
  readonly leases: Leases;
  readonly store: Pick<DialerStore, 'activeCounts'>;
  /** Rejects TDM_STORE_DOWN, TDM_STANDBY; then nothing of it runs. */
  readonly open: (fence: number, onFenced: (reason: TandemError) => void) => Promise<DialerSession>;
  readonly timers: Timers;
  readonly monoMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

export interface DialerOwner {
  session(): DialerSession | undefined;
  /** nobody else can dial now */
  isSure(): boolean;
  /** why there is no session */
  why(): TandemError;
  /** of the table, as last asked by a process that does not dial */
  standby(): { readonly isStoreUp: boolean; readonly dialed: number; readonly agentPending: number };
  /** Resolves after the first try, however it ended. */
  start(): Promise<void>;
  check(): CheckResult;
  stop(): Promise<void>;
}

const leaseName = 'dialer';

export function createDialerOwner(deps: DialerOwnerDeps, options: Partial<OwnershipOptions> = {}): DialerOwner {
  // nothing was asked of it yet: at a start without the database that lasts until it is there
  let standby = { isStoreUp: false, dialed: 0, agentPending: 0 };

  /** For the status of a process that does not dial. */
  async function look(error: unknown): Promise<void> {
    if (error !== undefined) {
      standby = { ...standby, isStoreUp: !hasCode(error, 'TDM_STORE_DOWN') };
      return;
    }
    standby = await deps.store.activeCounts().then(
      (counts) => ({ isStoreUp: true, ...counts }),
      () => ({ ...standby, isStoreUp: false }),
    );
  }

  const owned = createOwnedWork<DialerSession>(
    {
      lease: leaseName,
      gauge: 'tandem_dialer_owner',
      what: 'the campaigns',
      open: (fence, lose) => deps.open(fence, (reason) => lose(reason.message)),
      close: async (session, reason) => (reason.code === 'TDM_STOPPING' ? session.close() : session.drop(reason)),
      onStandby: look,
      ownership: options,
    },
    deps,
  );

  return {
    session: () => owned.current(),
    isSure: () => owned.isSure(),
    why: () => owned.refusal(),
    standby: () => standby,
    start: () => owned.start(),
    stop: () => owned.stop(),
    check() {
      const name = 'dialer';
      const session = owned.current();
      if (!session) return { name, state: 'degraded', reason: `standby: ${owned.why()}` };
      const reason = session.whyNot();
      return {
        name,
        state: reason === undefined ? 'up' : 'degraded',
        reason: reason === undefined ? '' : `nothing new is dialled: ${reason}`,
      };
    },
  };
}
