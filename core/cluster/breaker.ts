/**
 * Circuit breaker per peer: so many failures in a row, and no call waits for that peer any more until
 * a pause is over; then one call tries (the probe) and decides. Pure: the time is an argument.
 */

export interface BreakerSettings {
  /** failures in a row that open it */
  readonly failuresMax: number;
  /** how long it stays open before a probe */
  readonly openMs: number;
  /** peers remembered; the one not used for longest is forgotten first */
  readonly peersMax: number;
}

export const breakerDefaults: BreakerSettings = { failuresMax: 5, openMs: 10_000, peersMax: 1000 };

export type BreakerState = 'closed' | 'open' | 'probing';

interface Entry {
  failures: number;
  /** end of the pause; also the time after which a probe without an outcome no longer blocks the next */
  untilMs: number;
  probing: boolean;
}

export interface Breakers {
  /** May this call ask the peer now? A `probe` must be followed by succeeded, failed or abandoned. */
  ask(peer: string, nowMs: number): 'ask' | 'probe' | 'refuse';
  succeeded(peer: string): void;
  failed(peer: string, nowMs: number): void;
  /** the question was dropped without an outcome (caller gone): the next call may probe */
  abandoned(peer: string): void;
  state(peer: string): BreakerState;
}

export function createBreakers(settings: BreakerSettings = breakerDefaults): Breakers {
  const entries = new Map<string, Entry>();

  /** Only peers in trouble are kept, so a healthy one costs one missed look-up. */
  function keep(peer: string, entry: Entry): void {
    entries.delete(peer);
    entries.set(peer, entry);
    if (entries.size <= settings.peersMax) return;
    const oldest = entries.keys().next();
    if (!oldest.done) entries.delete(oldest.value);
  }

  const isOpen = (entry: Entry) => entry.failures >= settings.failuresMax;

  return {
    ask(peer, nowMs) {
      const entry = entries.get(peer);
      if (!entry || !isOpen(entry)) return 'ask';
      // A clock set back must not keep a peer shut for longer than the pause.
      const waitMs = Math.min(entry.untilMs - nowMs, settings.openMs);
      if (waitMs > 0) {
        entry.untilMs = nowMs + waitMs;
        return 'refuse';
      }
      keep(peer, { failures: entry.failures, untilMs: nowMs + settings.openMs, probing: true });
      return 'probe';
    },
    succeeded(peer) {
      entries.delete(peer);
    },
    failed(peer, nowMs) {
      const failures = Math.min((entries.get(peer)?.failures ?? 0) + 1, settings.failuresMax);
      keep(peer, { failures, untilMs: nowMs + settings.openMs, probing: false });
    },
    abandoned(peer) {
      const entry = entries.get(peer);
      if (entry?.probing) keep(peer, { failures: entry.failures, untilMs: 0, probing: false });
    },
    state(peer) {
      const entry = entries.get(peer);
      if (!entry || !isOpen(entry)) return 'closed';
      return entry.probing ? 'probing' : 'open';
    },
  };
}
