/** B27: within one visit no later position is said than before, and no longer wait. */
import type { MemberId } from '../../../core/acd/ids.js';
import type { Checker, Seen } from '../checker.js';
import { Violation } from '../violation.js';

interface Said {
  readonly position: number;
  readonly minutes: number;
  readonly endsAtMs: number;
}

/** Spoken in whole minutes, rounded up, and never as less than one. */
const minuteMs = 60_000;

export function createAnnouncementChecker(): Checker {
  const said = new Map<MemberId, Said>();
  return {
    name: 'announcements',
    saved({ effects, nowMs }: Seen): void {
      for (const effect of effects) {
        // another queue, or another visit: what was said there does not count here
        const notice = effect.type === 'notice' ? effect.notice : undefined;
        if (notice?.type === 'member-moved' || notice?.type === 'member-joined') said.delete(notice.member);
        if (effect.type !== 'announce') continue;
        const { position, ewtMinutes } = effect.announcement;
        const before = said.get(effect.member) ?? { position: Infinity, minutes: Infinity, endsAtMs: Infinity };
        const fail = (text: string): never => {
          throw new Violation('announcements', `${effect.member} ${text}`);
        };
        if (position !== undefined && (position > before.position || position < 1))
          fail(`hears position ${String(position)} after ${String(before.position)}`);
        const minutes = ewtMinutes ?? before.minutes;
        if (minutes > before.minutes || minutes < 1) fail(`hears ${String(minutes)} minutes after ${String(before.minutes)}`);
        const isLater = ewtMinutes !== undefined && ewtMinutes > 1 && nowMs + (ewtMinutes - 1) * minuteMs >= before.endsAtMs;
        if (isLater) fail(`hears a wait of ${String(ewtMinutes)} minutes, which ends later than the one said before`);
        const endsAtMs = ewtMinutes === undefined ? before.endsAtMs : Math.min(before.endsAtMs, nowMs + ewtMinutes * minuteMs);
        said.set(effect.member, { position: position ?? before.position, minutes, endsAtMs });
      }
    },
  };
}
