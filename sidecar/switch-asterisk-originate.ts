/** An order to ring as an AMI Originate (asterisk-behaviour 3, way C; 5): into the context that runs our `agent_leg`. */
import type { RingOrder } from '../core/acd/effects.js';
import { asteriskCallerId, asteriskContact, asteriskContactProblem, bridgeName } from '../core/dial-string-asterisk.js';
import { checkName, nameProblem, textProblem, utf8Length } from '../core/dial-string.js';
import { withoutEnding } from '../core/message-file.js';
import { epochS, legStateOf } from '../core/services/queue-result.js';
import type { CallBackOrder, SpyMode } from '../core/switch.js';
import { actionLineBytesMax, actionLinesMax } from './ami-action.js';
import type { AmiOriginate } from './ami-originate.js';
import { pairOf } from './switch-asterisk-legs.js';

export interface OriginateOptions {
  /** `host:port` under which Asterisk reaches our FastAGI door; undefined: the dialplan's TANDEM_AGI_1 */
  readonly agiAddress: string | undefined;
  /** contexts of `dialplan/asterisk/tandem-agents.conf` */
  readonly agentContext: string;
  readonly callbackContext: string;
  /** where a customer's number is dialled */
  readonly dialOutContext: string;
}

export const originateDefaults: OriginateOptions = {
  agiAddress: undefined,
  agentContext: 'tandem-agent',
  callbackContext: 'tandem-callback',
  dialOutContext: 'tandem-dial-out',
};

/** The agent's number on the caller's display; '' for a standby channel whose contact nobody knows. */
export function agentNumber({ contact }: RingOrder): string {
  return asteriskContactProblem(contact) === undefined ? asteriskContact(contact).number : '';
}

type Variables = Record<string, string>;
/** lines of the action that are not variables of the caller */
const ownLines = 40;
const namePart = 90;

/** Throws TDM_BAD_VALUE for a contact that cannot be dialled; everything that a caller chose is made harmless instead. */
export function agentOriginate(
  order: RingOrder,
  options: OriginateOptions,
): { readonly leg: AmiOriginate; readonly dropped: readonly string[] } {
  const contact = asteriskContact(order.contact);
  const { kept, dropped } = exported(order.variables);
  const variables = { ...kept, ...legVariables(order, options) };
  return {
    leg: {
      Channel: contact.channel,
      ChannelId: order.leg,
      ...(contact.channel.startsWith('Local/') && { OtherChannelId: pairOf(order.leg) }),
      Context: checkName('context', options.agentContext),
      Exten: 's',
      Priority: 1,
      CallerID: asteriskCallerId(order.callerName, order.callerNumber),
      Timeout: Math.min(order.ringMs, contact.ringMsMax ?? order.ringMs),
      Variable: variables,
    },
    dropped,
  };
}

/** What the dialplan and `agent_leg` need; also mod_callcenter's names of its section 11. */
export function legVariables(order: RingOrder, options: OriginateOptions): Variables {
  return {
    TANDEM_OFFER: order.offer,
    TANDEM_CALLER: order.call?.uniqueId ?? '',
    TANDEM_CALLER_CHANNEL: order.call ? bridgeName(order.call) : '',
    ...(order.message !== undefined && { TANDEM_MESSAGE: withoutEnding(order.message), TANDEM_MESSAGE_NUMBER: order.callerNumber }),
    TANDEM_QUEUE: order.queue,
    TANDEM_AGENT: order.agent,
    TANDEM_LEAD_ID: order.leadId === undefined ? '' : String(order.leadId),
    ...(options.agiAddress !== undefined && { TANDEM_AGI_1: options.agiAddress }),
    ...(order.language !== undefined && nameProblem('menu', order.language) === undefined && { 'CHANNEL(language)': order.language }),
    cc_side: 'agent',
    cc_state: legStateOf(order),
    cc_queue: order.queue,
    cc_agent: order.agent,
    cc_agent_type: order.standby ? 'uuid-standby' : 'callback',
    cc_member_uuid: order.member,
    cc_member_session_uuid: order.call?.uniqueId ?? '',
    cc_queue_joined_epoch: epochS(order.joinedAtMs),
  };
}

/** A variable of the caller's that cannot travel costs itself, never the offer. */
function exported(variables: Readonly<Record<string, string>>): { readonly kept: Variables; readonly dropped: readonly string[] } {
  const kept: Variables = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const fits = utf8Length(value) * 2 + namePart < actionLineBytesMax && Object.keys(kept).length < actionLinesMax - ownLines;
    if (fits && nameProblem('variable', name) === undefined && textProblem(value) === undefined) kept[name] = value;
    else dropped.push(name.slice(0, 80));
  }
  return { kept, dropped };
}

/** A customer is called back at his turn; who answers comes to the door `queue_entry` with `callback=<member>`. */
export function callbackOriginate(order: CallBackOrder, options: OriginateOptions): AmiOriginate {
  const number = checkName('endpoint', order.number);
  return {
    Channel: `Local/${number}@${checkName('context', options.dialOutContext)}/n`,
    ChannelId: order.leg,
    OtherChannelId: pairOf(order.leg),
    Context: checkName('context', options.callbackContext),
    Exten: 's',
    Priority: 1,
    CallerID: asteriskCallerId('', number),
    Timeout: order.ringMs,
    Variable: {
      TANDEM_MEMBER: order.member,
      TANDEM_QUEUE_NAME: order.queue,
      TANDEM_CONFIRM_KEY: /^[0-9*#]?$/.test(order.confirmKey) ? order.confirmKey : '',
      TANDEM_CONFIRM_PROMPT: order.confirmPrompt === undefined ? '' : checkName('prompt', order.confirmPrompt),
      ...(options.agiAddress !== undefined && { TANDEM_AGI_1: options.agiAddress }),
    },
  };
}

/** Options of ChanSpy: quiet, ends with the call it listens to; whisper to the agent, or heard by both. */
const spyOptions: Readonly<Record<SpyMode, string>> = { listen: 'qES', whisper: 'qESw', barge: 'qESB' };

/** `channel` is the whole name of the agent's channel. */
export function spyOriginate(id: string, channel: string, supervisor: string, mode: SpyMode, ringMs: number): AmiOriginate {
  const contact = asteriskContact(supervisor);
  return {
    Channel: contact.channel,
    ChannelId: id,
    ...(contact.channel.startsWith('Local/') && { OtherChannelId: `pair-${id}` }),
    Application: 'ChanSpy',
    Data: `${channel},${spyOptions[mode]}`,
    CallerID: asteriskCallerId('Tandem', ''),
    Timeout: Math.min(ringMs, contact.ringMsMax ?? ringMs),
  };
}
