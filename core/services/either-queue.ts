/** Tandem's queues, and for names that Tandem does not know the switch's own (setting `switch_queues`). */
import type { Log } from '../ports.js';
import type { SwitchQueue } from './enter-queue.js';
import type { NativeQueue } from './native-queue.js';
import type { QueueRequest } from './queue-request.js';

export function createEitherQueue(native: NativeQueue, own: SwitchQueue, log: Log): SwitchQueue {
  return {
    isWide: true,
    callerName: (call) => own.callerName(call),
    failed: (code) => native.failed(code),
    async accept(call, request) {
      if (await native.knows(call, request)) await native.accept(call, request);
    },
    async enter(call, request, label) {
      if (await native.knows(call, request)) return native.enter(call, request, label);
      const lost = unknownToSwitch(request);
      if (lost.length > 0)
        log.warn({ call: call.uniqueId, queue: request.queue, values: lost }, "the switch's own queue does not know these");
      return own.enter(call, request, label);
    },
  };
}

const shared: readonly string[] = ['queue', 'callerIdPrefix', 'maxWaitS', 'priority'] satisfies (keyof QueueRequest)[];

function unknownToSwitch(request: QueueRequest): readonly string[] {
  return Object.entries(request).flatMap(([name, value]) => (value === undefined || shared.includes(name) ? [] : [name]));
}
