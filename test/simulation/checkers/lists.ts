/** B2, B10: when a switch has said which channels live, nothing older is believed in that is not among them. */
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

/** Younger things may have come after the list. */
const youngMs = 5_000;

export function createListChecker(): Checker {
  const name = 'lists';
  return {
    name,
    saved({ event, state }: Seen): void {
      if (event?.type !== 'channels-listed') return;
      const { uniqueIds, bridged, askedAtMs } = event;
      for (const { id, switch: on, media, leg, standby, phase, startedAtMs } of state.offers.values()) {
        if (on !== event.switch || media !== 'audio') continue;
        const channel: string = standby?.uniqueId ?? leg;
        if (phase.kind === 'talking' && phase.connectedAtMs < askedAtMs - youngMs && !bridged.has(channel))
          throw new Violation(name, `the talk ${id} goes on, and ${channel} is not connected`);
        if (startedAtMs < askedAtMs - youngMs && !uniqueIds.has(channel))
          throw new Violation(name, `offer ${id} is ${phase.kind}, and ${channel} is gone`);
      }
      for (const { id, call, phase, enteredAtMs, rejoinedAtMs } of state.members.values()) {
        if (call?.switch !== event.switch || uniqueIds.has(call.uniqueId) || phase.kind === 'talking') continue;
        if (Math.max(enteredAtMs, rejoinedAtMs) < askedAtMs - youngMs)
          throw new Violation(name, `member ${id} is ${phase.kind}, and ${call.uniqueId} is gone`);
      }
    },
  };
}
