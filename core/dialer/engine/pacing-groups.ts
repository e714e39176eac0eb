/** The pacer of each queue (docs/pacing.md): one for all campaigns that dial ahead of its agents, in seconds of our clock. */
import type { Campaign } from '../campaign.js';
import type { AgentsView, DialerAgent, HopperContact } from '../engine-words.js';
import { contactKinds, createPacer, createTurns } from '../pacing/index.js';
import type { PacedAgent, PacedCall, Pacer, PacerOptions, PacerState } from '../pacing/index.js';
import { groupCampaignsMax, inboundMemoryMs, turnsHalfMs } from './bounds.js';
import type { Call } from './call.js';
import type { Look } from './candidates.js';
import type { Candidate, PacingGroup } from './parts.js';
import { readLearned } from './learned.js';
import { freeSlots } from './slots.js';
import { callsPerSecondNow } from './switches.js';
import type { DialerWorld } from './world.js';

const seconds = (ms: number): number => ms / 1000;
const within = (n: number, [least, most]: readonly [number, number]): number => Math.min(most, Math.max(least, n));
/** A shift that nobody gave: from now on, this long. */
const shiftMs = 8 * 60 * 60_000;
/** Campaigns whose kinds are numbered; far more than share one queue at a time. */
const numberedMax = 1_000;

export function groupOf(w: DialerWorld, queue: string): PacingGroup {
  const known = w.groups.get(queue);
  if (known) return known;
  const { pacer, numbered } = readLearned(w.learnedBefore.get(`pacer:${queue}`));
  const group: PacingGroup = {
    queue,
    pacer: createPacer(),
    made: '',
    numbered,
    members: '',
    halvedAtMs: w.nowMs,
    last: undefined,
    inboundAtMs: -Infinity,
  };
  group.pacer.restore(pacer);
  w.groups.set(queue, group);
  return group;
}

/** The strictest of the campaigns steers. Which agents are enough is decided before the pacer is asked. */
function adjust(w: DialerWorld, group: PacingGroup, campaigns: readonly Campaign[]): Pacer {
  const options: PacerOptions = {
    tick: within(seconds(w.settings.cycleMs), [0.05, 60]),
    linesPerAgentMax: within(Math.min(...campaigns.map((c) => c.linesPerAgentMax)), [1, 100]),
    goalShare: within(Math.min(...campaigns.map((c) => c.abandonGoal)), [0.1, 1]),
    minPredictiveAgents: 0,
  };
  const made = JSON.stringify(options);
  if (group.made !== made) {
    const pacer = createPacer(options);
    pacer.restore(group.pacer.snapshot());
    group.pacer = pacer;
    group.made = made;
  }
  const members = campaigns.map(({ id }) => id).join(' ');
  if (group.members !== members || w.nowMs - group.halvedAtMs >= turnsHalfMs) {
    // who comes new would have all turns until it has had as many as the others
    const factor = group.members === members ? 0.5 : 0;
    for (const { id } of campaigns) w.tally(id).connectedLately *= factor;
    group.members = members;
    group.halvedAtMs = w.nowMs;
  }
  return group.pacer;
}

/** Kinds of contact are numbered apart for each campaign. */
export function bucketOf(w: DialerWorld, { id, queue }: Campaign, { traits }: HopperContact): number {
  const group = groupOf(w, queue);
  if (!group.numbered.includes(id)) group.numbered = [...group.numbered, id].slice(-numberedMax);
  const number = group.numbered.indexOf(id) % groupCampaignsMax;
  return number * contactKinds + w.tally(id).sorter.kindOf(traits);
}

export interface PacedWish {
  readonly campaign: Campaign;
  /** no longer than its own limits allow */
  readonly look: Look;
}

/** How many of each campaign's candidates are called now, by campaign; remembers the decision. */
export function decide(w: DialerWorld, queue: string, view: AgentsView, wishes: readonly PacedWish[]): ReadonlyMap<string, number> {
  const group = groupOf(w, queue);
  const campaigns = wishes.map(({ campaign }) => campaign);
  const pacer = adjust(w, group, campaigns);
  const turns = turnsOf(w, wishes);
  const calls = pacedCalls(w, queue);
  const answer = pacer.decide(stateOf(w, view, campaigns, calls, turns));
  const place = typeof answer === 'number' ? answer : answer.place;
  const decision = pacer.decisions(1)[0];
  group.last = decision;
  if (decision) w.emit({ type: 'decision', group: queue, campaigns: campaigns.map(({ id }) => id), decision });
  const counts = new Map<string, number>();
  for (let i = 0; i < place; i++) {
    const turn = turns(i);
    if (!turn) break;
    counts.set(turn.campaign.id, (counts.get(turn.campaign.id) ?? 0) + 1);
  }
  return counts;
}

type Turns = (i: number) => { readonly campaign: Campaign; readonly candidate: Candidate } | undefined;

