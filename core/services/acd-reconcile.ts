/**
 * Compares the queue engine with what really lives on the switches (design 3): at the start, whenever a link came up,
 * and on a timer. The engine decides what is gone; this only asks, one question at a time for each switch.
 */
import type { SwitchId } from '../acd/ids.js';
import type { Log, Meter } from '../ports.js';
import type { Feed, LiveChannels, SwitchPort } from '../switch.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';

export interface AcdReconcileDeps {
  readonly switches: ReadonlyMap<SwitchId, SwitchPort>;
  readonly feed: Feed;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

export interface AcdReconcileOptions {
  readonly everyMs: number;
  /** for one answer of one switch */
  readonly listMsMax: number;
  /** between the end of one question to a switch and the next one, whoever wishes it */
  readonly gapMs: number;
  /** after a start and after a link came up once more: what was too young for the first look is judged then */
  readonly secondLookMs: number;
}

export const acdReconcileDefaults: AcdReconcileOptions = { everyMs: 60_000, listMsMax: 10_000, gapMs: 1_000, secondLookMs: 5_000 };

export interface AcdReconcile {
  /** All switches that are up, now and then on the timer. */
  start(): void;
  /** Its link came up: asked at once, when it was not just asked, and once more a little later. Does nothing before `start`. */
  cameUp(id: SwitchId): void;
  stop(): void;
}

export function createAcdReconcile(deps: AcdReconcileDeps, options: AcdReconcileOptions = acdReconcileDefaults): AcdReconcile {
  const { switches, after, log, meter } = deps;
  /** switches that are being asked or rest after it; true: once more then */
  const busy = new Map<SwitchId, boolean>();
  const cancels = new Set<() => void>();
  const secondLooks = new Set<SwitchId>();
  let over = new AbortController();
  over.abort();

  function later(delayMs: number, run: () => void): void {
    const cancel = after(delayMs, () => {
      cancels.delete(cancel);
      run();
    });
    cancels.add(cancel);
  }

  function now(id: SwitchId): void {
    const port = switches.get(id);
    if (over.signal.aborted || !port?.isUp()) return;
    if (busy.has(id)) {
      busy.set(id, true);
      return;
    }
    busy.set(id, false);
    const { signal } = over;
    void ask(port, signal).then(() => {
      if (signal.aborted) return;
      later(options.gapMs, () => {
        const again = busy.get(id);
        busy.delete(id);
        if (again) now(id);
      });
    });
  }

  async function ask(port: SwitchPort, signal: AbortSignal): Promise<void> {
    let live: LiveChannels;
    try {
      live = await withDeadline(after, options.listMsMax, signal, () => port.listChannels());
    } catch (error) {
      if (signal.aborted) return;
      meter.count('tandem_acd_reconciles_total', { switch: port.id, outcome: 'failed' });
      log.warn({ error, switch: port.id }, 'the live channels of a switch could not be read; the next look comes');
      return;
    }
    meter.count('tandem_acd_reconciles_total', { switch: port.id, outcome: 'ok' });
    deps.feed({ type: 'channels-listed', switch: port.id, ...live });
  }

  function all(): void {
    for (const id of switches.keys()) now(id);
    later(options.everyMs, all);
  }

  function cameUp(id: SwitchId): void {
    now(id);
    if (over.signal.aborted || secondLooks.has(id)) return;
    secondLooks.add(id);
    later(options.secondLookMs, () => {
      secondLooks.delete(id);
      now(id);
    });
  }

  return {
    cameUp,
    start() {
      if (!over.signal.aborted) return;
      over = new AbortController();
      for (const id of switches.keys()) cameUp(id);
      later(options.everyMs, all);
    },
    stop() {
      over.abort();
      for (const cancel of cancels) cancel();
      cancels.clear();
      busy.clear();
      secondLooks.clear();
    },
  };
}
