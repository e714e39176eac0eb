/** From the ringing to the agent (B2): facts of the switch, of the door after the answer, and of the queue, in any order, doubled or late. */
import type { ArrivalPlan, DialerEvent } from '../engine-words.js';
import type { AmdVerdict } from '../words.js';
import { amdSampleEvery, heldAnswerMs, machineMessageMsMax, offerMsMin } from './bounds.js';
import { isMachine, isPlaced } from './call.js';
import type { Call } from './call.js';
import { refreshDue } from './due.js';
import type { DialerAnswer } from './engine-types.js';
import { hangUp } from './hang-up.js';
import { holdUsed } from './holds.js';
import { toldAbandoned, toldAnswered, toldConnected, toldFailed } from './pacing-groups.js';
import type { DialerWorld } from './world.js';

type Of<T extends DialerEvent['type']> = Extract<DialerEvent, { type: T }>;

/** A switch's moment is not later than ours, and not before the call. */
const momentOf = (w: DialerWorld, call: Call, atMs: number): number => Math.max(call.placedAtMs ?? -Infinity, Math.min(w.nowMs, atMs));

export function ringing(w: DialerWorld, call: Call, { atMs }: Of<'call-ringing'>): void {
  call.ringingAtMs ??= momentOf(w, call, atMs);
}

export function answered(w: DialerWorld, call: Call, atMs: number): void {
  if (!isPlaced(call) || call.answeredAtMs !== undefined) return;
  call.answeredAtMs = momentOf(w, call, atMs);
  call.isUnknown = false;
  if (call.stage === 'ringing') call.stage = 'answered';
  w.tally(call.campaign.id).answered++;
  // with AMD a person is one when the verdict says so
  if (w.campaignOf(call).amd.mode === 'off') toldAnswered(w, call);
  refreshDue(w, call);
  keepProgress(w, call);
}

/** A15: stored at once, and nobody waits for it. A call that was answered is not made again, whoever dies meanwhile. */
export function keepProgress(w: DialerWorld, call: Call): void {
  const { answeredAtMs, bridgedAtMs, agent, reserved, contact } = call;
  if (answeredAtMs === undefined || call.status !== 'dialed') return;
  w.change({ progress: { contactId: contact.id, answeredAtMs, bridgedAtMs, agent, agentExtension: reserved?.agentExtension } });
}

/** Heard by the switch before the call came to its door. */
export function judged(w: DialerWorld, call: Call, amd: AmdVerdict): void {
  if (call.arrivedAtMs !== undefined || call.kind === 'ivr') return;
  call.amd ??= amd;
  if (isMachine(amd) && machineOrder(w, call) === 'HANGUP' && call.hangUpAtMs === undefined) hangUp(w, call, 'machine');
}

/** B4: what becomes of a machine; one in a hundred goes to an agent who says what it was. */
function machineOrder(w: DialerWorld, call: Call): 'HANGUP' | 'MESSAGE' | 'AGENT' {
  if (call.amd === 'FAX') return 'HANGUP';
  if (call.machineOrder) return call.machineOrder;
  const { onMachine, message } = w.campaignOf(call).amd;
  const tally = w.tally(call.campaign.id);
  tally.machines++;
  const isSample = onMachine === 'HANGUP' && call.kind === 'agent-native' && tally.machines % amdSampleEvery === 0;
  call.machineOrder = isSample ? 'AGENT' : onMachine === 'MESSAGE' && message === '' ? 'HANGUP' : onMachine;
  return call.machineOrder;
}

export function arrived(w: DialerWorld, { callId, amd }: Of<'call-arrived'>): DialerAnswer {
  const call = w.calls.get(callId);
  return { kind: 'arrival', plan: call && isPlaced(call) ? planOf(w, call, amd) : undefined };
}

function planOf(w: DialerWorld, call: Call, amd: AmdVerdict | undefined): ArrivalPlan | undefined {
  if (call.stage === 'talking') return undefined; // told long ago
  answered(w, call, w.nowMs);
  call.arrivedAtMs ??= w.nowMs;
  if (call.kind !== 'ivr') learnVerdict(w, call, amd);
  if (call.hangUpAtMs !== undefined || call.stage === 'message') return { kind: 'hang-up', reason: call.hangUpReason ?? 'waited out' };
  if (call.amd === 'HANGUP' && call.kind !== 'ivr') return { kind: 'hang-up', reason: 'gone while AMD listened' };
  if (isMachine(call.amd)) {
    const order = machineOrder(w, call);
    if (order !== 'AGENT') return machinePlan(w, call, order);
  }
  return queuePlan(w, call);
}

