/** What a telephone asks of the application `agent`: `<action>[,<values of the action>]` and `name=value`, or `?action=...`. */
import { wordOf } from '../acd/words.js';
import type { Call } from '../call.js';
import { checkInteger, checkText } from '../dial-string.js';
import { TandemError } from '../errors.js';
import type { SpyMode } from '../switch.js';
import { checkLabel } from './queue-values.js';

export const agentActions = [
  'login',
  'logout',
  /** login or logout, whichever it is not */
  'toggle',
  'pause',
  'unpause',
  'pause-toggle',
  'wrapup-end',
  'wrapup-extend',
  /** On Demand: the next call, please */
  'ready',
  'status',
  /** login, and stay on the line */
  'standby',
  'listen',
  'whisper',
  'barge',
] as const;
export type AgentAction = (typeof agentActions)[number];

const spyModes: readonly SpyMode[] = ['listen', 'whisper', 'barge'];
export const spyModeOf = (action: AgentAction): SpyMode | undefined => spyModes.find((mode) => mode === action);

export interface AgentRequest {
  readonly action: AgentAction;
  /** whom it is about; undefined: whoever has this telephone */
  readonly agent: string | undefined;
  readonly pin: string | undefined;
  readonly reason: string | undefined;
  /** of wrapup-extend */
  readonly seconds: number;
  /** of a login: where to ring instead of the provisioned contact; `here` = this telephone */
  readonly contact: string | undefined;
  readonly onDemand: boolean;
}

const reasonBytesMax = 100;
const contactBytesMax = 500;
/** An extension asked for from a telephone, s; the engine has its own ceiling. */
const extendSMax = 86_400;

const names = ['action', 'agent', 'pin', 'reason', 'seconds', 'contact', 'on_demand'] as const;
type Name = (typeof names)[number];

/** Values without a name, behind the action. */
const positionsOf: Partial<Record<AgentAction, readonly Name[]>> = {
  pause: ['reason', 'agent', 'pin'],
  'pause-toggle': ['reason', 'agent', 'pin'],
  'wrapup-extend': ['seconds', 'agent', 'pin'],
};
const usualPositions: readonly Name[] = ['agent', 'pin'];

/** Throws TDM_BAD_VALUE. */
export function readAgentRequest(call: Pick<Call, 'args' | 'query'>): AgentRequest {
  const { named, plain } = split(call.args);
  const word = named.get('action') ?? plain.shift() ?? call.query.get('action') ?? '';
  const action = wordOf(agentActions, word.replaceAll('_', '-'));
  if (action === undefined) throw bad('action', `must be one of ${agentActions.join(', ')}`);
  const positions = positionsOf[action] ?? usualPositions;
  if (plain.length > positions.length) throw bad('agent', `at most ${action},${positions.join(',')}`);
  positions.forEach((name, at) => {
    const value = plain[at] ?? '';
    if (value !== '' && !named.has(name)) named.set(name, value);
  });
  const text = (name: Name): string | undefined => (named.get(name) ?? call.query.get(name) ?? '').trim() || undefined;
  return checked(action, text);
}

function split(args: readonly string[]): { readonly named: Map<Name, string>; readonly plain: string[] } {
  const named = new Map<Name, string>();
  const plain: string[] = [];
  for (const given of args) {
    const [, written, value = ''] = /^\s*([A-Za-z][A-Za-z_-]*)=(.*)$/s.exec(given) ?? [];
    if (written === undefined) {
      plain.push(given);
      continue;
    }
    const name = wordOf(names, written.replaceAll('-', '_'));
    if (name === undefined) throw bad('argument', `there is none with the name ${written.slice(0, 40)}`);
    named.set(name, value);
  }
  return { named, plain };
}

function checked(action: AgentAction, text: (name: Name) => string | undefined): AgentRequest {
  const agent = text('agent');
  const reason = text('reason');
  const contact = text('contact');
  const pin = text('pin');
  if (pin !== undefined && !/^\d{1,12}$/.test(pin)) throw bad('pin', 'must be 1 to 12 digits');
  return {
    action,
    agent: agent === undefined ? undefined : checkLabel('agent', 'queue', agent),
    pin,
    reason: reason === undefined ? undefined : checkText('reason', reason, reasonBytesMax),
    seconds: action === 'wrapup-extend' ? checkInteger('seconds', text('seconds') ?? '', 1, extendSMax) : 0,
    contact: contact === undefined ? undefined : checkText('contact', contact, contactBytesMax),
    onDemand: ['yes', 'true', '1', 'on'].includes((text('on_demand') ?? '').toLowerCase()),
  };
}

const bad = (what: string, why: string): TandemError => new TandemError('TDM_BAD_VALUE', [what, why]);
