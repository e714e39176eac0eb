/** An agent's lamp (B40): the presence event that mod_callcenter sends for its queues (freeswitch-callcenter 13), for an agent. */
import type { AgentId } from '../core/acd/ids.js';
import { displayName } from '../core/dial-string.js';
import { lampWord, presenceOfLamp } from '../core/services/lamp-word.js';
import type { LampFacts, LampWord } from '../core/services/lamp-word.js';

const words: Readonly<Record<LampWord, string>> = {
  'logged-out': 'Logged out',
  free: 'Free',
  ringing: 'Ringing',
  talking: 'Talking',
  'wrap-up': 'Wrap-up',
  paused: 'On break',
};

/** Telephones subscribe to `tandem+<agent>@<domain>`, as to `callcenter+<queue>` there. */
export function lampEvent(
  agent: AgentId,
  facts: LampFacts,
  domain: string,
): { command: string; headers: Readonly<Record<string, string>> } {
  const word = lampWord(facts);
  const dialog = presenceOfLamp[word];
  const name = agent.replace(/[^A-Za-z0-9_.@+-]/g, '_').slice(0, 100);
  const address = name.includes('@') ? name : `${name}@${domain}`;
  return {
    command: 'sendevent PRESENCE_IN',
    headers: {
      proto: 'tandem',
      login: address,
      from: address,
      'force-status': displayName(words[word]),
      rpid: 'unknown',
      event_type: 'presence',
      alt_event_type: 'dialog',
      event_count: '0',
      'channel-state': dialog === 'terminated' ? 'CS_HANGUP' : dialog === 'early' ? 'CS_ROUTING' : 'CS_EXECUTE',
      'unique-id': `tandem-lamp-${name}`,
      'answer-state': dialog,
      'presence-call-direction': 'inbound',
    },
  };
}