function learnVerdict(w: DialerWorld, call: Call, amd: AmdVerdict | undefined): void {
  call.amd ??= amd;
  const tally = w.tally(call.campaign.id);
  if (amd === undefined || w.campaignOf(call).amd.mode === 'off' || call.answeredAtMs === undefined) return;
  const tookMs = Math.max(0, w.nowMs - call.answeredAtMs);
  tally.amdMs = tally.amdMs < 0 ? tookMs : tally.amdMs * 0.95 + tookMs * 0.05;
}

function machinePlan(w: DialerWorld, call: Call, order: 'HANGUP' | 'MESSAGE'): ArrivalPlan {
  toldFailed(w, call, 'MACHINE');
  if (order === 'HANGUP') {
    call.hangUpReason ??= 'machine';
    return { kind: 'hang-up', reason: 'machine' };
  }
  const { amd, safeHarbour } = w.campaignOf(call);
  call.stage = 'message';
  call.messageAtMs = w.nowMs;
  const maxMs = safeHarbour?.maxMs ?? machineMessageMsMax;
  refreshDue(w, call);
  return { kind: 'message', audio: amd.message, maxMs };
}

function queuePlan(w: DialerWorld, call: Call): ArrivalPlan {
  const campaign = w.campaignOf(call);
  const queue = call.queue || campaign.queue;
  if (queue === '') return { kind: 'hang-up', reason: 'the campaign has no queue' };
  if (!isMachine(call.amd)) toldAnswered(w, call);
  if (call.kind === 'ivr' && call.offeredAtMs === undefined) w.tally(call.campaign.id).askedForAgent++;
  call.offeredAtMs ??= w.nowMs;
  call.waitUntilMs ??= waitUntilOf(w, call);
  call.stage = 'waiting';
  refreshDue(w, call);
  const { safeHarbour } = campaign;
  return {
    kind: 'queue',
    queue,
    maxWaitMs: Math.max(offerMsMin, call.waitUntilMs - w.nowMs),
    reservation: call.hold,
    number: call.number,
    name: call.contact.data.name,
    message: safeHarbour?.audio
      ? {
          audio: safeHarbour.audio,
          optOutDigits: safeHarbour.optOutDigits,
          optOutPrompt: safeHarbour.optOutPrompt,
          maxMs: safeHarbour.maxMs,
        }
      : undefined,
    variables: {
      dialer_campaign: call.campaign.id,
      dialer_contact: call.contact.id,
      dialer_call: call.id,
      customer_number: call.number,
    },
  };
}

/**
 * The grace time counts from the answer, AMD included (B4); in an IVR from the key. A held agent whose telephone must
 * ring first gets the time for it.
 */
function waitUntilOf(w: DialerWorld, call: Call): number {
  const { graceMs } = w.campaignOf(call);
  const hold = call.hold === undefined ? undefined : w.holds.get(call.hold);
  if (hold && !isStandby(w, hold.queue, hold.agent)) return w.nowMs + Math.max(graceMs, heldAnswerMs);
  const fromMs = call.kind === 'ivr' ? w.nowMs : (call.answeredAtMs ?? w.nowMs);
  return Math.max(w.nowMs + offerMsMin, fromMs + graceMs);
}

const isStandby = (w: DialerWorld, queue: string, agent: string | undefined): boolean =>
  w.tick?.agents.get(queue)?.agents.some(({ id, isStandby: is }) => id === agent && is) ?? false;

export function offered(w: DialerWorld, call: Call): void {
  call.offeredAtMs ??= w.nowMs;
}

/** Two legs are joined: by our queue, by the connector's extension. */
export function connected(w: DialerWorld, call: Call, agent: string | undefined, atMs: number): void {
  if (call.bridgedAtMs !== undefined) {
    call.agent ??= agent;
    return;
  }
  answered(w, call, atMs);
  call.bridgedAtMs = momentOf(w, call, atMs);
  // a restart: the switch said only that it was answered when it was asked
  if (call.answeredAtMs !== undefined && call.answeredAtMs > call.bridgedAtMs) call.answeredAtMs = call.bridgedAtMs;
  call.agent = agent ?? call.agent;
  call.stage = 'talking';
  call.isUnknown = false;
  const tally = w.tally(call.campaign.id);
  tally.connected++;
  tally.connectedLately++;
  if (agent !== undefined) {
    holdUsed(w, call, agent);
    toldConnected(w, call, agent);
  }
  refreshDue(w, call);
  keepProgress(w, call);
}

