/**
 * The application `agent`: self-service from a telephone (B40, F74, F75). Login, pause, wrap-up and the rest are wishes
 * to the queue engine; supervisors listen to talks through the switch. Leaves TANDEM_RESULT `ok`, `refused` or
 * `error` with TANDEM_REASON, and whom it was about in TANDEM_AGENT, TANDEM_AGENT_STATUS, TANDEM_AGENT_STATE.
 */
import { agentStateOf } from '../acd/agent-state.js';
import type { AgentConfig } from '../acd/config.js';
import type { AcdEvent } from '../acd/events.js';
import type { SwitchId } from '../acd/ids.js';
import type { Agent } from '../acd/state.js';
import { takesCalls } from '../acd/words.js';
import type { AgentStatus } from '../acd/words.js';
import type { QueueEngine } from '../acd-ports.js';
import type { Call, CallApplication } from '../call.js';
import { TandemError, hasCode } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import type { SwitchPort } from '../switch.js';
import { mustBe, whichAgent } from './agent-identity.js';
import type { PinDeps } from './agent-identity.js';
import type { Phone, PhoneOf } from './agent-phone.js';
import { createAgentVoice } from './agent-prompts.js';
import type { AgentPrompt, AgentPrompts, AgentVoice } from './agent-prompts.js';
import { readAgentRequest, spyModeOf } from './agent-request.js';
import type { AgentRequest } from './agent-request.js';
import { createStandby } from './agent-standby.js';
import { spyOn } from './agent-spy.js';
import type { Supervisors } from './agent-spy.js';
import type { After } from './deadline.js';
import { granted } from './granted.js';

