/**
 * Actions that wait for their answer. Each has a deadline, their number has a limit, and when the
 * connection ends every one of them is told (dependencies section 6, M5).
 */
import { TandemError } from '../core/errors.js';
import type { AmiPacket } from './ami-packet.js';
import type { Timers } from './timers.js';

export interface AmiActionOptions {
  /** time for the whole answer, ms */
  readonly timeoutMs?: number;
  /** the answer is a list: collect its events up to the closing one */
  readonly list?: boolean;
  /** the answer is complete with the event of this name that carries our ActionID */
  readonly until?: string;
}

export interface AmiAnswer {
  readonly response: AmiPacket;
  /** events with our ActionID: the items of a list without its closing event, or those up to and with `until` */
  readonly events: readonly AmiPacket[];
}

/** More items in one list answer fail the action. */
export const listItemsMax = 100_000;

interface Waiting {
  readonly action: string;
  readonly options: AmiActionOptions;
  readonly events: AmiPacket[];
  response: AmiPacket | undefined;
  closed: boolean;
  settle(outcome: AmiAnswer | TandemError): void;
}

export interface PendingActions {
  readonly size: number;
  has(id: string): boolean;
  /** `onSettled` runs once, whatever the end. Rejects TDM_BUSY at the limit. */
  wait(id: string, action: string, options: AmiActionOptions & { readonly timeoutMs: number }, onSettled: () => void): Promise<AmiAnswer>;
  /** the packet with `Response` and this id */
  respond(id: string, response: AmiPacket): void;
  /** True when the event was an item of somebody's list: an answer, not news. */
  take(event: AmiPacket): boolean;
  rejectAll(reason: TandemError): void;
}

export function createPendingActions(switchName: string, pendingMax: number, timers: Timers): PendingActions {
  const waiting = new Map<string, Waiting>();

  function settleWhenDone(entry: Waiting): void {
    const { list, until } = entry.options;
    if (!entry.response || ((list || until !== undefined) && !entry.closed)) return;
    entry.settle({ response: entry.response, events: entry.events });
  }

  return {
    get size() {
      return waiting.size;
    },
    has: (id) => waiting.has(id),
    wait(id, action, options, onSettled) {
      if (waiting.size >= pendingMax) {
        return Promise.reject(new TandemError('TDM_BUSY', [`${pendingMax} actions wait for switch "${switchName}"`]));
      }
      return new Promise((resolve, reject) => {
        const cancel = timers.after(options.timeoutMs, () =>
          entry.settle(new TandemError('TDM_SWITCH_SLOW', [switchName, action, options.timeoutMs])),
        );
        const entry: Waiting = {
          action,
          options,
          events: [],
          response: undefined,
          closed: false,
          settle(outcome) {
            cancel();
            waiting.delete(id);
            onSettled();
            if (outcome instanceof TandemError) reject(outcome);
            else resolve(outcome);
          },
        };
        waiting.set(id, entry);
      });
    },
    respond(id, response) {
      const entry = waiting.get(id);
      if (!entry) return;
      if (response.get('response')?.toLowerCase() === 'error') {
        entry.settle(new TandemError('TDM_SWITCH_REFUSED', [entry.action, response.get('message') ?? 'no reason given']));
        return;
      }
      entry.response = response;
      settleWhenDone(entry);
    },
    take(event) {
      const entry = waiting.get(event.actionId);
      if (!entry) return false;
      const { list = false, until } = entry.options;
      if (until !== undefined && event.event === until) entry.closed = true;
      if (list && closesList(event)) entry.closed = true;
      else if (list || until !== undefined) entry.events.push(event);
      if (entry.events.length > listItemsMax) entry.settle(new TandemError('TDM_BUSY', [`list of more than ${listItemsMax} items`]));
      else settleWhenDone(entry);
      return list;
    },
    rejectAll(reason) {
      for (const entry of [...waiting.values()]) entry.settle(reason);
    },
  };
}

const closesList = (event: AmiPacket) => event.event.endsWith('Complete') || /^(?:complete|cancelled)/i.test(event.get('eventlist') ?? '');
