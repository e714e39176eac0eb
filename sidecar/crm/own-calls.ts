/**
 * Calls that Tandem itself orders, told to the call journal before the switch tells of them: who waits in which of
 * the own queues, whom they ring for whom, which customer they call back, which contact the dialer calls. So each is one call,
 * with the right queue, agent and origin.
 */
import { memberId, type CallKey, type OfferId } from '../../core/acd/ids.js';
import type { Notice } from '../../core/acd/notices.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import { asteriskChannelId } from '../../core/dialer/dial-strings.js';
import type { OriginateOrder } from '../../core/dialer/engine-words.js';
import type { JournalEvent, JournalFact } from '../../core/journal/events.js';
import type { Roles } from '../../core/journal/roles.js';

export interface OwnCallsDeps {
  readonly engine: Pick<QueueEngine, 'onNotice' | 'orderOf' | 'view' | 'isOwner'>;
  /** the queues are another process's from now on: what becomes of the offers is told there */
  readonly onLost: (listener: () => void) => void;
  /** calls that the dialer orders, just before the switch is told; undefined: no dialer here */
  readonly onOriginate: ((listener: (order: OriginateOrder) => void) => () => void) | undefined;
  readonly isAsterisk: (switchName: string) => boolean;
  readonly roles: Roles;
  readonly nowMs: () => number;
  readonly tell: (event: JournalEvent) => void;
}

/** Offers to agents who stay on the line; their number is that of these agents. */
const standbyMax = 10_000;

/** Tells until the result is called. */
export function tellOwnCalls(deps: OwnCallsDeps): () => void {
  const { engine, onLost, onOriginate, isAsterisk, roles, nowMs } = deps;
  /** channel of the agent who stays on the line, by the offer that was made to him */
  const onLine = new Map<OfferId, { readonly at: string; readonly leg: string }>();
  const tell = (at: string, fact: JournalFact): void => deps.tell({ switch: at, atMs: nowMs(), ...fact });

  function queued(call: CallKey | undefined, queue: string): void {
    if (call) tell(call.switch, { type: 'caller-queued', uniqueId: call.uniqueId, queue });
  }

  function offered({ offer, queue, agent }: Extract<Notice, { type: 'offer-made' }>): void {
    const order = engine.orderOf(offer);
    if (!order?.call) return;
    const { switch: at, uniqueId: to } = order.call;
    const leg = order.standby?.uniqueId ?? order.leg;
    if (order.standby && onLine.size < standbyMax) onLine.set(offer, { at, leg });
    const [name = ''] = agent.split('@');
    const extension = roles.hasExtension(name) ? name : undefined;
    tell(at, { type: 'leg-tied', leg, to, queue, agent, extension, lead: order.leadId });
  }

  function over(offer: OfferId): void {
    const line = onLine.get(offer);
    onLine.delete(offer);
    if (line) tell(line.at, { type: 'leg-untied', leg: line.leg });
  }

  function calledBack(member: string): void {
    const found = engine.isOwner() ? engine.view().members.get(memberId(member)) : undefined;
    if (found?.presence.kind !== 'callback' || found.presence.step.kind !== 'dialling' || found.homeSwitch === undefined) return;
    tell(found.homeSwitch, {
      type: 'announced',
      uniqueId: found.presence.step.leg,
      origin: 'callback',
      binding: '',
      number: found.presence.number,
    });
  }

  onLost(() => onLine.clear());
  const stops = [
    engine.onNotice((notice) => {
      if (notice.type === 'offer-made') offered(notice);
      else if (notice.type === 'member-joined') queued(notice.caller.call, notice.queue);
      else if (notice.type === 'member-moved') queued(notice.caller.call, notice.to);
      else if (notice.type === 'talk-ended' || notice.type === 'offer-failed' || notice.type === 'offer-cancelled') over(notice.offer);
      else if (notice.type === 'callback-dialled') calledBack(notice.member);
    }),
    onOriginate?.(({ callId, switch: at, number, campaignId: campaign, contactId: contact }) => {
      const uniqueId = isAsterisk(at) ? asteriskChannelId(callId) : callId;
      tell(at, { type: 'announced', uniqueId, origin: 'dialer', binding: '', number, campaign, contact });
    }),
  ];
  return () => {
    for (const stop of stops) stop?.();
  };
}
