/** What the doors offer of Tandem's own queues: `queue_entry` into them, or by the queue's name into the switch's; and `agent`. */
import { createAgentLeg } from '../agi/agent-leg.js';
import { createAgiAgent } from '../agi/agent.js';
import { asteriskCaller } from '../agi/caller-facts.js';
import { createAgiDialerCall } from '../agi/dialer-call.js';
import type { AgentLegs } from '../agi/leg-ports.js';
import type { QueueEngine } from '../core/acd-ports.js';
import type { SwitchId } from '../core/acd/ids.js';
import type { Call, CallApplication } from '../core/call.js';
import type { DialerDoor } from '../core/dialer-ports.js';
import type { Log, Meter } from '../core/ports.js';
import type { AgentDeps } from '../core/services/agent-application.js';
import { createPinLockout } from '../core/services/agent-identity.js';
import type { VerifyPin } from '../core/services/agent-identity.js';
import type { Supervisors } from '../core/services/agent-spy.js';
import { createNamedPlaceOf, createPlaceOf } from '../core/services/call-place.js';
import type { After } from '../core/services/deadline.js';
import { createDialerQueue } from '../core/services/dialer-queue.js';
import type { DialerQueue } from '../core/services/dialer-queue.js';
import { createEitherQueue } from '../core/services/either-queue.js';
import type { SwitchQueue } from '../core/services/enter-queue.js';
import { createNativeQueue } from '../core/services/native-queue.js';
import type { CallerFacts, CallPlace } from '../core/services/native-queue.js';
import { createQueueMessage } from '../core/services/queue-message.js';
import { createTrackApplication } from '../core/services/track-application.js';
import type { TrackedCalls } from '../core/services/tracked-calls.js';
import type { SwitchPort } from '../core/switch.js';
import { createEslAgent } from '../esl-outbound/agent.js';
import { freeswitchCaller } from '../esl-outbound/caller-facts.js';
import { createEslDialerCall } from '../esl-outbound/dialer-call.js';

/** By the switch's name in the settings, in their order; empty: none of this kind, and its door keeps the switch's queues. */
export type Places = ReadonlyMap<string, CallPlace>;

export interface AcdDoors {
  readonly engine: QueueEngine;
  readonly asterisk: Places;
  readonly freeswitch: Places;
  /** an id that nobody has used, e.g. a UUID */
  newId(): string;
  /** setting `switch_queues`: a queue that the engine does not know is the switch's */
  readonly switchQueues: boolean;
  /** callers' messages lie in it */
  readonly messageFolder: string;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  /** agents' legs of an Asterisk; undefined: no such link */
  readonly legsOf: (id: SwitchId) => AgentLegs | undefined;
  /** of agents' PINs as they are stored */
  readonly verifyPin: VerifyPin;
  readonly supervisors: Supervisors;
}

interface Both<T> {
  readonly asterisk: T;
  readonly freeswitch: T;
}

interface Tools {
  readonly log: Log;
  readonly nowMs: () => number;
  readonly after: After;
  readonly meter: Meter;
}

export function doorQueues(acd: AcdDoors | undefined, own: Both<SwitchQueue>, tools: Tools): Both<SwitchQueue> {
  if (acd === undefined) return own;
  const queuesOf = (places: Places, findPlace: typeof createPlaceOf, facts: CallerFacts, ownQueue: SwitchQueue): SwitchQueue => {
    if (places.size === 0) return ownQueue;
    const native = createNativeQueue({ ...tools, engine: acd.engine, facts, placeOf: findPlace(places), newId: () => acd.newId() });
    return acd.switchQueues ? createEitherQueue(native, ownQueue, tools.log) : native;
  };
  return {
    asterisk: queuesOf(acd.asterisk, createPlaceOf, asteriskCaller, own.asterisk),
    freeswitch: queuesOf(acd.freeswitch, createNamedPlaceOf, freeswitchCaller, own.freeswitch),
  };
}

