/**
 * The order to ring an agent as FreeSWITCH wants it (freeswitch-callcenter 7.1): the variables of the leg, and the program
 * that it runs by itself once the agent answered: announcements, confirm key, the news that it is ready, and after a while
 * without an answer to that the connection with a caller who still waits: Tandem may have died meanwhile.
 */
import type { RingOrder } from '../core/acd/effects.js';
import type { OfferId } from '../core/acd/ids.js';
import {
  freeswitchSound,
  isOriginateValue,
  originateCommand,
  wholeSeconds,
  type FreeswitchContact,
  type LegStep,
} from '../core/dial-string-freeswitch.js';
import { checkName, displayName, nameProblem, textProblem } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import { epochS, legStateOf } from '../core/services/queue-result.js';

/** Subclass of the events that legs fire from their program. */
export const legEvent = 'tandem::leg';
/** On a waiting caller: his own id, while a leg may take him without asking us. */
export const waitingVariable = 'tandem_waiting';
export const legVariable = 'tandem_leg';
export const offerVariable = 'tandem_offer';
export const memberVariable = 'tandem_callback_member';
export const confirmVariable = 'tandem_confirm';
/** the key that the agent must press, for a Tandem that did not order the leg */
export const wantedKeyVariable = 'tandem_confirm_key';
/** file that the leg's dialplan plays to the agent instead of a caller (B51) */
export const messageVariable = 'tandem_message';
/** A leg that is ready waits so long before it plays: one that is not wanted is ended in it, ms. */
const messagePauseMs = 500;
const failedAnnounceVariable = 'cc_bridge_failed_outbound_announce';

/** Of dialplan/freeswitch/tandem_messages.xml. */
export const messageExtension = 'message XML tandem_messages';

export interface LegTimes {
  /** a leg that is ready and hears nothing from us takes the caller itself, ms */
  readonly selfConnectMs: number;
  /** the far end of a loopback must be bridged by then (7.1.4), ms */
  readonly loopbackMsMax: number;
}

export interface LegPlan {
  readonly command: string;
  /** what has no form in the command: set on the channel once it exists */
  readonly lateVariables: Readonly<Record<string, string>>;
  /** what the leg does once the agent himself is there */
  readonly steps: readonly LegStep[];
  /** left out, with the reason */
  readonly skipped: readonly string[];
}

/** Throws TDM_BAD_VALUE when an id of the order is none. */
export function legPlan(order: RingOrder, contact: FreeswitchContact, times: LegTimes): LegPlan {
  const skipped: string[] = [];
  const { early, late } = sorted({ ...exported(order, skipped), ...legVariables(order, contact) }, skipped);
  const steps = agentSteps(order, times, skipped);
  const first = contact.isLoopback ? loopbackSteps(times) : steps;
  return { command: originateCommand({ ...contact.options, ...early }, contact.dial, first), lateVariables: late, steps, skipped };
}

function legVariables(order: RingOrder, contact: FreeswitchContact): Record<string, string> {
  const caller = order.call?.uniqueId ?? '';
  const ringMs = Math.min(order.ringMs, contact.ringMsMax ?? Infinity);
  return {
    ...(contact.isOneChannel && { origination_uuid: checkName('uuid', order.leg) }),
    [legVariable]: checkName('uuid', order.leg),
    [offerVariable]: order.offer,
    [wantedKeyVariable]: order.confirmKey,
    cc_queue: order.queue,
    cc_queue_joined_epoch: epochS(order.joinedAtMs),
    cc_member_uuid: order.member,
    cc_member_session_uuid: caller,
    cc_member_pre_answer_uuid: order.member,
    cc_agent: order.agent,
    cc_agent_type: 'callback',
    [messageVariable]: order.message ?? '',
    tandem_message_number: order.message === undefined ? '' : order.callerNumber,
    cc_side: 'agent',
    cc_state: legStateOf(order),
    loopback_bowout: 'false',
    loopback_bowout_on_execute: 'false',
    ignore_early_media: 'true',
    originate_timeout: wholeSeconds(ringMs),
    origination_caller_id_name: phoneName(order.callerName),
    origination_caller_id_number: order.callerNumber,
    origination_callee_id_name: phoneName(order.agentName),
    origination_callee_id_number: contact.number,
    TANDEM_LEAD_ID: order.leadId === undefined ? '' : String(order.leadId),
  };
}

/** mod_sofia drops what stands before the last `/` or `:` of a name on its way to a phone. */
export const phoneName = (name: string): string => displayName(name.replace(/[/:]/g, '-'));

