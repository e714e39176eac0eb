/** The callers' sessions by member, and orders for callers whose session is not there yet. */
import type { AcdEffect } from '../acd/effects.js';
import type { MemberId } from '../acd/ids.js';
import type { MemberSession } from '../switch.js';

export type SessionOrder = Extract<AcdEffect, { type: 'music' | 'message' | 'announce' | 'exit' }>;

export interface AcdSessions {
  /** Orders that came before are given at once, in their order. The result ends it; a later session of the member stays. */
  attach(member: MemberId, session: MemberSession): () => void;
  of(member: MemberId): MemberSession | undefined;
  order(order: SessionOrder): void;
  /** all that are attached now, then none */
  takeAll(): readonly (readonly [MemberId, MemberSession])[];
}

/** Members for whom orders are kept; the oldest are forgotten. */
export const keptMembersMax = 5_000;

export function createAcdSessions(): AcdSessions {
  const attached = new Map<MemberId, MemberSession>();
  const kept = new Map<MemberId, Map<string, SessionOrder>>();

  function keep(member: MemberId, order: SessionOrder): void {
    if (order.type === 'announce') return; // said to whoever waits now, of no use later
    const orders = order.type === 'exit' ? new Map<string, SessionOrder>() : (kept.get(member) ?? new Map<string, SessionOrder>());
    orders.delete(order.type); // the newest of each kind, in the order of arrival
    orders.set(order.type, order);
    kept.delete(member);
    kept.set(member, orders);
    const [oldest] = kept.keys();
    if (kept.size > keptMembersMax && oldest !== undefined) kept.delete(oldest);
  }

  return {
    attach(member, session) {
      attached.set(member, session);
      const orders = kept.get(member);
      kept.delete(member);
      for (const order of orders?.values() ?? []) give(session, order);
      return () => {
        if (attached.get(member) === session) attached.delete(member);
      };
    },
    of: (member) => attached.get(member),
    order(order) {
      const member = order.type === 'exit' ? order.order.member : order.member;
      const session = attached.get(member);
      if (session) give(session, order);
      else keep(member, order);
    },
    takeAll() {
      const all = [...attached];
      attached.clear();
      kept.clear();
      return all;
    },
  };
}

function give(session: MemberSession, order: SessionOrder): void {
  switch (order.type) {
    case 'music':
      session.music(order.music, order.exitKeys);
      break;
    case 'message':
      session.message(order.file);
      break;
    case 'announce':
      session.announce(order.announcement);
      break;
    case 'exit':
      session.exit(order.order);
      break;
  }
}
