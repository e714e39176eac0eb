/** The engine's orders, each to the one who carries it out. None throws; what cannot be done comes back as an event. */
import type { AcdEffect, ConnectOrder, RingOrder } from '../acd/effects.js';
import type { LegId, OfferId, SwitchId } from '../acd/ids.js';
import type { Notice } from '../acd/notices.js';
import type { CancelReason } from '../acd/words.js';
import type { Log, Meter } from '../ports.js';
import type { ChatPort, Feed, MemberSession, SwitchPort } from '../switch.js';
import type { AcdBoard } from './acd-board.js';
import type { TimedEffect } from './acd-pending.js';
import type { AcdSessions } from './acd-sessions.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';

export interface AcdOrdersDeps {
  /** by name; may be filled later */
  readonly switches: ReadonlyMap<SwitchId, SwitchPort>;
  readonly chat: ChatPort | undefined;
  readonly sessions: AcdSessions;
  readonly board: AcdBoard;
  /** chats that rang already when this began */
  readonly chatOffers: Iterable<OfferId>;
  readonly decisionsMax: () => number;
  /** something is late on this switch: its live channels are to be listed now */
  readonly askChannels: (id: SwitchId) => void;
  readonly feed: Feed;
  /** the offer is still there to be connected */
  readonly isWanted: (offer: OfferId) => boolean;
  readonly after: After;
  readonly log: Log;
  readonly meter: Meter;
}

/** The caller's variables must be there in time; the two are connected in any case. */
export const prepareMsMax = 1_500;
/** Chats that ring are remembered by their offer; the oldest are forgotten. */
const chatOffersMax = 50_000;

export function createAcdOrders(deps: AcdOrdersDeps): (effects: readonly TimedEffect[]) => void {
  const { switches, chat, sessions, board, feed, log, meter } = deps;
  const chats = new Set<OfferId>(deps.chatOffers);

  function ring(order: RingOrder): void {
    const port = order.media === 'chat' ? chat && rememberChat(order.offer, chat) : upSwitch(order.switch);
    if (typeof port === 'object') port.ring(order);
    else feed({ type: 'offer-failed', offer: order.offer, failure: 'switch-failed', detail: port ?? 'chats are not served here' });
  }

  function rememberChat(offer: OfferId, port: ChatPort): ChatPort {
    const [oldest] = chats;
    if (chats.size >= chatOffersMax && oldest !== undefined) chats.delete(oldest);
    chats.add(offer);
    return port;
  }

  /** The switch, or why it cannot be used. */
  function upSwitch(id: SwitchId): SwitchPort | string {
    const port = switches.get(id);
    if (!port) return `no link to a switch "${id}"`;
    return port.isUp() ? port : `the link to switch "${id}" is down`;
  }

  /** Also to a switch that is down: it hangs up when it is back, or the list of channels will tell. */
  function cancel(on: SwitchId, leg: LegId, reason: CancelReason): void {
    const port = switches.get(on);
    if (port) port.cancel(leg, reason);
    else log.warn({ switch: on, leg }, 'a leg cannot be hung up: no link to its switch');
  }

  function connect(order: ConnectOrder): void {
    const session = sessions.of(order.member);
    if (!session) join(order);
    else
      void prepared(session, order).then(() => {
        if (deps.isWanted(order.offer)) join(order);
      });
  }

  async function prepared(session: MemberSession, order: ConnectOrder): Promise<void> {
    try {
      await withDeadline(deps.after, prepareMsMax, never, () => session.prepare(order));
    } catch (error) {
      log.warn({ error, member: order.member, offer: order.offer }, 'variables of a caller could not be set before the connection');
    }
  }

  /** Also on a switch whose link is down: the sessions on the two legs may do without it. */
  function join(order: ConnectOrder): void {
    const port = switches.get(order.switch);
    if (port) guarded('connect', () => port.connect(order));
    else feed({ type: 'offer-failed', offer: order.offer, failure: 'switch-failed', detail: `no link to a switch "${order.switch}"` });
  }

  function callBack({ type, ...order }: Extract<AcdEffect, { type: 'call-back' }>): void {
    const port = upSwitch(order.switch);
    if (typeof port === 'string') feed({ type: 'callback-failed', member: order.member, leg: order.leg, cause: `${type}: ${port}` });
    else port.callBack(order);
  }

  /** An accepted chat has begun: there are no channels to join, so the news is the order. */
  function startChat(notice: Notice): void {
    if (notice.type === 'talk-started' && chats.delete(notice.offer)) chat?.connect(notice);
  }

  function cancelRing(effect: Extract<AcdEffect, { type: 'cancel-ring' }>): void {
    if (chats.delete(effect.offer)) chat?.cancel(effect.offer, effect.reason);
    else cancel(effect.switch, effect.leg, effect.reason);
  }

  function perform({ effect, atMs }: TimedEffect): void {
    switch (effect.type) {
      case 'ring':
        ring(effect.order);
        break;
      case 'cancel-ring':
        cancelRing(effect);
        break;
      case 'connect':
        connect(effect.order);
        break;
      case 'hang-up-leg':
        cancel(effect.switch, effect.leg, effect.reason);
        break;
      case 'lead-on':
        switches.get(effect.call.switch)?.leadOn(effect.call);
        break;
      case 'music':
      case 'message':
      case 'announce':
      case 'exit':
        sessions.order(effect);
        break;
      case 'call-back':
        callBack(effect);
        break;
      case 'cancel-call-back':
        cancel(effect.switch, effect.leg, 'taken-back');
        break;
      case 'check-channels':
        deps.askChannels(effect.switch);
        break;
      case 'notice':
        startChat(effect.notice);
        board.tell(effect.notice, atMs);
        break;
      case 'decision':
        board.record(effect.decision, deps.decisionsMax());
        break;
      default:
        effect satisfies never;
    }
  }

  /** An adapter that throws must not take the orders behind it with it. */
  function guarded(type: AcdEffect['type'], work: () => void): void {
    try {
      work();
    } catch (error) {
      meter.count('tandem_acd_order_failures_total', { type });
      log.error({ error, order: type }, 'an order of the queue engine could not be given');
    }
  }

  return (effects) => {
    for (const timed of effects) {
      const { type } = timed.effect;
      guarded(type, () => {
        meter.count('tandem_acd_orders_total', { type });
        perform(timed);
      });
    }
  };
}

const never = new AbortController().signal;
