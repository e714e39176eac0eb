/** Members and their offers for people and programs. */
import type { AcdState } from './acd-state.js';
import type { QueueId } from './ids.js';
import { memberStateOf, opensipsCallStateOf } from './member-state.js';
import { pageById, pageOfWaiting, type Page, type PageWish } from './paging.js';
import type { Member, Offer } from './state.js';

export interface MemberView {
  readonly id: string;
  readonly queue: string;
  /** 1 = next; undefined when it does not wait */
  readonly position: number | undefined;
  readonly media: string;
  readonly number: string;
  readonly name: string;
  readonly phase: string;
  readonly presence: string;
  /** mod_callcenter's word, OpenSIPS's word */
  readonly state: string;
  readonly opensipsState: string;
  readonly joinedAtMs: number;
  readonly waitedMs: number;
  /** mod_callcenter's score: seconds of waiting and base score */
  readonly score: number;
  readonly baseScoreS: number;
  readonly priority: number;
  readonly skills: readonly { readonly skill: string; readonly level: number; readonly required: boolean }[];
  /** who is rung for this member now, or talks */
  readonly offers: readonly OfferView[];
  readonly rejections: number;
  /** 0 = never */
  readonly giveUpAtMs: number;
  readonly ewtAtJoinMs: number | undefined;
  readonly callback: CallbackView | undefined;
  /** file of a message that a caller has left (B51) */
  readonly message: string | undefined;
  readonly switch: string | undefined;
  readonly uniqueId: string | undefined;
  readonly leadId: number | undefined;
  readonly param: string;
  /** `dialer`: an answered call of a campaign; undefined: a caller */
  readonly origin: string | undefined;
}

export interface OfferView {
  readonly id: string;
  readonly agent: string;
  readonly member: string;
  readonly queue: string;
  readonly media: string;
  readonly phase: string;
  readonly startedAtMs: number;
  /** of a talk; undefined before */
  readonly connectedAtMs: number | undefined;
}

export interface CallbackView {
  readonly number: string;
  readonly attempts: number;
  readonly step: string;
  readonly expiresAtMs: number;
}

/** `position` as worked out by a page; it costs a pass over the queue to find it for one member, see `positionOf`. */
export function memberView(state: AcdState, member: Member, nowMs: number, position: number | undefined): MemberView {
  const offers = offersOf(state, member);
  const { presence, call } = member;
  return {
    id: member.id,
    queue: member.queue,
    position,
    media: member.media,
    number: member.number,
    name: member.name,
    phase: member.phase.kind,
    presence: presence.kind,
    state: memberStateOf(member),
    opensipsState: opensipsCallStateOf(member, offers[0]),
    joinedAtMs: member.joinedAtMs,
    waitedMs: Math.max(0, nowMs - member.joinedAtMs),
    score: Math.floor((nowMs - member.joinedAtMs) / 1000) + member.baseScoreS,
    baseScoreS: member.baseScoreS,
    priority: member.priority,
    skills: member.needs.map(({ skill, levelMin, isRequired }) => ({ skill, level: levelMin, required: isRequired })),
    offers: offers.map(offerView),
    rejections: member.rejections,
    giveUpAtMs: member.giveUpAtMs,
    ewtAtJoinMs: member.ewtAtJoinMs,
    callback:
      presence.kind === 'callback'
        ? { number: presence.number, attempts: presence.attempts, step: presence.step.kind, expiresAtMs: presence.expiresAtMs }
        : undefined,
    message: presence.kind === 'message' ? presence.file : undefined,
    switch: call?.switch ?? (presence.kind === 'message' ? member.homeSwitch : undefined),
    uniqueId: call?.uniqueId,
    leadId: member.leadId,
    param: member.param,
    origin: member.origin,
  };
}

function offersOf(state: AcdState, member: Member): Offer[] {
  const ids = member.phase.kind === 'talking' ? [member.phase.offer] : member.offers;
  return ids.flatMap((id) => state.offers.get(id) ?? []);
}

export const offerView = (offer: Offer): OfferView => ({
  id: offer.id,
  agent: offer.agent,
  member: offer.member,
  queue: offer.queue,
  media: offer.media,
  phase: offer.phase.kind,
  startedAtMs: offer.startedAtMs,
  connectedAtMs: offer.phase.kind === 'talking' ? offer.phase.connectedAtMs : undefined,
});

/** Waiting members of a queue in the order in which they are served. */
export function waitingView(state: AcdState, queue: QueueId, wish: PageWish, nowMs: number): Page<MemberView> {
  const page = pageOfWaiting(state, queue, wish);
  const items = page.items.map((member, i) => memberView(state, member, nowMs, page.firstPosition + i));
  return { items, total: page.total, next: page.next };
}

type OpenView = (state: AcdState, queue: QueueId | undefined, wish: PageWish, nowMs: number) => Page<MemberView>;
/** Open callbacks of all queues, or of one; by id. */
export const callbacksView: OpenView = (...of) => openView('callback', ...of);
/** Messages that no agent has heard yet; by id. */
export const messagesView: OpenView = (...of) => openView('message', ...of);

function openView(kind: 'callback' | 'message', ...[state, queue, wish, nowMs]: Parameters<OpenView>): Page<MemberView> {
  const page = pageById<Member>(openOf(state, kind, queue), wish);
  return { ...page, items: page.items.map((member) => memberView(state, member, nowMs, undefined)) };
}

function* openOf(state: AcdState, kind: 'callback' | 'message', queue: QueueId | undefined): Generator<Member> {
  for (const member of state.members.values())
    if (member.presence.kind === kind && member.phase.kind !== 'abandoned' && (queue === undefined || member.queue === queue)) yield member;
}