/** Whose contact is the i-th: by weight, and without those that have none left. */
function turnsOf(w: DialerWorld, wishes: readonly PacedWish[]): Turns {
  const inFlight = new Map<string, number>();
  for (const call of w.calls.values())
    if (call.bucket !== undefined && call.bridgedAtMs === undefined)
      inFlight.set(call.campaign.id, (inFlight.get(call.campaign.id) ?? 0) + 1);
  const next = createTurns(
    wishes.map(({ campaign }) => {
      const { connectedLately, placed, answered } = w.tally(campaign.id);
      const answerShare = (answered + 3) / (placed + 10);
      return { weight: campaign.weight, connected: connectedLately, inFlight: inFlight.get(campaign.id) ?? 0, answerShare };
    }),
  );
  const order: { readonly campaign: Campaign; readonly candidate: Candidate }[] = [];
  const used = wishes.map(() => 0);
  let asked = 0;
  const candidateOf = (turn: number): Candidate | undefined => wishes[turn]?.look.find(used[turn] ?? 0);
  return (i) => {
    while (order.length <= i) {
      let turn = next(asked++);
      // one with nothing left keeps being next: then whoever has something
      if (!candidateOf(turn)) turn = wishes.findIndex((_, other) => candidateOf(other) !== undefined);
      const candidate = candidateOf(turn);
      const campaign = wishes[turn]?.campaign;
      if (!candidate || !campaign) return undefined;
      used[turn] = (used[turn] ?? 0) + 1;
      order.push({ campaign, candidate });
    }
    return order[i];
  };
}

/** Calls that wait for one of these agents, or will. Those with a held agent are not among them. */
export const pacedCalls = (w: DialerWorld, queue: string): readonly Call[] =>
  [...w.calls.values()].filter(
    (call) =>
      call.bucket !== undefined &&
      call.queue === queue &&
      call.bridgedAtMs === undefined &&
      call.waitedOutAtMs === undefined &&
      !call.isOutOfPace,
  );

const agentState = ({ state, isStandby }: DialerAgent): PacedAgent['state'] => {
  if (state === 'out') return 'out';
  if (!isStandby || state === 'paused' || state === 'reserved') return 'paused';
  return state === 'ringing' ? 'talk' : state;
};

function stateOf(w: DialerWorld, view: AgentsView, campaigns: readonly Campaign[], calls: readonly Call[], turns: Turns): PacerState {
  const agents = view.agents.map((agent) => ({ id: agent.id, state: agentState(agent), since: seconds(agent.sinceMs) }));
  const paced = calls.map(pacedCall(w));
  const counts = { ready: 0, talk: 0, wrap: 0, paused: 0, out: 0, ringing: 0, waiting: 0 };
  for (const { state } of agents) counts[state]++;
  for (const { state } of paced) counts[state]++;
  const windows = campaigns.map(({ id }) => w.tick?.windows.get(id) ?? { connected: 0, abandoned: 0 });
  const sum = (of: 'connected' | 'abandoned'): number => windows.reduce((total, window) => total + window[of], 0);
  const tallies = campaigns.map(({ id }) => w.tally(id));
  const placed = tallies.reduce((total, tally) => total + tally.placed, 0);
  const answered = tallies.reduce((total, tally) => total + tally.answered, 0);
  const inUse = counts.ringing + counts.waiting + counts.talk;
  return {
    now: seconds(w.nowMs),
    tick: seconds(w.settings.cycleMs),
    agents,
    calls: paced,
    counts,
    windows,
    totals: { placed, answered, connected: sum('connected'), abandoned: sum('abandoned'), failed: Math.max(0, placed - answered) },
    target: Math.min(...campaigns.map(({ abandonCap }) => abandonCap)),
    grace: seconds(Math.min(...campaigns.map((campaign) => graceOf(w, campaign)))),
    ringTimeout: seconds(Math.max(...campaigns.map(({ ringTimeoutMs, minRingMs }) => Math.max(ringTimeoutMs, minRingMs)))),
    minRing: seconds(Math.max(...campaigns.map(({ minRingMs }) => minRingMs))),
    shift: shiftOf(w, campaigns),
    limits: { maxLines: inUse + freeSlots(w), maxCps: callsPerSecondNow(w) },
    nextBucket: (i) => {
      const turn = turns(i);
      return turn ? bucketOf(w, turn.campaign, turn.candidate.contact) : 0;
    },
    ...inboundOf(w, view, campaigns),
  };
}

/** Left out where no inbound callers come: the pacer keeps nothing back for them then. */
function inboundOf(w: DialerWorld, view: AgentsView, campaigns: readonly Campaign[]): Pick<PacerState, 'inbound'> {
  const { inboundAtMs } = groupOf(w, view.queue);
  const reserve = Math.max(...campaigns.map(({ inboundReserve }) => inboundReserve));
  const isSeen = view.inboundWaiting > 0 || w.nowMs - inboundAtMs < inboundMemoryMs;
  return isSeen || reserve > 0 ? { inbound: { waiting: view.inboundWaiting, reserve } } : {};
}

