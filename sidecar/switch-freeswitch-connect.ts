/** Caller and agent are joined by `uuid_bridge`: both leave what they do now. That it was done is told by an event. */
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import { freeswitchContact } from '../core/dial-string-freeswitch.js';
import { checkName } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { Feed } from '../core/switch.js';
import { refusalOf } from '../esl-outbound/connection.js';
import type { EslLink } from './esl.js';
import type { FreeswitchCommands } from './switch-freeswitch-commands.js';
import type { Leg, LegBook } from './switch-freeswitch-legs.js';
import type { LegNews } from './switch-freeswitch-news.js';
import { phoneName } from './switch-freeswitch-ring.js';
import type { Timers } from './timers.js';

export interface ConnectDeps {
  readonly link: EslLink;
  readonly feed: Feed;
  readonly log: Log;
  readonly timers: Timers;
  readonly book: LegBook;
  readonly news: LegNews;
}

/** Never rejects. `bridgeMsMax`: from the order until the news. */
export async function connectLeg(order: ConnectOrder, deps: ConnectDeps, bridgeMsMax: number): Promise<void> {
  const leg = deps.book.get(order.leg);
  const failed = (detail: string): void => notConnected(order, deps, detail);
  try {
    const ids = [order.call.uniqueId, leg?.channel ?? order.leg].map((uuid) => checkName('uuid', uuid));
    const refusal = refusalOf(await deps.link.api(`uuid_bridge ${ids.join(' ')}`));
    if (refusal !== undefined) failed(refusal.trim());
    else if (leg && leg.phase !== 'talking') leg.stopTimer = deps.timers.after(bridgeMsMax, () => failed('not bridged in time'));
  } catch (error) {
    failed(error instanceof TandemError ? error.message : String(error));
  }
}

/** One of the two has gone, which is told by itself too; the leg does not stay. */
function notConnected(order: ConnectOrder, { book, news, feed, log }: ConnectDeps, detail: string): void {
  const leg = book.get(order.leg);
  if (leg?.phase === 'talking') return;
  log.warn({ leg: order.leg, call: order.call.uniqueId, detail }, 'queue: caller and agent were not connected');
  if (leg) news.fail(leg, 'switch-failed', detail, 'ORIGINATOR_CANCEL');
  else feed({ type: 'offer-failed', offer: order.offer, failure: 'switch-failed', detail });
}

/** The caller's telephone shows who talks to him. */
export function showAgent({ start: { order, caller } }: Leg, commands: FreeswitchCommands, domain: string): void {
  if (!order || caller === '') return;
  const name = phoneName(order.agentName);
  if (name !== '') commands.tryApi(`uuid_display ${caller} ${name}|${numberOf(order, domain)}`);
}

function numberOf(order: RingOrder, domain: string): string {
  if (order.standby) return order.agent.replace(/[^A-Za-z0-9_.+*#-]/g, '');
  return freeswitchContact(order.contactFreeswitch ?? order.contact, domain).number;
}