function exported(order: RingOrder, skipped: string[]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(order.variables)) {
    const problem = nameProblem('variable', name) ?? textProblem(value);
    if (problem === undefined) kept[name] = value;
    else skipped.push(`${name}: ${problem}`);
  }
  return kept;
}

function sorted(all: Readonly<Record<string, string>>, skipped: string[]): { early: Record<string, string>; late: Record<string, string> } {
  const early: Record<string, string> = {};
  const late: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value === '') continue;
    const problem = textProblem(value);
    if (problem !== undefined) skipped.push(`${name}: ${problem}`);
    else if (isOriginateValue(value)) early[name] = value;
    else late[name] = value;
  }
  return { early, late };
}

/** The near end of a loopback says that it is up, and waits for what we find out about its far end. */
function loopbackSteps({ loopbackMsMax }: LegTimes): LegStep[] {
  return [news('answered'), step('sleep', String(loopbackMsMax + 1_000)), step('hangup', 'DESTINATION_OUT_OF_ORDER')];
}

export function agentSteps(order: RingOrder, { selfConnectMs }: LegTimes, skipped: string[] = []): LegStep[] {
  const sounds = order.announcements.flatMap((file) => usableSound(file, skipped));
  const spoken = order.confirmKey === '' ? sounds : sounds.slice(0, -1);
  return [
    ...spoken.map((file) => step('playback', file)),
    ...(order.confirmKey === '' ? [] : [confirmStep(order, sounds.at(-1))]),
    news('ready'),
    ...(order.message === undefined ? [] : [step('sleep', String(messagePauseMs)), step('transfer', messageExtension)]),
    step('sleep', String(selfConnectMs)),
    ...selfConnect(order),
    ...callerGoneSteps(order, skipped),
  ];
}

function usableSound(file: string, skipped: string[]): string[] {
  try {
    return [freeswitchSound(file)];
  } catch (error) {
    skipped.push(`${file}: ${error instanceof TandemError ? error.message : String(error)}`);
    return [];
  }
}

/** The key counts during the last announcement too. No key, or another one: the variable stays empty. */
function confirmStep(order: RingOrder, sound = 'silence_stream://250'): LegStep {
  const terminator = order.confirmKey === '#' ? '*' : '#';
  const words = ['1', '1', '1', String(order.confirmMs), terminator, sound.replace(/ /g, ''), 'silence_stream://10', confirmVariable];
  return step('play_and_get_digits', `${words.join(' ')} [${order.confirmKey}]`);
}

/** Nobody told the leg anything. It takes the caller, if he still waits and the key was pressed; the talk needs no Tandem. */
function selfConnect(order: RingOrder): LegStep[] {
  if (order.call === undefined) return [];
  const caller = checkName('uuid', order.call.uniqueId);
  const wanted = order.confirmKey === '' ? caller : `\${regex(\${${confirmVariable}}|[${order.confirmKey}]|${caller})}`;
  const waiting = `\${uuid_getvar(${wanted} ${waitingVariable})}`;
  const agent = nameProblem('queue', order.agent) === undefined ? [`cc_agent=${order.agent}`] : [];
  const results = ['TANDEM_RESULT=answered', 'cc_cause=answered', ...agent].join(';');
  return [
    { application: 'set', argument: `tandem_told=\${uuid_setvar_multi(${waiting} ${results})}`, isExpanded: true },
    { application: 'set', argument: `tandem_connected=\${uuid_bridge(${waiting} \${uuid})}`, isExpanded: true },
    step('sleep', '500'),
  ];
}

/** cc_bridge_failed_outbound_announce, and the end of the leg. */
export function callerGoneSteps(order: Pick<RingOrder, 'variables'>, skipped: string[] = []): LegStep[] {
  const file = order.variables[failedAnnounceVariable];
  const sounds = file === undefined || file === '' ? [] : usableSound(file, skipped);
  return [...sounds.map((sound) => step('playback', sound)), step('hangup', 'ORIGINATOR_CANCEL')];
}

export const hasCallerGoneSound = (order: Pick<RingOrder, 'variables'>): boolean => callerGoneSteps(order).length > 1;

/** A line of news to every Tandem that listens; it carries the channel's variables. */
export function news(what: 'answered' | 'ready' | 'called-back'): LegStep {
  return step('event', `Event-Name=CUSTOM,Event-Subclass=${legEvent},Tandem-News=${what}`);
}

/** The same news from a channel that is not ours, whose variables we cannot rely on. */
export function offerNews(offer: OfferId): string {
  return `Event-Name=CUSTOM,Event-Subclass=${legEvent},Tandem-News=ready,Tandem-Offer=${offer}`;
}

export const step = (application: string, argument: string): LegStep => ({ application, argument });