/** The application `agent` of each door that has a switch. */
export function doorAgents(acd: AcdDoors | undefined, tools: Tools): Partial<Both<CallApplication>> {
  if (acd === undefined) return {};
  // one for both doors: a PIN is guessed once, not once for each switch
  const lockout = createPinLockout();
  const depsOf = (places: Places): AgentDeps => {
    const placeOf = createPlaceOf(places);
    const { engine, ports, verifyPin, supervisors } = acd;
    const switchOf: AgentDeps['switchOf'] = async (call) => (await placeOf(call)).switch;
    return { ...tools, engine, ports, verifyPin, supervisors, lockout, switchOf, newId: () => acd.newId() };
  };
  return {
    ...(acd.asterisk.size > 0 && { asterisk: createAgiAgent(depsOf(acd.asterisk)) }),
    ...(acd.freeswitch.size > 0 && { freeswitch: createEslAgent(depsOf(acd.freeswitch)) }),
  };
}

/** Tandem's own queues for answered calls of campaigns (`dialer_call`), of each door that has a switch. */
export function doorDialerQueues(acd: AcdDoors | undefined, tools: Tools): Partial<Both<DialerQueue>> {
  if (acd === undefined) return {};
  const of = (places: Places, findPlace: typeof createPlaceOf): DialerQueue =>
    createDialerQueue({ ...tools, engine: acd.engine, placeOf: findPlace(places), newId: () => acd.newId() });
  return {
    ...(acd.asterisk.size > 0 && { asterisk: of(acd.asterisk, createPlaceOf) }),
    ...(acd.freeswitch.size > 0 && { freeswitch: of(acd.freeswitch, createNamedPlaceOf) }),
  };
}

/** The application `dialer_call` of each door that has a switch. */
export function doorDialerCalls(acd: AcdDoors | undefined, dialer: DialerDoor | undefined, tools: Tools): Partial<Both<CallApplication>> {
  if (dialer === undefined) return {};
  const { asterisk, freeswitch } = doorDialerQueues(acd, tools);
  return {
    ...(asterisk && { asterisk: createAgiDialerCall({ ...tools, door: dialer, queue: asterisk }) }),
    ...(freeswitch && { freeswitch: createEslDialerCall({ ...tools, door: dialer, queue: freeswitch }) }),
  };
}

/** The application `queue_message` of each door that has a switch. */
export function doorMessages(acd: AcdDoors | undefined, tools: Tools): Partial<Both<CallApplication>> {
  if (acd === undefined) return {};
  const of = (places: Places): CallApplication => {
    const placeOf = createPlaceOf(places);
    const switchOf = async (call: Call): Promise<SwitchId> => (await placeOf(call)).switch;
    return createQueueMessage({ ...tools, engine: acd.engine, folder: acd.messageFolder, switchOf, newId: () => acd.newId() });
  };
  return {
    ...(acd.asterisk.size > 0 && { asterisk: of(acd.asterisk) }),
    ...(acd.freeswitch.size > 0 && { freeswitch: of(acd.freeswitch) }),
  };
}

/** The application `callcenter_track` of each door that has a switch. */
export function doorTracks(acd: AcdDoors | undefined, tracked: TrackedCalls | undefined, { log }: Tools): Partial<Both<CallApplication>> {
  if (acd === undefined || tracked === undefined) return {};
  const of = (places: Places): CallApplication => {
    const placeOf = createPlaceOf(places);
    return createTrackApplication({ engine: acd.engine, tracked, switchOf: async (call) => (await placeOf(call)).switch, log });
  };
  return {
    ...(acd.asterisk.size > 0 && { asterisk: of(acd.asterisk) }),
    ...(acd.freeswitch.size > 0 && { freeswitch: of(acd.freeswitch) }),
  };
}

/** Asterisk's agents come to the door by themselves when they answer; FreeSWITCH's do not need to. */
export function doorAgentLeg(acd: AcdDoors | undefined, tools: Tools): CallApplication | undefined {
  return acd && acd.asterisk.size > 0 ? createAgentLeg({ ...tools, engine: acd.engine, legsOf: acd.legsOf }) : undefined;
}
