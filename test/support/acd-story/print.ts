/** What the engine orders and says, as lines of a story. Orders stand bare, news has a star before it. */
import type { AcdEffect, Announcement, ConnectOrder, ExitOrder, RingOrder } from '../../../core/acd/effects.js';
import type { LegId, OfferId } from '../../../core/acd/ids.js';
import type { Notice } from '../../../core/acd/notices.js';
import type { Decision } from '../../../core/acd/records.js';
import { inSeconds } from './words.js';

/** Names of what was born in the story. */
export interface PrintNames {
  readonly startMs: number;
  ofOffer(id: OfferId): string;
  ofLeg(id: LegId): string;
}

type Pieces = readonly (string | false | undefined)[];
const join = (...pieces: Pieces): string => pieces.filter((piece) => piece !== false && piece !== undefined && piece !== '').join(' ');

export function effectLine(effect: AcdEffect, names: PrintNames): string {
  switch (effect.type) {
    case 'ring':
      return ringLine(effect.order, names);
    case 'cancel-ring':
      return join('cancel-ring', names.ofOffer(effect.offer), effect.reason);
    case 'connect':
      return connectLine(effect.order, names);
    case 'hang-up-leg':
      return join('hang-up-leg', names.ofLeg(effect.leg), effect.reason);
    case 'lead-on':
      return join('lead-on', effect.call.uniqueId);
    case 'music':
      return join('music', effect.member, effect.music, effect.exitKeys !== '' && `keys ${effect.exitKeys}`);
    case 'message':
      return join('message', effect.member, effect.kind, effect.file);
    case 'announce':
      return join('announce', effect.member, announcementText(effect.announcement));
    case 'exit':
      return exitLine(effect.order);
    case 'call-back':
      return join(
        'call-back',
        effect.member,
        effect.number,
        `(${names.ofLeg(effect.leg)})`,
        `${inSeconds(effect.ringMs)}s`,
        effect.confirmKey !== '' && `confirm ${effect.confirmKey}`,
      );
    case 'cancel-call-back':
      return join('cancel-call-back', effect.member, names.ofLeg(effect.leg));
    case 'check-channels':
      return join('check-channels', effect.switch);
    case 'notice':
      return `* ${noticeText(effect.notice, names)}`;
    case 'decision':
      return `? ${decisionText(effect.decision, names)}`;
  }
}

/** Seconds to ring are said when they differ from the usual 60. */
function ringLine(order: RingOrder, names: PrintNames): string {
  const name = order.callerName !== order.member.replace(/\.\d+$/, '') && `as "${order.callerName}"`;
  return join(
    'ring',
    order.agent,
    'for',
    order.member,
    `(${names.ofOffer(order.offer)})`,
    order.media === 'chat' && 'chat',
    order.standby && `standby ${order.standby.uniqueId}`,
    order.media === 'audio' && order.switch !== 'ast' && `on ${order.switch}`,
    order.contact !== `PJSIP/${order.agent}` && !order.standby && `at ${order.contact}`,
    order.ringMs !== 60_000 && `${inSeconds(order.ringMs)}s`,
    name,
    order.announcements.length > 0 && `saying ${order.announcements.join(',')}`,
    order.confirmKey !== '' && `confirm ${order.confirmKey}`,
    order.message !== undefined && `message ${order.message}`,
  );
}

const connectLine = (order: ConnectOrder, names: PrintNames): string =>
  join(
    'connect',
    order.agent,
    'and',
    order.member,
    `(${names.ofOffer(order.offer)})`,
    order.isStandby && 'standby',
    order.recordTemplate !== undefined && `record ${order.recordTemplate}`,
    !order.hangUpAfterTalk && 'then dialplan',
  );

function exitLine(order: ExitOrder): string {
  const to = order.to?.kind === 'extension' ? `to ${order.to.context},${order.to.extension}` : order.to && 'to dialplan';
  const detail = order.detail !== '' && order.detail !== order.agent && `(${order.detail})`;
  return join(
    'exit',
    order.member,
    order.reason,
    `after ${inSeconds(order.waitedMs)}s`,
    order.agent && `by ${order.agent}`,
    detail,
    to,
    order.hangUp && 'hang up',
  );
}

const announcementText = (said: Announcement): string =>
  join(
    said.sound,
    said.position !== undefined && `position ${said.position}`,
    said.ewtMinutes !== undefined && `ewt ${said.ewtMinutes}`,
    said.callbackOffer !== undefined && `offer ${said.callbackOffer}`,
  );

