/**
 * What the engine does with an agent, in the words of both references: derived from the phase, never stored, so
 * that it cannot contradict the phase. mod_callcenter: freeswitch-callcenter 3; OpenSIPS: opensips-call-center 9.3.
 */
import type { Agent } from './state.js';
import type { AgentState, OpensipsAgentState } from './words.js';

/** mod_callcenter's word. It knows no wrap-up (a `Waiting` agent with a time in it) and no chats (a call like any other). */
export function agentStateOf(agent: Agent): AgentState {
  switch (agent.phase.kind) {
    case 'offered':
      return 'Receiving';
    case 'talking':
      return 'In a queue call';
    case 'spent':
      return 'Idle';
    case 'reserved':
      return 'Reserved';
    case 'idle':
    case 'resting':
    case 'wrapup':
      return agent.chats.length > 0 ? 'In a queue call' : 'Waiting';
  }
}

/**
 * OpenSIPS's word, whatever the status: its lists show logged-out agents as free too. A ringing agent is `incall`
 * there already, from the moment the call leaves for him; after the last chat he is `inchat` until its wrap-up is over.
 */
export function opensipsStateOf(agent: Agent): OpensipsAgentState {
  switch (agent.phase.kind) {
    case 'offered':
    case 'talking':
    case 'reserved':
      return 'incall';
    case 'wrapup':
      return 'wrapup';
    case 'idle':
    case 'resting':
    case 'spent':
      return agent.chats.length > 0 || agent.chatWrapUpEndsAtMs > 0 ? 'inchat' : 'free';
  }
}
