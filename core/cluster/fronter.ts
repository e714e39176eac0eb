/** Words of the fronter commands (vicidial-ccc section 7). Answers end in a line feed unless noted. */

export type FronterFunction = 'force_fronter_leave_3way' | 'force_fronter_audio_stop';
/** Where to look: here, here and then at the call's origin, or (at the origin) for another cluster. */
export type FronterValue = 'LOCAL_ONLY' | 'LOCAL_AND_CCC' | 'CCC_REMOTE';

/** What stands for the agent when another cluster asks; nobody is logged in under this name. */
export const remoteAgent = 'CCC_REMOTE';

const functions: readonly string[] = ['force_fronter_leave_3way', 'force_fronter_audio_stop'] satisfies FronterFunction[];
const values: readonly string[] = ['LOCAL_ONLY', 'LOCAL_AND_CCC', 'CCC_REMOTE'] satisfies FronterValue[];

export const isFronterFunction = (text: string): text is FronterFunction => functions.includes(text);
export const isFronterValue = (text: string): text is FronterValue => values.includes(text);

export interface FronterAsk {
  readonly function: FronterFunction;
  readonly user: string;
  readonly value: string;
  readonly stage: string;
  readonly agent: string;
}

export const fronterAnswers = {
  /** Shape of the reference without the password, and without its tail of SQL text (W-5). */
  login: (user: string, refusal: string, apiActive: boolean) =>
    `ERROR: Invalid Username/Password: |${user}||0|${apiActive ? 1 : 0}|${refusal}|0|api||\n`,
  noFunction: () => 'ERROR: NO FUNCTION SPECIFIED\n',
  invalidSource: (source: string) => `ERROR: Invalid Source - ${source}\n`,
  notValid: (ask: FronterAsk) => `ERROR: ${ask.function} not valid - ${ask.value}|${ask.agent}\n`,
  notPermitted: (ask: FronterAsk, group: string) =>
    `ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - ${ask.value}|${ask.user}|${ask.function}|${group}\n`,
  noUser: (alias: string) => `ERROR: no user found - ${alias}\n`,
  notLoggedIn: (agent: string) => `ERROR: agent_user is not logged in - ${agent}\n`,
  notOnCall: (agent: string) => `ERROR: agent_user is not on a phone call - ${agent}\n`,
  noFronter: (agent: string) => `ERROR: no fronter found - ${agent}\n`,
  noSession: (ask: FronterAsk, other: string) =>
    `ERROR: ${ask.function} error - no fronter session found - ${ask.stage}|${ask.agent}|${other}\n`,
  nothingPlays: (ask: FronterAsk, at: { readonly conference: string; readonly server: string; readonly other: string }) =>
    `ERROR: ${ask.function} error - no audio playing in other agent session - ${at.conference}|${at.server}|${ask.stage}|${ask.agent}|${at.other}\n`,
  /** The one answer without a line feed. `<user>` is the login's. */
  leaveSent: (ask: FronterAsk) => `SUCCESS: ${ask.function} SENT - ${ask.user}`,
  stopSent: (ask: FronterAsk, other: string) =>
    `SUCCESS: ${ask.function} function sent - ${ask.value}|${ask.stage}|${ask.agent}|${other}\n`,
  sentToPeer: (ask: FronterAsk, containerId: string) => `SUCCESS: ${ask.function} command sent over CCC - ${containerId}\n`,
  /** Ours: the peer refused or could not be reached (FF-2); the reference reports success here. */
  peerRefused: (ask: FronterAsk, containerId: string) => `ERROR: ${ask.function} command not accepted over CCC - ${containerId}\n`,
  rateLimited: (user: string) => `ERROR: Too many requests, try again later: |${user}|RATE|\n`,
} as const;
