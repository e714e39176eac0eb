/**
 * Calls of agents outside the queues (callcenter_track; freeswitch-callcenter 9.6, F99): while one lasts the agent is
 * skipped, unless the queue says otherwise. A call counts until its channel is gone: the switch says so, and its list of
 * channels is compared now and then, so that a lost message holds nobody back. Nothing outlives this process: another
 * owner of the queues begins with none, as mod_callcenter does after a restart. Nobody else counts outside calls.
 */
import { callText, sameCall } from '../acd/ids.js';
import type { AgentId, CallKey, SwitchId } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import type { After } from './deadline.js';
import type { SwitchPort } from '../switch.js';
import { TandemError } from '../errors.js';

export const trackedCallsDefaults = {
  /** how often channels that are counted are looked for, ms */
  checkMs: 30_000,
  /** calls at once */
  callsMax: 20_000,
};

export interface TrackedCallsDeps {
  readonly engine: Pick<QueueEngine, 'tell' | 'view' | 'isOwner'>;
  readonly ports: ReadonlyMap<SwitchId, Pick<SwitchPort, 'listChannels'>>;
  readonly after: After;
}

export interface TrackedCalls {
  /** Throws TDM_BUSY beyond the limit. A call that is counted for this agent already is counted once. */
  track(agent: AgentId, call: CallKey): void;
  /** The switch says that this channel is gone. */
  gone(on: SwitchId, uniqueId: string): void;
  /** calls counted now */
  count(): number;
  close(): void;
}

interface Tracked {
  readonly agent: AgentId;
  readonly call: CallKey;
  readonly sinceMs: number;
}

export function createTrackedCalls(
  deps: TrackedCallsDeps & { nowMs(): number },
  options: typeof trackedCallsDefaults = trackedCallsDefaults,
): TrackedCalls {
  const { engine } = deps;
  /** by switch and channel; one channel may count for one agent */
  const calls = new Map<string, Tracked>();
  let isClosed = false;

  const countOf = (agent: AgentId): number => [...calls.values()].filter((one) => one.agent === agent).length;
  const tell = (agent: AgentId): void => engine.tell({ type: 'external-calls-changed', agent, count: countOf(agent) });

  function drop(key: string): void {
    const tracked = calls.get(key);
    if (!tracked) return;
    calls.delete(key);
    tell(tracked.agent);
  }

  async function compare(id: SwitchId, port: Pick<SwitchPort, 'listChannels'>): Promise<void> {
    const own = [...calls].filter(([, { call }]) => call.switch === id);
    if (own.length === 0) return;
    const live = await port.listChannels();
    for (const [key, { call, sinceMs }] of own) if (sinceMs < live.askedAtMs && !live.uniqueIds.has(call.uniqueId)) drop(key);
  }

  /** Counts that no call of ours stands behind, from before this process owned the queues. */
  function forgetOld(): void {
    for (const agent of engine.view().agents.values()) if (agent.externalCalls !== countOf(agent.id)) tell(agent.id);
  }

  let cancel = deps.after(options.checkMs, check);
  function check(): void {
    if (engine.isOwner()) forgetOld();
    // a switch that does not answer is asked again the next time
    void Promise.allSettled([...deps.ports].map(([id, port]) => compare(id, port))).then(() => {
      if (!isClosed) cancel = deps.after(options.checkMs, check);
    });
  }

  return {
    track(agent, call) {
      const key = callText(call);
      const before = calls.get(key);
      if (before && before.agent === agent && sameCall(before.call, call)) return;
      if (!before && calls.size >= options.callsMax) throw new TandemError('TDM_BUSY', [`${String(options.callsMax)} tracked calls`]);
      calls.set(key, { agent, call, sinceMs: deps.nowMs() });
      if (before) tell(before.agent);
      tell(agent);
    },
    gone: (on, uniqueId) => drop(callText({ switch: on, uniqueId, channel: '' })),
    count: () => calls.size,
    close() {
      isClosed = true;
      cancel();
    },
  };
}
