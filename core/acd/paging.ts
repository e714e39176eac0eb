/** Pages of the waiting members of a queue, in their order, without sorting those who are on other pages. */
import type { AcdState } from './acd-state.js';
import { memberId, type QueueId } from './ids.js';
import { byMemberKey, compareText, memberKey, type MemberKey } from './order.js';
import type { Member } from './state.js';

/** Most entries of one answer, and how many when nothing is said. */
export const pageMax = 200;
export const pageDefault = 100;

export interface Page<T> {
  readonly items: readonly T[];
  /** entries over all pages */
  readonly total: number;
  /** for the page after this one; undefined on the last */
  readonly next: string | undefined;
}

export interface PageWish {
  /** `next` of the page before */
  readonly after?: string | undefined;
  /** at most `pageMax` */
  readonly limit?: number | undefined;
}

const limitOf = ({ limit = pageDefault }: PageWish): number => Math.max(1, Math.min(pageMax, Math.floor(limit)));

export interface WaitingPage extends Page<Member> {
  /** position of the first member of the page; 1 = next to be served */
  readonly firstPosition: number;
}

/** One pass over the queue: what comes after the cursor is kept in a list of `limit` entries. */
export function pageOfWaiting(state: AcdState, queue: QueueId, wish: PageWish): WaitingPage {
  const limit = limitOf(wish);
  const cursor = wish.after === undefined ? undefined : keyOfCursor(wish.after);
  const ids = state.membersOfQueue(queue);
  const page: MemberKey[] = [];
  let [before, behind] = [0, 0];
  for (const id of ids) {
    const member = state.members.get(id);
    if (!member) continue;
    const key = memberKey(member, state);
    if (cursor && byMemberKey(key, cursor) <= 0) before++;
    else {
      behind++;
      insert(page, key, limit, byMemberKey);
    }
  }
  const last = page.at(-1);
  return {
    items: page.flatMap(({ id }) => state.members.get(id) ?? []),
    total: ids.size,
    firstPosition: before + 1,
    next: last && behind > page.length ? cursorOf(last) : undefined,
  };
}

/** Puts `item` into a list of the `limit` smallest, in order. */
function insert<T>(list: T[], item: T, limit: number, compare: (a: T, b: T) => number): void {
  const last = list.at(-1);
  if (list.length === limit && last !== undefined && compare(item, last) >= 0) return;
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(list[middle] ?? item, item) < 0) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, item);
  if (list.length > limit) list.pop();
}

/** 1 = next to be served; undefined for one that does not wait. */
export function positionOf(state: AcdState, member: Member): number | undefined {
  const ids = state.membersOfQueue(member.queue);
  if (!ids.has(member.id)) return undefined;
  const own = memberKey(member, state);
  let position = 1;
  for (const id of ids) {
    const other = state.members.get(id);
    if (other && byMemberKey(memberKey(other, state), own) < 0) position++;
  }
  return position;
}

const cursorOf = ({ strict, rank, serial, id }: MemberKey): string => [strict, rank, serial, id].join('_');

export const cursorPattern = /^-?[\d.]{1,24}_-?[\d.]{1,24}_\d{1,16}_[\w.:-]{1,100}$/;

function keyOfCursor(text: string): MemberKey {
  const [strict = '', rank = '', serial = '', ...id] = text.split('_');
  return { strict: Number(strict), rank: Number(rank), serial: Number(serial), id: memberId(id.join('_')) };
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => compareText(a.id, b.id);

/** A page of things in the order of their ids; the cursor is the id of the last one. */
export function pageById<T extends { readonly id: string }>(all: Iterable<T>, wish: PageWish): Page<T> {
  const limit = limitOf(wish);
  const items: T[] = [];
  let [total, behind] = [0, 0];
  for (const item of all) {
    total++;
    if (wish.after !== undefined && item.id <= wish.after) continue;
    behind++;
    insert(items, item, limit, byId);
  }
  return { items, total, next: behind > items.length ? items.at(-1)?.id : undefined };
}
