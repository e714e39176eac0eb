/** Customers who are called back at their turn (B27). Who answers and presses the key comes to the door; all else is fed here. */
import type { LegId, MemberId } from '../core/acd/ids.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { CallBackOrder, Feed } from '../core/switch.js';
import type { AmiLink } from './ami.js';
import type { Timers } from './timers.js';
import { failureOf } from './switch-asterisk-outcome.js';
import { callbackOriginate, type OriginateOptions } from './switch-asterisk-originate.js';

/** Calls that are followed at a time; of older ones the next list of channels tells. */
const dialledMax = 10_000;

export interface Callbacks {
  call(order: CallBackOrder): void;
  /** the engine does not want it any more: nothing is fed */
  forget(leg: LegId): void;
  close(): void;
}

export interface CallbackDeps {
  readonly link: Pick<AmiLink, 'on' | 'originate'>;
  readonly feed: Feed;
  readonly log: Log;
  readonly options: OriginateOptions;
  readonly timers: Timers;
  /** from OriginateResponse to the other events of the leg */
  readonly factsMsMax: number;
  readonly drop: (leg: LegId) => void;
}

export function createCallbacks({ link, feed, log, options, timers, factsMsMax, drop }: CallbackDeps): Callbacks {
  const dialled = new Map<string, { readonly member: MemberId; readonly leg: LegId }>();

  /** Also after the customer came to the door: the engine does not mind then. */
  function failed(leg: string, cause: string): void {
    const order = dialled.get(leg);
    dialled.delete(leg);
    if (order) feed({ type: 'callback-failed', ...order, cause });
  }

  async function dial(order: CallBackOrder): Promise<void> {
    try {
      const { answered, reason } = await link.originate(callbackOriginate(order, options));
      if (answered) return;
      const { failure = 'unreachable' } = failureOf({ cause: undefined, techCause: undefined, dialStatus: undefined, reason }) ?? {};
      // the cause of the hang-up says more; it comes a moment before or after
      timers.after(factsMsMax, () => failed(order.leg, failure));
    } catch (error) {
      log.warn({ leg: order.leg, err: error }, 'asterisk: a caller could not be called back');
      drop(order.leg);
      failed(order.leg, error instanceof TandemError ? error.message : String(error));
    }
  }

  const stop = link.on('Hangup', (event) => {
    const leg = event.get('uniqueid') ?? '';
    if (!dialled.has(leg)) return;
    const cause = Number(event.get('cause') ?? 0);
    if (cause > 0 || event.get('channelstate') === '6')
      failed(leg, failureOf({ cause, techCause: undefined, dialStatus: undefined, reason: undefined })?.failure ?? `cause ${cause}`);
  });

  return {
    call(order) {
      const [oldest] = dialled.keys();
      if (dialled.size >= dialledMax && oldest !== undefined) dialled.delete(oldest);
      dialled.set(order.leg, { member: order.member, leg: order.leg });
      void dial(order);
    },
    forget: (leg) => void dialled.delete(leg),
    close: stop,
  };
}
