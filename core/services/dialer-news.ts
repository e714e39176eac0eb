/** News of the queue engine as events of the dialer. */
import type { DialerEvent } from '../dialer/engine-words.js';
import type { AgentNews } from '../dialer-ports.js';

export function eventsOf(news: AgentNews): readonly DialerEvent[] {
  switch (news.type) {
    case 'connected':
      return [{ type: 'call-connected', callId: news.callId, agent: news.agent }];
    case 'talk-ended':
      // whether it was a machine after all the agent says later, by a disposition
      return [{ type: 'talk-ended', agent: news.agent, callId: news.callId, talkMs: news.talkMs, isMachine: false }];
    case 'wrap-ended':
      return [{ type: 'wrap-ended', agent: news.agent, wrapMs: news.wrapMs }];
    case 'inbound-came':
      return [{ type: 'inbound-came', queue: news.queue }];
    case 'reservation-lost':
      return [{ type: 'reservation-lost', key: news.key, reason: news.reason }];
    default:
      return news satisfies never;
  }
}
