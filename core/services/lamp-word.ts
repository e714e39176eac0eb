/** What an agent's lamp shows (B40), and how each switch says it. One lamp for each agent: `tandem-<agent>`. */
import type { AgentState, AgentStatus } from '../acd/words.js';
import { takesCalls } from '../acd/words.js';

export type LampWord = 'logged-out' | 'free' | 'ringing' | 'talking' | 'wrap-up' | 'paused';

export interface LampFacts {
  readonly status: AgentStatus;
  readonly state: AgentState;
  readonly wrapUp: boolean;
}

/** A call that rings or runs shows before everything else: the agent may have paused meanwhile. */
export function lampWord({ status, state, wrapUp }: LampFacts): LampWord {
  if (state === 'In a queue call') return 'talking';
  if (state === 'Receiving') return 'ringing';
  if (status === 'Logged Out') return 'logged-out';
  if (!takesCalls(status)) return 'paused';
  if (wrapUp) return 'wrap-up';
  // Idle: takes no call until released by hand; Reserved: somebody else has the agent
  return state === 'Waiting' ? 'free' : 'paused';
}

/** Words of Asterisk's device states, for `Custom:tandem-<agent>`. */
export const deviceStateOfLamp: Readonly<Record<LampWord, string>> = {
  'logged-out': 'UNAVAILABLE',
  free: 'NOT_INUSE',
  ringing: 'RINGING',
  talking: 'INUSE',
  'wrap-up': 'ONHOLD',
  paused: 'BUSY',
};

/** State of the dialog in FreeSWITCH's presence event. */
export const presenceOfLamp: Readonly<Record<LampWord, 'terminated' | 'early' | 'confirmed'>> = {
  'logged-out': 'terminated',
  free: 'terminated',
  ringing: 'early',
  talking: 'confirmed',
  'wrap-up': 'confirmed',
  paused: 'confirmed',
};
