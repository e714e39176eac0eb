/** Start a leg and hear how it ended (asterisk-behaviour section 5, table of Originate results). */
import type { AmiFields } from './ami-action.js';
import type { AmiPacket } from './ami-packet.js';
import type { AmiAction } from './ami-resync.js';

/**
 * Fields of Asterisk's Originate without Action, ActionID and Async. Give a `ChannelId` of your own, so
 * that no event can overtake its subscription. `Timeout` is the time to ring, ms.
 */
export type AmiOriginate = Omit<AmiFields, 'Action'> & { readonly Channel: string; readonly Timeout: number };

export interface AmiOriginateResult {
  readonly answered: boolean;
  /** 4 answered, 3 time over, 5 busy, 8 congestion, 0 anything else: then the Hangup cause tells */
  readonly reason: number;
  readonly channel: string;
  /** undefined when no channel came into being */
  readonly uniqueId: string | undefined;
  readonly packet: AmiPacket;
}

/** On top of the ringing time; then the outcome is unknown and the promise rejects TDM_SWITCH_SLOW. */
export const originateGraceMs = 5_000;

/**
 * Resolves with the OriginateResponse of this very action; a leg that nobody answers is a result, not an
 * error. Rejects TDM_SWITCH_REFUSED when Asterisk does not even try, TDM_SWITCH_DOWN when the link ends
 * first: then nobody knows whether the phone rings, and only the live channels tell.
 */
export async function originate(action: AmiAction, leg: AmiOriginate): Promise<AmiOriginateResult> {
  const answer = await action(
    { ...leg, Action: 'Originate', Async: true },
    { until: 'OriginateResponse', timeoutMs: leg.Timeout + originateGraceMs },
  );
  const packet = answer.events.at(-1) ?? answer.response;
  return {
    answered: packet.get('response')?.toLowerCase() === 'success',
    reason: Number(packet.get('reason') ?? 0),
    channel: packet.known('channel') ?? leg.Channel,
    uniqueId: packet.known('uniqueid'),
    packet,
  };
}
