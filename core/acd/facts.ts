/** Caller and offer as news show them: copies of the moment, since both may be gone when the news are told. */
import type { CallKey, LegId, SwitchId } from './ids.js';
import type { Member, Offer, OfferPhase } from './state.js';
import type { Media, Origin } from './words.js';

export interface MemberFacts {
  readonly number: string;
  readonly name: string;
  readonly media: Media;
  /** undefined: a chat, or a callback that is not reached */
  readonly call: CallKey | undefined;
  /** Unix ms; 0 = never came back */
  readonly joinedAtMs: number;
  readonly enteredAtMs: number;
  readonly rejoinedAtMs: number;
  readonly visit: number;
  readonly priority: number;
  readonly rootId: string;
  readonly leadId: number | undefined;
  readonly param: string;
  /** undefined: a caller of his own accord */
  readonly origin: Origin | undefined;
}

export interface OfferFacts {
  readonly leg: LegId;
  readonly switch: SwitchId;
  /** Unix ms; 0 = did not happen */
  readonly startedAtMs: number;
  readonly answeredAtMs: number;
  readonly connectedAtMs: number;
}

export const memberFacts = (member: Member): MemberFacts => ({
  number: member.number,
  name: member.name,
  media: member.media,
  call: member.call,
  joinedAtMs: member.joinedAtMs,
  enteredAtMs: member.enteredAtMs,
  rejoinedAtMs: member.rejoinedAtMs,
  visit: member.visit,
  priority: member.priority,
  rootId: member.rootId,
  leadId: member.leadId,
  param: member.param,
  origin: member.origin,
});

export const offerFacts = ({ leg, switch: on, startedAtMs, phase }: Offer): OfferFacts => ({
  leg,
  switch: on,
  startedAtMs,
  answeredAtMs: answeredAt(phase),
  connectedAtMs: phase.kind === 'talking' ? phase.connectedAtMs : 0,
});

function answeredAt(phase: Offer['phase']): number {
  if (phase.kind === 'ringing') return 0;
  return phase.kind === 'answered' ? phase.atMs : phase.answeredAtMs;
}

/** Time on hold in a talk up to now. */
export function holdMs(phase: OfferPhase, nowMs: number): number {
  if (phase.kind !== 'talking' || !phase.hold) return 0;
  const { sinceMs, overMs } = phase.hold;
  return overMs + (sinceMs > 0 ? Math.max(0, nowMs - sinceMs) : 0);
}
