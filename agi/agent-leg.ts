/**
 * `agent_leg,<offer>` on the leg of an agent who has answered (asterisk-behaviour 3, way C): announcements, confirm key,
 * then the leg bridges itself with the caller, who hears music till then. The bridge lives on without us.
 *
 * Sets TANDEM_RESULT `talked`, `message` (the dialplan plays one, B51), `refused` (nobody wants this leg any more), or `gone`;
 * the dialplan hangs up then, or leads
 * a standby agent back to his hold. Empty: this process died before the two were connected.
 */
import type { ConnectOrder } from '../core/acd/effects.js';
import { offerId } from '../core/acd/ids.js';
import type { SwitchId } from '../core/acd/ids.js';
import type { QueueEngine } from '../core/acd-ports.js';
import { asteriskArguments, checkName, displayName } from '../core/dial-string.js';
import { asteriskContact, asteriskContactProblem, bridgeName, plainNumber } from '../core/dial-string-asterisk.js';
import type { Call, CallApplication } from '../core/call.js';
import { hasCode, TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { AgiCall } from './call.js';
import type { AgentLegs, LegVisit } from './leg-ports.js';

export interface AgentLegDeps {
  readonly engine: Pick<QueueEngine, 'orderOf' | 'isOwner'>;
  /** of the switch on which the offer's leg is; undefined: no link to it */
  readonly legsOf: (id: SwitchId) => AgentLegs | undefined;
  readonly nowMs: () => number;
  readonly log: Log;
}

export interface AgentLegOptions {
  /** for an agent who answers when nobody waits any more; undefined = none */
  readonly goodbye: string | undefined;
}

export const agentLegDefaults: AgentLegOptions = { goodbye: undefined };

/** A key is waited for in turns, so that an offer that was taken back ends the wait. */
const keyTurnMs = 500;

type Verdict = 'talked' | 'message' | 'refused' | 'gone';

export function createAgentLeg(deps: AgentLegDeps, options: AgentLegOptions = agentLegDefaults): CallApplication {
  return async (call) => {
    await call.setVariable('TIMEOUT(absolute)', '0');
    if (!deps.engine.isOwner()) throw new TandemError('TDM_STANDBY', ['ask the other address']);
    const visit = visitOf(deps, call);
    const verdict = visit ? await serve(deps, call, visit) : await turnAway(call, options.goodbye);
    if (!call.signal.aborted) await call.setVariable('TANDEM_RESULT', verdict);
  };
}

/** undefined: the offer is over, or this is not its leg. */
function visitOf(deps: AgentLegDeps, call: Call): LegVisit | undefined {
  const offer = offerId(checkName('uuid', call.args[0] ?? ''));
  const order = deps.engine.orderOf(offer);
  const legs = order && deps.legsOf(order.switch);
  if (!legs) return undefined;
  if (call.uniqueId === (order.standby?.uniqueId ?? order.leg)) return legs.visit(order);
  deps.log.warn({ call: call.uniqueId, offer }, 'agent leg: the offer belongs to another leg');
  return undefined;
}

async function turnAway(call: Call, goodbye: string | undefined): Promise<Verdict> {
  if (goodbye !== undefined) await call.play(goodbye, '');
  return 'refused';
}

async function serve(deps: AgentLegDeps, call: Call, visit: LegVisit): Promise<Verdict> {
  visit.answered();
  try {
    if (!(await screened(deps, call, visit))) return 'refused';
    await showAgent(call, visit);
    if (visit.order.message !== undefined) {
      visit.hearing();
      return 'message';
    }
    visit.ready();
    const order = await connectOrder(call, visit);
    return await talk(call, visit, order);
  } catch (error) {
    if (hasCode(error, 'TDM_CALL_GONE')) left(call, visit);
    else visit.failed('switch-failed', error instanceof Error ? error.message.slice(0, 200) : 'session failed');
    if (hasCode(error, 'TDM_CALL_GONE', 'TDM_DEADLINE')) return 'gone';
    throw error;
  }
}

/** A session that broke says nothing of the leg; HANGUP, or a dead channel, does. */
function left(call: Call, visit: LegVisit): void {
  if (call instanceof AgiCall && call.isBroken) visit.sessionLost();
  else visit.hungUp();
}

// ---------------------------------------------------------------- before the talk

/** Announcements to the agent alone, and his key. False: he did not press it, or the offer was taken back. */
async function screened(deps: AgentLegDeps, call: Call, visit: LegVisit): Promise<boolean> {
  const { order, signal } = visit;
  const refuseKey = order.confirmKey === '*' ? '#' : '*';
  const keys = order.confirmKey === '' ? '' : order.confirmKey + refuseKey;
  for (const file of order.announcements) {
    if (signal.aborted) return false;
    const { digit, missing } = await call.play(file, keys);
    if (missing) deps.log.warn({ file, agent: order.agent }, 'agent leg: sound file is missing');
    if (digit !== '') return accepted(visit, digit);
  }
  if (keys === '') return !signal.aborted;
  return accepted(visit, await pressed(deps, call, visit, keys));
}

function accepted(visit: LegVisit, key: string): boolean {
  if (key === visit.order.confirmKey && !visit.signal.aborted) return true;
  visit.failed('not-confirmed', key === '' ? 'no key' : `key ${key}`);
  return false;
}

/** One of `keys`, or '' when the time is over. */
async function pressed(deps: AgentLegDeps, call: Call, { order, signal }: LegVisit, keys: string): Promise<string> {
  const untilMs = deps.nowMs() + order.confirmMs;
  for (let leftMs = order.confirmMs; leftMs > 0 && !signal.aborted; leftMs = untilMs - deps.nowMs()) {
    const key = await call.waitForDigit(Math.min(leftMs, keyTurnMs));
    if (key !== '' && keys.includes(key)) return key;
  }
  return '';
}

/** The leg carried the caller's identity for the agent's display; now it gets the agent's, which the caller's phone will show. */
async function showAgent(call: Call, { order }: LegVisit): Promise<void> {
  const number = asteriskContactProblem(order.contact) === undefined ? asteriskContact(order.contact).number : '';
  await call.setCallerId(displayName(order.agentName), plainNumber(number));
}

/** Rejects when the agent hangs up, the offer is taken back, or no order comes. */
async function connectOrder(call: Call, visit: LegVisit): Promise<ConnectOrder> {
  let stop = (): void => undefined;
  const gone = new Promise<never>((_, reject) => {
    const leave = () => reject(new TandemError('TDM_CALL_GONE', ['the agent hung up']));
    stop = () => call.signal.removeEventListener('abort', leave);
    if (call.signal.aborted) leave();
    else call.signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([visit.connectOrder(), gone]);
  } finally {
    stop();
  }
}

// ---------------------------------------------------------------- the talk

/** `x`: the caller's call ends with the talk; without it his dialplan goes on behind the queue. */
async function talk(call: Call, visit: LegVisit, order: ConnectOrder): Promise<Verdict> {
  const file = await visit.record(order);
  if (file !== undefined) await call.execute('MixMonitor', asteriskArguments([file, 'b']));
  // from here on the leg's dialplan has nothing to do but hang up, should this process die
  await call.setVariable('TANDEM_RESULT', 'talked');
  visit.bridging();
  if (call instanceof AgiCall) call.outlivesSession = true;
  const caller = bridgeName(order.call);
  await call.execute('Bridge', asteriskArguments(order.hangUpAfterTalk ? [caller, 'x'] : [caller]));
  if (call instanceof AgiCall) call.outlivesSession = false;
  visit.bridgeReturned((await call.getVariable('BRIDGERESULT')) ?? '');
  return 'talked';
}
