/** Which queues the doors lead to: Tandem's own, the switch's, or by the queue's name one or the other. */
import { asteriskCaller } from '../agi/caller-facts.js';
import type { QueueEngine } from '../core/acd-ports.js';
import type { Log } from '../core/ports.js';
import { createPlaceOf } from '../core/services/call-place.js';
import type { After } from '../core/services/deadline.js';
import { createEitherQueue } from '../core/services/either-queue.js';
import type { SwitchQueue } from '../core/services/enter-queue.js';
import { createNativeQueue } from '../core/services/native-queue.js';
import type { CallerFacts, CallPlace } from '../core/services/native-queue.js';
import { freeswitchCaller } from '../esl-outbound/caller-facts.js';

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
}

interface Both<T> {
  readonly asterisk: T;
  readonly freeswitch: T;
}

interface Tools {
  readonly log: Log;
  readonly nowMs: () => number;
  readonly after: After;
}

export function doorQueues(acd: AcdDoors | undefined, own: Both<SwitchQueue>, tools: Tools): Both<SwitchQueue> {
  if (acd === undefined) return own;
  const queuesOf = (places: Places, facts: CallerFacts, ownQueue: SwitchQueue): SwitchQueue => {
    if (places.size === 0) return ownQueue;
    const native = createNativeQueue({ ...tools, engine: acd.engine, facts, placeOf: createPlaceOf(places), newId: () => acd.newId() });
    return acd.switchQueues ? createEitherQueue(native, ownQueue, tools.log) : native;
  };
  return {
    asterisk: queuesOf(acd.asterisk, asteriskCaller, own.asterisk),
    freeswitch: queuesOf(acd.freeswitch, freeswitchCaller, own.freeswitch),
  };
}