export function noticeText(notice: Notice, names: PrintNames): string {
  switch (notice.type) {
    case 'member-joined':
      return join(notice.member, notice.resumed ? 'resumed in' : 'joined', `${notice.queue},`, `${notice.waiting} waiting`);
    case 'member-refused':
      return join('refused', notice.queue, notice.number, notice.reason);
    case 'member-left':
      return join(
        notice.member,
        'left',
        `${notice.queue}:`,
        notice.reason,
        `after ${inSeconds(notice.waitedMs)}s,`,
        `${notice.waiting} waiting`,
      );
    case 'member-moved':
      return join(notice.member, 'moved from', notice.from, 'to', notice.to);
    case 'offer-made':
      return join(names.ofOffer(notice.offer), 'offered', notice.member, 'to', notice.agent);
    case 'offer-failed':
      return join(names.ofOffer(notice.offer), 'failed:', notice.failure, notice.detail !== '' && `(${notice.detail})`);
    case 'offer-cancelled':
      return join(names.ofOffer(notice.offer), 'cancelled:', notice.reason);
    case 'talk-started':
      return join(names.ofOffer(notice.offer), 'talk:', notice.agent, 'and', notice.member, `after ${inSeconds(notice.waitedMs)}s`);
    case 'talk-held':
      return join(names.ofOffer(notice.offer), 'held by', notice.by);
    case 'talk-resumed':
      return join(names.ofOffer(notice.offer), 'resumed by', notice.by, `after ${inSeconds(notice.heldMs)}s`);
    case 'talk-ended':
      return join(names.ofOffer(notice.offer), `over after ${inSeconds(notice.talkMs)}s`, 'by', notice.by, `(${notice.cause})`);
    case 'agent-changed':
      return agentText(notice, names);
    default:
      return rareNoticeText(notice, names);
  }
}

function agentText(notice: Extract<Notice, { type: 'agent-changed' }>, names: PrintNames): string {
  return join(
    `${notice.agent}:`,
    `${notice.status},`,
    notice.state,
    notice.pauseReason !== undefined && `(${notice.pauseReason})`,
    notice.wrapUpEndsAtMs > 0 && `wrap-up till ${inSeconds(notice.wrapUpEndsAtMs - names.startMs)}`,
    notice.chats > 0 && `chats ${notice.chats}`,
    notice.device !== 'unknown' && `device ${notice.device}`,
  );
}

type Common =
  | 'member-joined'
  | 'member-refused'
  | 'member-left'
  | 'member-moved'
  | 'offer-made'
  | 'offer-failed'
  | 'offer-cancelled'
  | 'talk-started'
  | 'talk-held'
  | 'talk-resumed'
  | 'talk-ended'
  | 'agent-changed';

function rareNoticeText(notice: Exclude<Notice, { type: Common }>, names: PrintNames): string {
  switch (notice.type) {
    case 'agent-limit-reached':
      return join(notice.agent, 'limit', notice.failure, `${notice.count}:`, notice.status);
    case 'reservation-ended':
      return join(notice.agent, 'held no more by', `${notice.by}:`, notice.reason);
    case 'pause-overdue':
      return join(notice.agent, 'break over', notice.reason, `since ${inSeconds(notice.startedAtMs - names.startMs)},`, notice.action);
    case 'callback-placed':
      return join(notice.member, 'placed a callback to', notice.number);
    case 'message-placed':
      return join(notice.member, 'message', notice.file, 'of', notice.number, 'for', notice.queue);
    case 'callback-dialled':
      return join(notice.member, 'called back, attempt', String(notice.attempt));
    case 'repaired':
      return join('repaired', notice.what, `${shownId(notice.id, names)}:`, notice.reason);
    case 'queue-changed':
      return join('queue', notice.queue, notice.change);
    case 'agent-configured':
      return join('agent', notice.agent, notice.change);
    case 'dispatching-changed':
      return join('dispatching', notice.isOn ? 'on' : 'off');
  }
}

/** Offers and legs by their names in the story, everything else as it is. */
function shownId(id: string, names: PrintNames): string {
  const leg = names.ofLeg(id as LegId);
  return leg === id ? names.ofOffer(id as OfferId) : leg;
}

export function decisionText(decision: Decision, names: PrintNames): string {
  const others = decision.others.map(({ agent, reason }) => `${agent} ${reason}`).join(', ');
  return join(
    `${decision.member}:`,
    decision.chosen ?? 'nobody',
    decision.offer && `(${names.ofOffer(decision.offer)})`,
    decision.because !== '' && `because ${decision.because}`,
    others !== '' && `not ${others}`,
    decision.unlisted > 0 && `and ${decision.unlisted} more`,
  );
}
