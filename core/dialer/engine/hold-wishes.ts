/** Contacts for agents who are held (B2): which agents may be asked for, and how campaigns share them. */
import type { Campaign } from '../campaign.js';
import type { AgentsView } from '../engine-words.js';
import { createTurns } from '../pacing/index.js';
import { heldShareMax } from './bounds.js';
import { lookAhead, needsHold, ownerOf, queueOf, readyIn } from './candidates.js';
import type { Look } from './candidates.js';
import { hopperOf } from './hoppers.js';
import type { Candidate } from './parts.js';
import { note } from './wishes.js';
import type { DialerWorld } from './world.js';

export interface Round {
  /** slots and tokens */
  readonly countMax: number;
  /** calls, claims and holds of each campaign */
  readonly inFlight: ReadonlyMap<string, number>;
}

export interface Wish {
  readonly campaign: Campaign;
  /** claimed as they are */
  claims: readonly Candidate[];
  /** an agent is held first */
  holds: readonly Candidate[];
  /** where the pace says how many of these are claimed */
  look: Look | undefined;
  /** of `claims`, by the pacer's decision */
  decisionAtMs: number | undefined;
}

/** Ready agents, inbound callers served first (B45). */
export function readyCount(view: AgentsView | undefined, isStandbyOnly: boolean): number {
  const ready = view?.agents.filter(({ state, isStandby }) => state === 'ready' && (isStandby || !isStandbyOnly)).length ?? 0;
  return Math.max(0, ready - (view?.inboundWaiting ?? 0));
}

/** What may still be held of a queue: ready, and not asked for already. */
function reservableOf(w: DialerWorld, queue: string): number {
  if ((w.reserveRests.get(queue) ?? -Infinity) > w.nowMs) return 0;
  const asked = [...w.holds.values()].filter((hold) => hold.queue === queue && !hold.isGranted).length;
  return Math.max(0, readyCount(w.tick?.agents.get(queue), false) - asked);
}

/** One contact for each agent who could be held. Of a campaign that dials ahead only what needs one, and few at a time. */
export function holdWish(w: DialerWorld, campaign: Campaign, most: number): readonly Candidate[] {
  const isHeldMode = w.tally(campaign.id).kind === 'held';
  if (!isHeldMode && !hopperOf(w, campaign.id).hasBound) return [];
  const here = w.tick?.agents.get(campaign.queue);
  if (!here) {
    if (isHeldMode) w.limit(campaign.id, 'agents', 'nothing is known of the agents');
    return [];
  }
  const countMax = isHeldMode ? most : Math.min(most, fewOf(w, campaign, here));
  const named = new Set([...w.holds.values()].flatMap(({ agent }) => agent ?? []));
  const free = new Map<string, number>();
  const look = lookAhead(w, campaign, Math.max(0, countMax), (contact) => {
    if (!isHeldMode && !needsHold(w, campaign, contact)) return undefined;
    const [queue, agent] = [queueOf(campaign, contact), ownerOf(w, campaign, contact)];
    const left = free.get(queue) ?? reservableOf(w, queue);
    free.set(queue, left);
    if (left < 1) return undefined;
    if (agent !== undefined && (named.has(agent) || !readyIn(w.tick?.agents.get(queue), agent))) return undefined;
    if (agent !== undefined) named.add(agent);
    return { queue, agent };
  });
  if (isHeldMode && look.candidates.length === 0 && (free.get(campaign.queue) ?? reservableOf(w, campaign.queue)) < 1)
    w.limit(campaign.id, 'agents', 'no agent is ready');
  else if (isHeldMode) note(w, campaign, look, countMax);
  return look.candidates;
}

function fewOf(w: DialerWorld, { id }: Campaign, view: AgentsView): number {
  const own = [...w.holds.values()].filter(({ campaign }) => campaign === id).length;
  return Math.max(1, Math.floor(readyCount(view, false) * heldShareMax)) - own;
}

/** Cuts what campaigns wish to hold to the agents there are: the one that is furthest behind its weight is next. */
export function shareHolds(w: DialerWorld, wishes: readonly Wish[], round: Round): void {
  const queues = new Set(wishes.flatMap(({ holds }) => holds.map(({ queue }) => queue)));
  const granted = new Map<Wish, Candidate[]>(wishes.map((wish) => [wish, []]));
  const named = new Set<string>();
  for (const queue of queues) {
    const wanting = wishes.map((wish) => ({ wish, left: wish.holds.filter((candidate) => candidate.queue === queue) }));
    let left = reservableOf(w, queue);
    while (left > 0) {
      const open = wanting.filter((one) => one.left.length > 0);
      if (open.length === 0) break;
      const turn = createTurns(
        open.map(({ wish }) => ({
          weight: wish.campaign.weight,
          connected: 0,
          inFlight: (round.inFlight.get(wish.campaign.id) ?? 0) + (granted.get(wish)?.length ?? 0),
          answerShare: 1,
        })),
      )(0);
      const candidate = open[turn]?.left.shift();
      const wish = open[turn]?.wish;
      if (!candidate || !wish) break;
      if (candidate.agent !== undefined && named.has(candidate.agent)) continue;
      if (candidate.agent !== undefined) named.add(candidate.agent);
      granted.get(wish)?.push(candidate);
      left--;
    }
  }
  for (const wish of wishes) wish.holds = granted.get(wish) ?? [];
}
