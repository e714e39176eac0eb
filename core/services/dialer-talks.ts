/**
 * Talks that began before this process dialled: after a restart the queue engine knows which agent has which call of ours, and
 * the dialer's engine is told, so that their ends are CONNECTED and not LOST.
 */
import type { DialerEngineView } from '../dialer/engine/engine-types.js';
import type { DialerEvent } from '../dialer/engine-words.js';
import type { DialerAgents } from '../dialer-ports.js';

export interface DialerTalksDeps {
  readonly agents: Pick<DialerAgents, 'isUp' | 'talks'>;
  readonly view: () => Pick<DialerEngineView, 'call'>;
  readonly feed: (event: DialerEvent) => void;
}

export interface DialerTalks {
  /** Once a second: as soon as the queue engine is there, and each time it comes back. News tell of later talks. */
  look(): void;
}

export function createDialerTalks({ agents, view, feed }: DialerTalksDeps): DialerTalks {
  let wasUp = false;
  return {
    look() {
      const isUp = agents.isUp();
      const isNew = isUp && !wasUp;
      wasUp = isUp;
      if (!isNew) return;
      for (const { callId, agent, sinceMs } of agents.talks()) {
        const call = view().call(callId);
        if (call && call.stage !== 'talking') feed({ type: 'call-connected', callId, agent, atMs: sinceMs });
      }
    },
  };
}
