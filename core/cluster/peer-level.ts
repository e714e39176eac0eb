/** What a peer's answer to `version` says about it, against what its profile says. Pure. */
import type { Container, PeerProfile } from '../ports.js';

/** `CCC: n` of a Tandem, 0 of a stock VICIdial, undefined for text that is no answer to `version`. */
export function cccLevelOf(body: string): number | undefined {
  if (!body.startsWith('VERSION: ')) return undefined;
  return Number(/\|CCC: (\d{1,4})\|/.exec(body)?.[1] ?? 0);
}

export interface PeerMismatch {
  /** true: lookups at this peer cannot work as the profile is written */
  readonly isBroken: boolean;
  readonly text: string;
}

/** Where profile and peer do not go together. A container without a profile needs nothing. */
export function peerMismatch(profile: PeerProfile | undefined, level: number): PeerMismatch | undefined {
  if (profile?.kind === 'tandem' && level === 0) {
    const isBroken = profile.credentials !== 'query';
    const login = isBroken
      ? `which reads no ${profile.credentials} credentials: set kind: vicidial, or allow credentials: query`
      : 'so stock requests are sent: set kind: vicidial';
    return { isBroken, text: `kind is tandem, but the peer is a stock VICIdial, ${login}` };
  }
  if (profile?.kind === 'vicidial' && level > 0)
    return { isBroken: false, text: 'kind is vicidial, but the peer is a Tandem: kind: tandem keeps the password out of addresses' };
  return undefined;
}

/**
 * The container as this peer is best asked: JSON from a Tandem of level 2, the stock form from a VICIdial. How
 * credentials travel is the operator's word alone and never changed here: a password goes into an address only
 * when the profile says `credentials: query`.
 */
export function fitToLevel(container: Container, level: number): Container {
  const { profile } = container;
  if (profile?.kind !== 'tandem') return container;
  if (level >= 2 && profile.stage === 'pipe') return { ...container, profile: { ...profile, stage: 'json' } };
  if (level === 0 && profile.stage === 'json') return { ...container, profile: { ...profile, stage: 'pipe' } };
  return container;
}
