/** mod_callcenter's answers, byte for byte (freeswitch-callcenter 9); below the line those that it does not have. */

export const answers = {
  ok: '+OK\n',
  /** no answer at all; an event socket then says so itself */
  none: '',
  invalid: '-ERR Invalid!\n',
  unknownError: '-ERR Unknown Error!\n',
  agentNotFound: '-ERR Agent not found!\n',
  agentExists: '-ERR Agent already exist!\n',
  agentTypeOfNew: '-ERR Agent type invalid!\n',
  agentType: '-ERR Invalid Agent Type!\n',
  agentStatus: '-ERR Invalid Agent Status!\n',
  agentState: '-ERR Invalid Agent State!\n',
  agentKey: '-ERR Invalid Agent Update KEY!\n',
  queueNotFound: '-ERR Queue not found!\n',
  queueToLoadNotFound: '-ERR Invalid Queue not found!\n',
  tierExists: '-ERR Tier already exist!\n',
  tierState: '-ERR Invalid Tier State!\n',
  tierKey: '-ERR Invalid Tier Update KEY!\n',
  breakUsage: '-ERR Usage: callcenter_break agent <uuid>\n',
  // ---- ours
  tierNotFound: '-ERR Tier not found!\n',
  /** no number, or one out of bounds */
  value: '-ERR Invalid Value!\n',
  trackUsage: '-ERR Usage: callcenter_track <agent> <uuid>\n',
} as const;

export const sessionNotFound = (uuid: string): string => `-ERR Session not found for uuid ${oneLine(uuid)}\n`;

/** A refusal for which mod_callcenter has no words: the reason in ours. */
export const refusal = (reason: string): string => `-ERR ${oneLine(reason)}\n`;

/** Characters of a text of somebody else's in an answer. */
const shownMax = 300;
const oneLine = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, shownMax);