export interface AgentDeps extends PinDeps {
  readonly engine: QueueEngine;
  /** the switch a call is on */
  switchOf(call: Call): Promise<SwitchId>;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  readonly supervisors: Supervisors;
  newId(): string;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

/** What a switch says and does in its own way. */
export interface AgentWords {
  readonly prompts: AgentPrompts;
  readonly phoneOf: PhoneOf;
  /** Hold music until the channel is taken into a talk or hangs up; may resolve or reject then. */
  hold(call: Call): Promise<void>;
}

interface Outcome {
  readonly result: 'ok' | 'refused' | 'error';
  readonly reason: string;
  readonly agent: AgentConfig | undefined;
  readonly prompt: AgentPrompt | undefined;
}

/** What a person may do about: the wish was understood and is not granted. Anything else is an error of the system. */
const refusals: readonly ErrorCode[] = [
  'TDM_NOT_FOUND',
  'TDM_REFUSED',
  'TDM_CONFLICT',
  'TDM_UNAUTHENTICATED',
  'TDM_FORBIDDEN',
  'TDM_TOO_MANY',
];

/** Never rejects. */
export function createAgentApplication(deps: AgentDeps, words: AgentWords): CallApplication {
  const standby = createStandby(deps, words);

  async function serve(call: Call, voice: AgentVoice, request: AgentRequest, phone: Phone | undefined): Promise<Outcome> {
    const view = deps.engine.view();
    const mode = spyModeOf(request.action);
    if (mode !== undefined) {
      await spyOn(deps, call, { mode, request, phone, voice });
      return { result: 'ok', reason: '', agent: undefined, prompt: undefined };
    }
    const agent = await whichAgent(view, call, request.agent, phone, voice);
    if (!(await standby.isBack(call, agent, request))) await mustBe(deps, view, agent, phone, request.pin, voice);
    if (request.action === 'standby') {
      await standby.hold(call, agent, request.onDemand, () => voice.say('logged-in'));
      return { result: 'ok', reason: '', agent, prompt: undefined };
    }
    const wish = wishOf(agent, view.agents.get(agent.id), request, phone);
    if (wish.event !== undefined) await granted(deps.engine, wish.event);
    return { result: 'ok', reason: '', agent, prompt: wish.prompt };
  }

  async function attempt(call: Call, voice: AgentVoice): Promise<Outcome & { readonly action: string }> {
    let action = 'unknown';
    try {
      const request = readAgentRequest(call);
      action = request.action;
      if (!deps.engine.isOwner()) throw new TandemError('TDM_STANDBY', ['ask the other address']);
      await call.answer();
      return { ...(await serve(call, voice, request, await words.phoneOf(call))), action };
    } catch (e) {
      if (hasCode(e, 'TDM_CALL_GONE') || call.signal.aborted) throw e;
      const reason = e instanceof TandemError ? e.code : 'TDM_INTERNAL';
      const isRefusal = hasCode(e, ...refusals);
      // the standby of a pair is asked first by half of the dialplans, and says so
      const isUsual = isRefusal || hasCode(e, 'TDM_STANDBY', 'TDM_STOPPING');
      deps.log[isUsual ? 'info' : 'warn']({ call: call.uniqueId, channel: call.channel, action, reason, err: e }, 'agent: not done');
      return { result: isRefusal ? 'refused' : 'error', reason, agent: undefined, prompt: 'refused', action };
    }
  }

  return async (call) => {
    try {
      const voice = createAgentVoice(call, words.prompts, deps.log);
      const outcome = await attempt(call, voice);
      deps.meter.count('tandem_agent_wishes_total', { action: outcome.action, result: outcome.result });
      if (outcome.result === 'ok') deps.log.info({ call: call.uniqueId, agent: outcome.agent?.id, action: outcome.action }, 'agent: done');
      // one who is not heard by the owner of the queues tries the other address at once
      if (outcome.prompt !== undefined && outcome.reason !== 'TDM_STANDBY') await voice.say(outcome.prompt);
      await tell(deps.engine, call, outcome);
    } catch (e) {
      const isGone = hasCode(e, 'TDM_CALL_GONE') || call.signal.aborted;
      deps.log[isGone ? 'debug' : 'warn']({ call: call.uniqueId, err: e }, 'agent: call ended before its result');
    }
  };
}

async function tell(engine: QueueEngine, call: Call, outcome: Outcome): Promise<void> {
  const agent = outcome.agent && engine.isOwner() ? engine.view().agents.get(outcome.agent.id) : undefined;
  const variables = {
    TANDEM_AGENT: outcome.agent?.id ?? '',
    TANDEM_AGENT_STATUS: agent?.status ?? '',
    TANDEM_AGENT_STATE: agent ? agentStateOf(agent) : '',
  };
  await Promise.all(Object.entries(variables).map(([name, value]) => call.setVariable(name, value)));
  await call.setVariable('TANDEM_REASON', outcome.reason);
  await call.setVariable('TANDEM_RESULT', outcome.result);
}

// ------------------------------------------------------------------ the wishes

interface Wish {
  /** undefined: it is so already, or nothing is to change */
  readonly event?: AcdEvent;
  readonly prompt: AgentPrompt;
}

function wishOf(config: AgentConfig, now: Agent | undefined, request: AgentRequest, phone: Phone | undefined): Wish {
  const agent = config.id;
  const status = now?.status ?? 'Logged Out';
  switch (request.action) {
    case 'login':
      return login(config, request, phone);
    case 'toggle':
      return status === 'Logged Out' ? login(config, request, phone) : logout(config);
    case 'logout':
      return logout(config);
    case 'pause':
      return pause(config, request.reason);
    case 'unpause':
      return unpause(config, status, request.onDemand);
    case 'pause-toggle':
      return status === 'On Break' ? unpause(config, status, request.onDemand) : pause(config, request.reason);
    case 'wrapup-end':
      return { event: { type: 'wrapup-end-asked', agent }, prompt: 'done' };
    case 'wrapup-extend':
      return { event: { type: 'wrapup-extend-asked', agent, byMs: request.seconds * 1_000 }, prompt: 'done' };
    case 'ready':
      return { event: { type: 'ready-asked', agent }, prompt: 'done' };
    default:
      return { prompt: promptOf(status, now) };
  }
}

function login({ id }: AgentConfig, { contact, onDemand }: AgentRequest, phone: Phone | undefined): Wish {
  if (contact === 'here' && phone === undefined) throw new TandemError('TDM_REFUSED', ['this telephone has no account that can be rung']);
  const asked = contact === 'here' ? phone?.contact : contact;
  return { event: { type: 'login-asked', agent: id, contact: asked, standby: undefined, onDemand }, prompt: 'logged-in' };
}

const logout = ({ id }: AgentConfig): Wish => ({
  event: { type: 'status-asked', agent: id, status: 'Logged Out', reason: undefined },
  prompt: 'logged-out',
});

const pause = ({ id }: AgentConfig, reason: string | undefined): Wish => ({
  event: { type: 'status-asked', agent: id, status: 'On Break', reason },
  prompt: 'paused',
});

/** The end of a break is no login. */
function unpause({ id }: AgentConfig, status: AgentStatus, onDemand: boolean): Wish {
  if (status === 'Logged Out') throw new TandemError('TDM_CONFLICT', [`agent ${id} is logged out`]);
  if (takesCalls(status)) return { prompt: 'unpaused' };
  const wanted: AgentStatus = onDemand ? 'Available (On Demand)' : 'Available';
  return { event: { type: 'status-asked', agent: id, status: wanted, reason: undefined }, prompt: 'unpaused' };
}

function promptOf(status: AgentStatus, now: Agent | undefined): AgentPrompt {
  if (now?.phase.kind === 'talking') return 'talking';
  if (status === 'Logged Out') return 'logged-out';
  if (status === 'On Break') return 'paused';
  return now?.phase.kind === 'wrapup' ? 'wrap-up' : 'free';
}
