/**
 * The dial cycle (dialer.md A6): every `cycleMs` the engine sees how things stand and decides. A cycle that has not ended
 * when the next is due makes that one a no-op. Beside it, once a second, what the dialer looks after now and then.
 */
import type { Campaign } from '../dialer/campaign.js';
import { hasCode } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import type { DialerStore } from '../dialer-ports.js';
import type { After } from './deadline.js';
import type { DialerClock } from './dialer-clock.js';
import type { DialerConfiguration } from './dialer-configuration.js';
import type { DialerHistory } from './dialer-history.js';
import type { DialerLoop } from './dialer-loop.js';
import type { Rulebook } from './dialer-rules.js';
import type { DialerSaver } from './dialer-saver.js';
import { createDialerSweeps } from './dialer-sweeps.js';
import type { DialerSwitches } from './dialer-switches.js';
import type { DialerTraits } from './dialer-traits.js';
import type { DialerViews } from './dialer-views.js';

export const dialerCycleLimits = {
  /** a cron tick may come a little early */
  slackMs: 200,
  /** woken cycles are this far apart */
  wakeMs: 100,
  /** campaigns are read again, for changes of other processes */
  readEveryMs: 5_000,
  readAllEveryMs: 30_000,
  /** a statement slower than this is told (B11) */
  slowMs: 1_000,
};

export interface DialerCycleDeps {
  readonly loop: DialerLoop;
  readonly saver: Pick<DialerSaver, 'isStoreAway' | 'storeFailed'>;
  readonly configuration: DialerConfiguration;
  readonly views: DialerViews;
  readonly traits: DialerTraits;
  readonly clock: DialerClock;
  readonly history: DialerHistory;
  readonly store: Pick<DialerStore, 'expire' | 'active' | 'setState' | 'reconcile'>;
  readonly fence: number;
  readonly rules: Pick<Rulebook, 'expiredMessage'>;
  readonly switches: Pick<DialerSwitches, 'checkGateway'>;
  readonly whyNot: () => string | undefined;
  readonly reload: () => Promise<void>;
  readonly isEnded: () => boolean;
  readonly nowMs: () => number;
  readonly monoMs: () => number;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export interface DialerCycle {
  /** A second has passed. */
  second(): void;
  /** A cycle soon, whenever the last one was. */
  wake(): void;
  stop(): void;
}

export function createDialerCycle(deps: DialerCycleDeps, limits = dialerCycleLimits): DialerCycle {
  const { loop, saver, configuration, views, traits, clock, history, nowMs, monoMs, log, meter } = deps;
  const sweeps = createDialerSweeps({
    ...{ store: deps.store, fence: deps.fence, log, meter },
    campaigns: () => configuration.campaigns(),
    expiredMessage: (contact, atMs) => deps.rules.expiredMessage(contact, configuration.campaign(contact.campaignId), atMs),
    view: () => loop.view(),
    feed: (event) => loop.tell(event),
    callMsMax: () => configuration.settings().callMsMax,
    checkGateway: (id, gateway) => deps.switches.checkGateway(id, gateway),
    reload: deps.reload,
  });
  let isStopped = false;
  let isCycling = false;
  let isKeeping = false;
  let beganMonoMs = -Infinity;
  let readMonoMs = monoMs();
  let readAllMonoMs = readMonoMs;
  let cancelWake: (() => void) | undefined;

  const isOver = (): boolean => isStopped || deps.isEnded();

  async function cycle(): Promise<void> {
    if (isCycling) {
      meter.count('tandem_dialer_cycles_skipped_total');
      return;
    }
    isCycling = true;
    beganMonoMs = monoMs();
    await tick()
      .catch((error: unknown) => failed(error, 'dial cycle'))
      .finally(() => {
        isCycling = false;
        const tookMs = monoMs() - beganMonoMs;
        meter.observe('tandem_dialer_cycle_seconds', tookMs / 1000);
        if (tookMs > limits.slowMs) log.warn({ tookMs: Math.round(tookMs) }, 'a dial cycle was slow: the database is');
      });
  }

  async function tick(): Promise<void> {
    if (isOver() || deps.whyNot() !== undefined) return;
    const running = configuration.campaigns().filter((campaign) => mayDial(campaign, nowMs()));
    const view = await views.tick(running, nowMs());
    if (isOver() || deps.whyNot() !== undefined) return;
    loop.tell({ type: 'ticked', view });
    tell();
  }

  function tell(): void {
    const view = loop.view();
    meter.set('tandem_dialer_active_calls', view.active.dialed, { status: 'dialed' });
    meter.set('tandem_dialer_active_calls', view.active.agentPending, { status: 'agent_pending' });
    meter.set('tandem_dialer_free_slots', view.freeSlots);
    const hoppers = configuration.campaigns().map(({ id }) => view.campaign(id)?.hopper ?? 0);
    meter.set(
      'tandem_dialer_hopper_contacts',
      hoppers.reduce((sum, count) => sum + count, 0),
    );
    for (const { switch: id, gateway, state } of view.gateways())
      meter.set('tandem_dialer_gateway_up', state === 'up' || state === 'unknown' ? 1 : 0, { switch: id, gateway });
  }

  async function keep(): Promise<void> {
    if (isKeeping || isOver()) return;
    isKeeping = true;
    await look()
      .catch((error: unknown) => failed(error, 'housekeeping of the dialer'))
      .finally(() => {
        isKeeping = false;
      });
  }

  async function look(): Promise<void> {
    if (saver.isStoreAway()) return;
    await clock.look();
    if (monoMs() - readMonoMs >= limits.readEveryMs) await reread();
    if (isOver()) return;
    await traits.lookForSounds(
      configuration.campaigns().filter((campaign) => mayDial(campaign, nowMs())),
      nowMs(),
    );
    await sweeps.run(nowMs());
    await history.store(nowMs());
  }

  async function reread(): Promise<void> {
    readMonoMs = monoMs();
    const isWhole = readMonoMs - readAllMonoMs >= limits.readAllEveryMs;
    if (isWhole) readAllMonoMs = readMonoMs;
    if (!(await configuration.read(isWhole)) || isOver()) return;
    loop.tell({ type: 'configured', settings: configuration.settings(), campaigns: configuration.campaigns() });
  }

  function failed(error: unknown, what: string): void {
    if (hasCode(error, 'TDM_STORE_DOWN')) saver.storeFailed(error.message);
    else log.error({ error }, `the ${what} failed; it is tried again`);
  }

  return {
    second() {
      if (isOver()) return;
      void keep();
      if (monoMs() - beganMonoMs >= configuration.settings().cycleMs - limits.slackMs) void cycle();
    },
    wake() {
      if (isOver() || cancelWake) return;
      cancelWake = deps.after(limits.wakeMs, () => {
        cancelWake = undefined;
        if (!isOver()) void cycle();
      });
    },
    stop() {
      isStopped = true;
      cancelWake?.();
    },
  };
}

const mayDial = ({ state, startsAtMs, endsAtMs }: Campaign, nowMs: number): boolean =>
  state === 'running' && (startsAtMs ?? -Infinity) <= nowMs && nowMs < (endsAtMs ?? Infinity);
