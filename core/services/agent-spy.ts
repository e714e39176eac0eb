/** A supervisor joins an agent's talk from his telephone (B34): who may, which talk, and the order to the switch. */
import { legId, legPrefix } from '../acd/ids.js';
import type { SwitchId } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import type { Call } from '../call.js';
import { TandemError } from '../errors.js';
import type { Log } from '../ports.js';
import type { SpyMode, SwitchPort } from '../switch.js';
import { mustKnowPin } from './agent-identity.js';
import { agentNamed } from './queue-name.js';
import type { PinDeps } from './agent-identity.js';
import type { Phone } from './agent-phone.js';
import type { AgentVoice } from './agent-prompts.js';
import type { AgentRequest } from './agent-request.js';

export interface Supervisors {
  /** telephones that need no PIN: account names, or contacts */
  readonly phones: readonly string[];
  /** undefined: no other telephone may */
  readonly isPin: ((pin: string) => Promise<boolean>) | undefined;
}

interface SpyDeps extends Pick<PinDeps, 'lockout' | 'nowMs'> {
  readonly engine: QueueEngine;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  readonly supervisors: Supervisors;
  newId(): string;
  readonly log: Log;
}

interface SpyWish {
  readonly mode: SpyMode;
  readonly request: AgentRequest;
  readonly phone: Phone | undefined;
  readonly voice: AgentVoice;
}

/** Resolves when the order is given: the supervisor's telephone rings then. Rejects with the reason, among them TDM_FORBIDDEN. */
export async function spyOn(deps: SpyDeps, call: Call, { mode, request, phone, voice }: SpyWish): Promise<void> {
  await mustBeSupervisor(deps, call, request.pin, phone, voice);
  const supervisor = phone?.contact ?? request.contact;
  if (supervisor === undefined) throw new TandemError('TDM_REFUSED', ['this telephone has no account that can be rung: name a contact']);
  const { port, target, agent } = talkOf(deps, request.agent);
  if (port.kind !== call.switchKind) throw new TandemError('TDM_REFUSED', [`the talk is on switch ${port.id}, of another kind`]);
  await port.spy({ leg: legId(`${legPrefix}spy-${deps.newId()}`), target, supervisor, mode });
  deps.log.info({ call: call.uniqueId, channel: call.channel, supervisor, agent, mode }, 'supervisor joins a talk');
}

async function mustBeSupervisor(
  deps: SpyDeps,
  call: Call,
  given: string | undefined,
  phone: Phone | undefined,
  voice: AgentVoice,
): Promise<void> {
  const { phones, isPin } = deps.supervisors;
  const own =
    phone === undefined ? [] : [phone.contact, phone.user, `${phone.user}@${phone.domain ?? ''}`].map((name) => name.toLowerCase());
  if (phones.some((name) => own.includes(name.toLowerCase()))) return;
  if (isPin === undefined) throw new TandemError('TDM_FORBIDDEN', [phone?.contact ?? call.channel, 'listen']);
  await mustKnowPin(deps, 'supervisors', isPin, given, voice);
}

/** The agent's part of the talk: his leg, or the open channel of a standby agent. */
export function talkOf(
  deps: Pick<SpyDeps, 'engine' | 'ports'>,
  name: string | undefined,
): { readonly port: SwitchPort; readonly target: string; readonly agent: string } {
  const view = deps.engine.view();
  const config = name === undefined ? undefined : agentNamed(view, name);
  if (config === undefined) throw new TandemError('TDM_NOT_FOUND', ['agent', name ?? '']);
  const agent = view.agents.get(config.id);
  const offer = agent?.phase.kind === 'talking' ? view.offers.get(agent.phase.offer) : undefined;
  if (agent === undefined || offer === undefined) throw new TandemError('TDM_CONFLICT', [`agent ${config.id} has no talk`]);
  const standby = config.type === 'uuid-standby' ? agent.standby : undefined;
  const port = deps.ports.get(offer.switch);
  if (port === undefined) throw new TandemError('TDM_SWITCH_DOWN', [offer.switch, 'no link']);
  return { port, target: standby?.uniqueId ?? offer.leg, agent: config.id };
}
