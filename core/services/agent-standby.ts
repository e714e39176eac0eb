/**
 * An agent who stays on the line (uuid-standby; freeswitch-callcenter 7.3, F70): logged in with his open channel, hold
 * music until he is connected or hangs up. A talk takes the channel out of this session; afterwards the dialplan brings
 * it back here. One that does not come back has hung up, and its agent is logged out.
 */
import type { AgentConfig } from '../acd/config.js';
import { sameCall } from '../acd/ids.js';
import type { AgentId, CallKey, SwitchId } from '../acd/ids.js';
import type { Agent } from '../acd/state.js';
import type { QueueEngine } from '../acd-ports.js';
import type { Call } from '../call.js';
import { hasCode } from '../errors.js';
import type { Log } from '../ports.js';
import type { After } from './deadline.js';
import { granted } from './granted.js';

/** How long a channel may take from the end of a talk to this session. */
export const standbyReturnMsMax = 10_000;
/** A hold that ends by itself is begun anew after this, this often at most. */
const holdPauseMs = 1_000;
const holdsMax = 1_000;

interface StandbyDeps {
  readonly engine: QueueEngine;
  switchOf(call: Call): Promise<SwitchId>;
  readonly after: After;
  readonly log: Log;
}

interface StandbyWords {
  hold(call: Call): Promise<void>;
}

export interface Standby {
  /** Resolves or rejects when the channel is not held any more. Rejects with the engine's refusal before it is held. */
  hold(call: Call, agent: AgentConfig, onDemand: boolean, welcome: () => Promise<void>): Promise<void>;
  /** The channel is this agent's already, and comes back from a talk: he has shown before who he is. */
  isBack(call: Call, agent: AgentConfig, request: { readonly action: string }): Promise<boolean>;
}

export function createStandby(deps: StandbyDeps, words: StandbyWords): Standby {
  const { engine } = deps;
  /** agents whose channel is held here now, with it */
  const held = new Map<AgentId, CallKey>();

  const stateOf = (agent: AgentId): Agent | undefined => (engine.isOwner() ? engine.view().agents.get(agent) : undefined);
  const isWith = (agent: AgentId, call: CallKey): boolean => {
    const { standby } = stateOf(agent) ?? {};
    return standby !== undefined && sameCall(standby, call);
  };
  const isTaken = (agent: AgentId, call: CallKey): boolean => {
    const kind = stateOf(agent)?.phase.kind;
    return isWith(agent, call) && (kind === 'talking' || kind === 'offered');
  };

  async function mustLogIn(agent: AgentId, call: CallKey, onDemand: boolean, welcome: () => Promise<void>): Promise<void> {
    const status = stateOf(agent)?.status ?? 'Logged Out';
    // back from a talk: a break that was ordered meanwhile stays
    if (isWith(agent, call) && status !== 'Logged Out') return;
    await granted(engine, { type: 'login-asked', agent, contact: undefined, standby: call, onDemand });
    await welcome();
  }

  /** agents whose channel a talk, or an offer, has taken */
  const away = new Map<AgentId, CallKey>();
  engine.onNotice((notice) => {
    if (notice.type !== 'talk-ended' && notice.type !== 'offer-failed' && notice.type !== 'offer-cancelled') return;
    const { agent } = notice;
    const call = away.get(agent);
    if (call === undefined) return;
    away.delete(agent);
    deps.after(standbyReturnMsMax, () => {
      const now = held.get(agent);
      if (now === undefined || !sameCall(now, call)) engine.tell({ type: 'standby-ended', agent, call });
    });
  });

  const keyOf = async (call: Call): Promise<CallKey> => ({
    switch: await deps.switchOf(call),
    uniqueId: call.uniqueId,
    channel: call.channel,
  });

  async function hold(call: Call, config: AgentConfig, onDemand: boolean, welcome: () => Promise<void>): Promise<void> {
    const agent = config.id;
    const key = await keyOf(call);
    try {
      await mustLogIn(agent, key, onDemand, welcome);
      held.set(agent, key);
      away.delete(agent);
      for (let holds = 0; holds < holdsMax && !call.signal.aborted && isWith(agent, key); holds++) {
        if (holds > 0) await call.waitForDigit(holdPauseMs);
        await words.hold(call);
      }
    } finally {
      if (held.get(agent) === key) held.delete(agent);
      const isStopping = hasCode(call.signal.reason, 'TDM_STOPPING');
      if (isTaken(agent, key)) away.set(agent, key);
      else if (!isStopping && isWith(agent, key)) engine.tell({ type: 'standby-ended', agent, call: key });
      deps.log.info({ call: call.uniqueId, agent }, 'standby agent is not on hold any more');
    }
  }

  return { hold, isBack: async (call, { id }, { action }) => action === 'standby' && isWith(id, await keyOf(call)) };
}