/** B4: with AMD on, its time is part of the grace. */
function graceOf(w: DialerWorld, { id, graceMs, amd }: Campaign): number {
  if (amd.mode === 'off') return graceMs;
  const { amdMs } = w.tally(id);
  return Math.max(0, graceMs - (amdMs < 0 ? amd.maxMs : amdMs));
}

const pacedCall =
  (w: DialerWorld) =>
  (call: Call): PacedCall => ({
    id: call.id,
    state: call.wasAnswerTold ? 'waiting' : 'ringing',
    placedAt: seconds(call.placedAtMs ?? w.nowMs),
    answeredAt: call.wasAnswerTold ? seconds(call.answeredAtMs ?? w.nowMs) : null,
    bucket: call.bucket ?? 0,
  });

/** What is left of the day is the shortest of the campaigns' windows. */
function shiftOf(w: DialerWorld, campaigns: readonly Campaign[]): PacerState['shift'] {
  const shifts = campaigns.flatMap(({ id }) => w.tick?.shifts.get(id) ?? []);
  if (shifts.length === 0) return { start: seconds(w.nowMs), end: seconds(w.nowMs + shiftMs) };
  const endMs = Math.min(...shifts.map((shift) => shift.endMs));
  return {
    start: seconds(Math.max(...shifts.map((shift) => shift.startMs))),
    end: seconds(Number.isFinite(endMs) ? endMs : w.nowMs + shiftMs),
  };
}

// ---------------------------------------------------------------- what happened to the pacer's calls

const pacerOf = (w: DialerWorld, call: Call): Pacer | undefined =>
  call.bucket === undefined ? undefined : w.groups.get(call.queue)?.pacer;

export function toldPlaced(w: DialerWorld, call: Call): void {
  pacerOf(w, call)?.onEvent({ type: 'placed', t: seconds(w.nowMs), callId: call.id, bucket: call.bucket ?? 0 });
}

const ageOf = (call: Call, atMs: number): number => Math.max(0, seconds(atMs - (call.placedAtMs ?? atMs)));

/** A person, as far as anybody knows. With AMD that is known at the verdict: its time is part of the ringing, and not of the grace. */
export function toldAnswered(w: DialerWorld, call: Call): void {
  if (call.wasAnswerTold || call.isOutOfPace) return;
  call.wasAnswerTold = true;
  const atMs = w.campaignOf(call).amd.mode === 'off' ? (call.answeredAtMs ?? w.nowMs) : w.nowMs;
  pacerOf(w, call)?.onEvent({ type: 'answered', t: seconds(atMs), callId: call.id, age: ageOf(call, atMs) });
}

/** It ended without a person. */
export function toldFailed(w: DialerWorld, call: Call, cause: string): void {
  if (call.wasAnswerTold || call.isOutOfPace) return;
  call.isOutOfPace = true;
  pacerOf(w, call)?.onEvent({ type: 'failed', t: seconds(w.nowMs), callId: call.id, age: ageOf(call, w.nowMs), cause });
}

export function toldConnected(w: DialerWorld, call: Call, agentId: string): void {
  toldAnswered(w, call);
  const wait = Math.max(0, seconds(w.nowMs - (call.offeredAtMs ?? call.answeredAtMs ?? w.nowMs)));
  pacerOf(w, call)?.onEvent({ type: 'connected', t: seconds(w.nowMs), callId: call.id, agentId, wait });
}

export function toldAbandoned(w: DialerWorld, call: Call): void {
  toldAnswered(w, call);
  pacerOf(w, call)?.onEvent({ type: 'abandoned', t: seconds(w.nowMs), callId: call.id });
}

/** Talks and wrap-ups teach every pacer whose agent it is, inbound talks too. */
export function toldOfAgent(
  w: DialerWorld,
  agentId: string,
  event: { readonly type: 'talkEnd'; readonly ms: number; readonly live: boolean } | { readonly type: 'wrapEnd'; readonly ms: number },
): void {
  for (const [queue, { pacer }] of w.groups) {
    if (!w.tick?.agents.get(queue)?.agents.some(({ id }) => id === agentId)) continue;
    const { ms, ...rest } = event;
    pacer.onEvent({ ...rest, t: seconds(w.nowMs), agentId, duration: seconds(ms) });
  }
}

/** The agent of a talk that is over says by a disposition that it was a machine. */
export function toldMachine(w: DialerWorld, campaign: string): void {
  const queue = w.campaigns.get(campaign)?.queue;
  if (queue !== undefined) w.groups.get(queue)?.pacer.onEvent({ type: 'machine', t: seconds(w.nowMs) });
}

export function toldInbound(w: DialerWorld, queue: string): void {
  const group = w.groups.get(queue);
  if (!group) return;
  group.inboundAtMs = w.nowMs;
  group.pacer.onEvent({ type: 'inbound', t: seconds(w.nowMs) });
}
