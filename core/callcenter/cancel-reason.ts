/** Why a caller left unserved, in mod_callcenter's words (freeswitch-callcenter 3). */
import type { ExitReason } from '../acd/words.js';

const cancelReasons: Partial<Record<ExitReason, string>> = {
  timeout: 'TIMEOUT',
  'no-agent': 'NO_AGENT_TIMEOUT',
  'join-empty': 'NO_AGENT_TIMEOUT',
  'exit-key': 'EXIT_WITH_KEY',
};

export const cancelReasonOf = (reason: ExitReason): string => cancelReasons[reason] ?? 'BREAK_OUT';

/** His call is over, as far as one knows; for other reasons it goes on in the dialplan. */
export const isGone = (reason: ExitReason): boolean => reason === 'answered' || reason === 'abandoned' || reason === 'lost';
