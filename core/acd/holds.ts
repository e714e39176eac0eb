/**
 * Hold in a talk: one of the two has put the other on hold, and both may at once. News of it come twice, late or never:
 * a second "held" is no new hold, and one that is never taken back ends with the talk.
 */
import { newsOf } from './offers.js';
import type { HoldSide, Offer, TalkHold } from './state.js';
import type { World } from './world.js';

const noHold: TalkHold = { sides: [], sinceMs: 0, overMs: 0 };

export function held(w: World, offer: Offer, by: HoldSide): void {
  const { phase } = offer;
  if (phase.kind !== 'talking' || offer.media === 'chat') return;
  const hold = phase.hold ?? noHold;
  if (hold.sides.includes(by)) return;
  const isFirst = hold.sides.length === 0;
  offer.phase = { ...phase, hold: { ...hold, sides: [...hold.sides, by], sinceMs: isFirst ? w.nowMs : hold.sinceMs } };
  w.changeOffer(offer);
  if (isFirst) w.tell({ type: 'talk-held', ...newsOf(offer, w.members.get(offer.member)), by });
}

export function resumed(w: World, offer: Offer, by: HoldSide): void {
  const { phase } = offer;
  if (phase.kind !== 'talking' || !phase.hold?.sides.includes(by)) return;
  const { hold } = phase;
  const sides = hold.sides.filter((side) => side !== by);
  const heldMs = w.nowMs - hold.sinceMs;
  const isLast = sides.length === 0;
  offer.phase = { ...phase, hold: isLast ? { sides, sinceMs: 0, overMs: hold.overMs + heldMs } : { ...hold, sides } };
  w.changeOffer(offer);
  if (isLast) w.tell({ type: 'talk-resumed', ...newsOf(offer, w.members.get(offer.member)), by, heldMs });
}
