/**
 * Legs that must go, also those whose channel does not exist yet (B8): Asterisk answers "No such channel" then, so the
 * leg is remembered and hung up as soon as it shows up. `Hangup` takes a unique id for a name.
 */
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { AmiLink } from './ami.js';
import { inTurns } from './in-turns.js';
import type { Timers } from './timers.js';

/** Legs remembered at a time; the oldest is forgotten, and found by the next list of channels. */
export const cancelledLegsMax = 10_000;
/** An Originate under way has shown its channel long before. */
const rememberedMs = 60_000;
/** Pause before a hang-up for which the link had no room is sent again. */
const againMs = 250;

export interface Canceller {
  /** `cause`: ISDN cause that the telephone is told */
  hangUp(channel: string, cause: number): void;
  close(): void;
}

export function createCanceller(deps: {
  readonly link: Pick<AmiLink, 'on' | 'onState' | 'action'>;
  readonly timers: Timers;
  readonly log: Log;
}): Canceller {
  const { link, timers, log } = deps;
  const wanted = new Map<string, { readonly cause: number; readonly untilMs: number }>();

  const pauses = new Set<() => void>();

  function remember(channel: string, cause: number): void {
    const nowMs = timers.nowMs();
    for (const [oldest, { untilMs }] of wanted) {
      if (untilMs > nowMs && wanted.size < cancelledLegsMax) break;
      wanted.delete(oldest);
    }
    wanted.delete(channel);
    wanted.set(channel, { cause, untilMs: nowMs + rememberedMs });
  }

  async function send(channel: string, cause: number): Promise<void> {
    try {
      await link.action({ Action: 'Hangup', Channel: channel, Cause: cause });
    } catch (error) {
      // not there yet, or never again; or the link is down, and it is asked for again when it is up
      if (hasCode(error, 'TDM_SWITCH_REFUSED', 'TDM_SWITCH_DOWN')) return;
      log.warn({ channel, err: error }, 'asterisk: a leg could not be hung up');
      if (hasCode(error, 'TDM_BUSY')) again(channel);
    }
  }

  /** Too much waits for the switch at once: the leg rings on unless it is asked for again. */
  function again(channel: string): void {
    const cancel = timers.after(againMs, () => {
      pauses.delete(cancel);
      const leg = wanted.get(channel);
      if (leg && leg.untilMs > timers.nowMs()) void send(channel, leg.cause);
    });
    pauses.add(cancel);
  }

  function shown(id: string | undefined): void {
    const leg = id === undefined ? undefined : wanted.get(id);
    if (id !== undefined && leg) void send(id, leg.cause);
  }

  const stops = [
    link.on('Newchannel', (event) => shown(event.get('uniqueid'))),
    // Newstate and OriginateResponse: should the first hang-up have met a channel that was not ready for it
    link.on(['Newstate', 'OriginateResponse'], (event) => shown(event.known('uniqueid'))),
    link.on('Hangup', (event) => void wanted.delete(event.get('uniqueid') ?? '')),
    link.onState(({ state }) => {
      if (state === 'up') void inTurns([...wanted], ([id, { cause }]) => send(id, cause));
    }),
  ];

  return {
    hangUp(channel, cause) {
      remember(channel, cause);
      void send(channel, cause);
    },
    close() {
      for (const stop of [...stops, ...pauses]) stop();
      wanted.clear();
    },
  };
}