/** A switch joins legs of a native call also for music and prompts: only one with an agent counts there. */
export function bridged(w: DialerWorld, call: Call, { agent, atMs }: Of<'call-bridged'>): void {
  if (!isPlaced(call) || call.kind === 'ivr') return;
  // a switch knows the connector's agents by their extension alone
  if (call.kind === 'agent-connector') connected(w, call, call.agent ?? agent, atMs);
  else if (agent !== undefined) connected(w, call, agent, atMs);
}

/** No agent within the time: abandoned by us, unless it is a machine (B4). The door plays the message. */
export function waitedOut(w: DialerWorld, call: Call, reason: string): void {
  if (call.bridgedAtMs !== undefined || call.waitedOutAtMs !== undefined || !isPlaced(call)) return;
  answered(w, call, w.nowMs);
  abandonedAt(w, call, w.nowMs, reason);
  if (w.campaignOf(call).safeHarbour?.audio) {
    call.stage = 'message';
    call.messageAtMs = w.nowMs;
    refreshDue(w, call);
  } else if (call.hangUpAtMs === undefined) hangUp(w, call, 'no-agent');
}

/**
 * A customer who hung up when his time for an agent was over is no `CUSTOMER_DROPPED`, also where nobody had told of that end
 * yet: his door was slow, or he never came to it and heard silence (B2, B4).
 */
export function leftAfterHisTime(w: DialerWorld, call: Call, endedAtMs: number): void {
  if (call.kind === 'agent-connector' || call.bridgedAtMs !== undefined || call.waitedOutAtMs !== undefined || isMachine(call.amd)) return;
  const overAtMs = call.kind === 'ivr' ? call.waitUntilMs : timeOverAt(w, call);
  if (overAtMs !== undefined && endedAtMs >= overAtMs) abandonedAt(w, call, overAtMs, 'nobody came in time, and the customer left');
}

/** The grace time from the answer on, however late he came to his door; longer where a held agent's telephone had to ring. */
function timeOverAt(w: DialerWorld, call: Call): number | undefined {
  const { answeredAtMs, arrivedAtMs, waitUntilMs, hold: key } = call;
  if (answeredAtMs === undefined) return undefined;
  const { graceMs } = w.campaignOf(call);
  if (arrivedAtMs !== undefined && waitUntilMs !== undefined)
    return waitUntilMs - arrivedAtMs > Math.max(graceMs, offerMsMin) ? waitUntilMs : answeredAtMs + graceMs;
  const hold = key === undefined ? undefined : w.holds.get(key);
  const isRinging = hold !== undefined && !isStandby(w, hold.queue, hold.agent);
  return answeredAtMs + (isRinging ? Math.max(graceMs, heldAnswerMs) : graceMs);
}

function abandonedAt(w: DialerWorld, call: Call, atMs: number, reason: string): void {
  call.waitedOutAtMs = atMs;
  call.waitedOutReason = reason;
  if (isMachine(call.amd)) return;
  const sinceMs = call.kind === 'ivr' ? call.offeredAtMs : call.answeredAtMs;
  w.notice({ type: 'call-abandoned', campaign: call.campaign.id, callId: call.id, waitedMs: atMs - (sinceMs ?? atMs) });
  toldAbandoned(w, call);
}

export function messagePlayed(w: DialerWorld, call: Call, ms: number): void {
  call.messageMs = Math.max(call.messageMs ?? 0, ms);
  call.messageAtMs ??= w.nowMs - ms;
}

/** On the list before the call is over (B4): stored by itself, at once. */
export function optedOut(w: DialerWorld, call: Call): void {
  if (call.optedOut) return;
  call.optedOut = true;
  const { id, client, safeHarbour } = w.campaignOf(call);
  const scope = safeHarbour?.optOutScope ?? 'campaign';
  // the campaign's also where the client's is wanted: it stays when the campaign is given to another client
  const scopes = scope === 'global' ? [''] : [`campaign:${id}`, ...(scope === 'client' && client !== '' ? [`client:${client}`] : [])];
  w.change({
    dnc: scopes.map((each) => ({
      number: call.numberKey,
      isPrefix: false,
      scope: each,
      source: `call:${call.id}`,
      reason: 'opt-out key in the message',
      fromMs: w.nowMs,
      untilMs: undefined,
    })),
    audit: [w.auditOf(`number ${call.numberKey}`, 'dnc-add', `opt-out in call ${call.id}`, { after: scopes.join(', ') || 'global' })],
  });
}
