/** Agents of a voice connector (dialer.md A10, A16, A17): asked for before the customer is called, freed when he is not. */
import type { DialerEvent } from '../engine-words.js';
import { invalidGateway } from '../words.js';
import { requestFailuresMax, requestRestMs } from './bounds.js';
import type { Call } from './call.js';
import { switchDown } from './candidates.js';
import { refreshDue } from './due.js';
import type { DialerAnswer } from './engine-types.js';
import { checkWays, wayFor } from './gateways.js';
import { failCall, giveBack, launch } from './launches.js';
import { agentRequestBody, endChatMessages, queueTypeOf } from './messages.js';
import type { DialerWorld } from './world.js';

export function requestAgent(w: DialerWorld, call: Call): void {
  call.stage = 'agent-asked';
  w.emit({ type: 'request-agent', callId: call.id, body: agentRequestBody(w, call) });
  refreshDue(w, call);
}

/** A16: after three failures in a row agent contacts rest for 10 s, then one is tried. */
export function requestSent(w: DialerWorld, { callId, ok }: Extract<DialerEvent, { type: 'agent-request-sent' }>): void {
  const { requests } = w;
  if (ok) {
    requests.failures = 0;
    return;
  }
  requests.failures++;
  if (requests.failures >= requestFailuresMax) requests.restUntilMs = w.nowMs + requestRestMs;
  const call = w.calls.get(callId);
  if (call?.stage === 'agent-asked') giveBack(w, call);
}

/** Agent requests that may be made now: as many as wanted, one probe after failures, none in the rest between. */
export function requestsAllowed(w: DialerWorld): number {
  const { failures, restUntilMs } = w.requests;
  if (w.settings.voiceConnector === '') return 0;
  if (failures < requestFailuresMax) return Infinity;
  if (w.nowMs < restUntilMs) return 0;
  const isProbed = [...w.calls.values()].some(({ stage }) => stage === 'agent-asked');
  return isProbed ? 0 : 1;
}

/** A17.2; the HTTP status that the voice connector gets. */
export function agentDetails(w: DialerWorld, event: Extract<DialerEvent, { type: 'agent-details' }>): DialerAnswer {
  const call = w.calls.get(event.callId);
  if (call?.stage !== 'agent-asked') return { kind: 'agent-details', status: lateDetails(w, event, call) };
  if (event.agentExtension === undefined) {
    giveBack(w, call); // no agent: tried again by a later cycle
    return { kind: 'agent-details', status: 200 };
  }
  const { agentExtension, agentId } = event;
  // a queue that the contact names by its id is not told to the desktop by its name
  const queueName = queueTypeOf(call.contact) === 'ID' ? (call.contact.resourceId ?? '') : event.queueName;
  call.reserved = { agentExtension, agentId, queueName };
  call.agent = agentId || undefined;
  if (!w.isRunning(call.campaign.id)) {
    giveBack(w, call, 'LATE_RESERVATION');
    return { kind: 'agent-details', status: 200 };
  }
  return { kind: 'agent-details', status: checkThenDial(w, call) ? 200 : 500 };
}

/** Late or repeated: answered with END_CHAT too, but for the repetition of what is being dialled. */
function lateDetails(w: DialerWorld, event: Extract<DialerEvent, { type: 'agent-details' }>, call: Call | undefined): 404 | 409 {
  const { callId, agentExtension } = event;
  const isRepeated = call?.reserved !== undefined && call.reserved.agentExtension === agentExtension;
  const ended = w.endedCalls.get(callId);
  if (agentExtension !== undefined && !isRepeated && (call || ended !== undefined)) {
    const customerNumber = call?.number ?? ended ?? '';
    const outbox = endChatMessages(w, { callId, customerNumber, agentExtension }, 'LATE_RESERVATION');
    if (outbox.length > 0) w.change({ outbox });
  }
  return call || ended !== undefined ? 409 : 404;
}

/** False: the switch is not there (500). */
function checkThenDial(w: DialerWorld, call: Call): boolean {
  const campaign = w.campaignOf(call);
  const { isUp = false } = w.switches.get(call.switch) ?? {};
  if (!isUp) {
    switchGone(w, call);
    return false;
  }
  if (call.from && checkWays(w, campaign, call.from)) {
    call.stage = 'checking';
    call.checkingSinceMs ??= w.nowMs;
    refreshDue(w, call);
    return true;
  }
  decide(w, call);
  return true;
}

function decide(w: DialerWorld, call: Call): void {
  if (!call.from) return;
  const gateway = w.gateways.get(`${call.switch}/${call.gateway}`);
  const isOwn = gateway?.state === 'up' && gateway.breaker.state(w.nowMs) !== 'closed';
  if (isOwn) launch(w, call);
  else if (gateway?.state === 'invalid' && wayFor(w, w.campaignOf(call), call.from).kind === 'invalid')
    failCall(w, call, invalidGateway, 'GATEWAY_INVALID');
  else giveBack(w, call, 'GATEWAY_DOWN');
}

/** A16: literal failover fails it, ours tries it again. */
export function switchGone(w: DialerWorld, call: Call): void {
  if (w.settings.strictReferenceFailover) failCall(w, call, switchDown, 'SWITCH_DOWN');
  else giveBack(w, call, 'SWITCH_DOWN');
}

/** A gateway was checked: calls whose agent waits for it go on. */
export function checksDone(w: DialerWorld): void {
  for (const call of [...w.calls.values()]) {
    if (call.stage !== 'checking') continue;
    const gateway = w.gateways.get(`${call.switch}/${call.gateway}`);
    if (gateway?.askedAtMs === undefined) decide(w, call);
  }
}

export const checkTimedOut = (w: DialerWorld, call: Call): void => giveBack(w, call, 'GATEWAY_DOWN');

/** No answer within the time that an agent request waits: tried again, a late answer is told to end the chat. */
export function requestTimedOut(w: DialerWorld, call: Call): void {
  call.isIdSpent = true;
  giveBack(w, call);
}
