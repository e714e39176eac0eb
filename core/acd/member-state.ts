/** Where a member stands, in the words of both references; derived, never stored (freeswitch-callcenter 3, opensips-call-center 5). */
import type { Member, Offer } from './state.js';

export type MemberState = 'Waiting' | 'Trying' | 'Answered' | 'Abandoned';

export function memberStateOf(member: Member): MemberState {
  switch (member.phase.kind) {
    case 'talking':
      return 'Answered';
    case 'abandoned':
      return 'Abandoned';
    case 'welcome':
    case 'dissuading':
    case 'waiting':
      return member.offers.length > 0 ? 'Trying' : 'Waiting';
  }
}

export type OpensipsCallState = 'welcome' | 'dissuading1' | 'dissuading2' | 'queued' | 'preagent' | 'toagent' | 'ended';

/** `offer` is the member's first offer, if one is out; an agent who answered and is told about the call is `preagent`. */
export function opensipsCallStateOf(member: Member, offer: Offer | undefined): OpensipsCallState {
  switch (member.phase.kind) {
    case 'welcome':
      return 'welcome';
    case 'dissuading':
      return member.phase.isFinal ? 'dissuading2' : 'dissuading1';
    case 'talking':
      return 'toagent';
    case 'abandoned':
      return 'ended';
    case 'waiting':
      if (!offer) return 'queued';
      return offer.phase.kind === 'answered' ? 'preagent' : 'toagent';
  }
}
