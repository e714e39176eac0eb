/** What each campaign would do with slots now, by how it is dialled (B2), and which limit it meets. */
import type { Sharer } from '../allocation.js';
import type { Campaign } from '../campaign.js';
import type { AgentsView, HopperContact } from '../engine-words.js';
import { lagMsMax } from './bounds.js';
import { Look, lookAhead, needsHold, queueOf } from './candidates.js';
import { claim } from './claims.js';
import { requestsAllowed } from './connector.js';
import type { PaceLimit } from './engine-types.js';
import { askHold } from './holds.js';
import { holdWish, readyCount } from './hold-wishes.js';
import { callKindOf, isByContact } from './modes.js';
import type { Round, Wish } from './hold-wishes.js';
import { hopperOf } from './hoppers.js';
import { decide, groupOf, pacedCalls } from './pacing-groups.js';
import type { PacedWish } from './pacing-groups.js';
import type { Candidate } from './parts.js';
import type { DialerWorld } from './world.js';

/** By its own limit of slots (A6 addition). */
function ownMost(campaign: Campaign, round: Round): number {
  const own = campaign.slotsMax > 0 ? campaign.slotsMax - (round.inFlight.get(campaign.id) ?? 0) : Infinity;
  return Math.max(0, Math.min(round.countMax, own));
}

const anyone = (campaign: Campaign) => (contact: HopperContact) => ({ queue: queueOf(campaign, contact), agent: undefined });
/** An IVR guarantees nobody an agent (B4, gate protect). */
const unguaranteed = (campaign: Campaign) => (contact: HopperContact) => (contact.guaranteedOnly ? undefined : anyone(campaign)(contact));

export function wishOf(w: DialerWorld, campaign: Campaign, round: Round): Wish {
  const wish: Wish = { campaign, claims: [], holds: [], look: undefined, decisionAtMs: undefined };
  const most = ownMost(campaign, round);
  if (most === 0 && round.countMax > 0) w.limit(campaign.id, 'campaign-slots', `all ${campaign.slotsMax} slots of the campaign are in use`);
  const { kind } = w.tally(campaign.id);
  if (isByContact(campaign)) wish.claims = byContactWish(w, campaign, most);
  else if (kind === 'ivr') wish.claims = ivrWish(w, campaign, most);
  else if (kind === 'connector') wish.claims = connectorWish(w, campaign, most);
  else if (kind === 'preview') w.limit(campaign.id, 'preview', 'agents ask for their contacts');
  else {
    wish.holds = holdWish(w, campaign, most);
    const { forced } = w.tally(campaign.id);
    if (campaign.mode === 'IVR' && wish.holds.length === 0 && forced !== undefined) w.limit(campaign.id, 'abandonment', forced);
    // the pacer's calls follow when all campaigns of the queue are known
    if (kind !== 'held') wish.look = pacedLook(w, campaign, Math.max(0, most - wish.holds.length));
  }
  return wish;
}

/** Why there is no candidate, or that nothing is in the way. */
export function note(w: DialerWorld, campaign: Campaign, look: Look, most: number): readonly Candidate[] {
  if (most === 0) return [];
  if (look.find(0)) w.limit(campaign.id, 'none', '');
  else if (look.held) w.limit(campaign.id, look.held.limit, look.held.text);
  else w.limit(campaign.id, 'hopper', hopperOf(w, campaign.id).items.length > 0 ? 'no contact suits now' : 'no contact may be called now');
  return look.candidates;
}

function ivrWish(w: DialerWorld, campaign: Campaign, most: number): readonly Candidate[] {
  const allowed = campaign.queue === '' ? most : Math.max(0, Math.min(most, listenersMax(w, campaign)));
  const found = note(w, campaign, lookAhead(w, campaign, allowed, unguaranteed(campaign)), allowed);
  if (allowed === 0 && most > 0) w.limit(campaign.id, 'agents', 'more of its callers would ask for an agent than are ready');
  return found;
}

/**
 * A key that asks for an agent is an answer like those of predictive calls (B2): no more customers are called than would ask for
 * the agents who are ready, by the share that has asked so far; before anything is known all might. One may always be called.
 */
function listenersMax(w: DialerWorld, { id, queue }: Campaign): number {
  const { placed, askedForAgent } = w.tally(id);
  const calls = [...w.calls.values()].filter((call) => call.campaign.id === id);
  const listening = calls.filter(({ offeredAtMs }) => offeredAtMs === undefined).length;
  const heard = Math.max(askedForAgent, placed - listening);
  const share = (askedForAgent + 1) / (heard + 1);
  const free = readyCount(w.tick?.agents.get(queue), false) - pacedCalls(w, queue).length;
  return Math.max(1, Math.floor(Math.max(0, free) / share)) - listening;
}

function connectorWish(w: DialerWorld, campaign: Campaign, most: number): readonly Candidate[] {
  const allowed = Math.min(most, requestsAllowed(w));
  const found = note(w, campaign, lookAhead(w, campaign, allowed, anyone(campaign)), allowed);
  if (allowed === 0 && most > 0) w.limit(campaign.id, 'voice-connector', 'the voice connector does not answer, or none is set');
  return found;
}

/** A16: while the voice connector is away its contacts wait, and those for the IVR go on. */
function byContactWish(w: DialerWorld, campaign: Campaign, most: number): readonly Candidate[] {
  let requests = requestsAllowed(w);
  const isIvr = ({ contact }: HopperContact): boolean => callKindOf(campaign, contact) === 'ivr';
  const accepts = (contact: HopperContact) => (isIvr(contact) || requests > 0 ? anyone(campaign)(contact) : undefined);
  const look = lookAhead(w, campaign, most, accepts);
  const found = note(w, campaign, look, most).filter(({ contact }) => isIvr(contact) || requests-- > 0);
  const isKept = requests <= 0 && hopperOf(w, campaign.id).items.some((contact) => !isIvr(contact));
  if (found.length === 0 && isKept && most > 0)
    w.limit(campaign.id, 'voice-connector', 'the voice connector does not answer, or none is set');
  return found;
}

/** Looked through only as far as the pace wants to go. */
function pacedLook(w: DialerWorld, campaign: Campaign, most: number): Look | undefined {
  const view = w.tick?.agents.get(campaign.queue);
  const held = pacingHeld(w, view);
  if (held) {
    w.limit(campaign.id, held.limit, held.text);
    return undefined;
  }
  const look = new Look(w, campaign, most, (contact) =>
    needsHold(w, campaign, contact) ? undefined : { queue: campaign.queue, agent: undefined },
  );
  note(w, campaign, look, most);
  return look;
}

/** B11: no calls ahead of agents of whom nothing is known, or while the switches tell late. */
function pacingHeld(w: DialerWorld, view: AgentsView | undefined): { readonly limit: PaceLimit; readonly text: string } | undefined {
  if (!view) return { limit: 'agents', text: 'nothing is known of the agents' };
  const lagMs = w.tick?.lagMs ?? 0;
  return lagMs > lagMsMax ? { limit: 'lag', text: `the switches tell ${lagMs} ms late` } : undefined;
}

/** Cuts the candidates of campaigns that dial ahead to what their pace allows now. */
export function paceWishes(w: DialerWorld, wishes: readonly Wish[], round: Round): void {
  const byQueue = new Map<string, Wish[]>();
  for (const wish of wishes) {
    const { kind } = w.tally(wish.campaign.id);
    const view = w.tick?.agents.get(wish.campaign.queue);
    if (!view || !wish.look) continue;
    if (kind === 'power') powerWish(w, wish, view);
    else if (kind === 'predictive') byQueue.set(wish.campaign.queue, [...(byQueue.get(wish.campaign.queue) ?? []), wish]);
  }
  for (const [queue, group] of byQueue) {
    const view = w.tick?.agents.get(queue);
    if (view) predictiveWishes(w, queue, view, group, round);
  }
}

/** B2: `lines` calls in flight for each ready agent; of agents that several campaigns share, a part by weight. */
function powerWish(w: DialerWorld, wish: Wish, view: AgentsView): void {
  const { id, lines, weight, queue } = wish.campaign;
  const sharing = [...w.campaigns.values()].filter(
    (other) =>
      other.queue === queue && w.isRunning(other.id) && w.tally(other.id).kind === 'power' && hopperOf(w, other.id).items.length > 0,
  );
  const total = sharing.reduce((sum, other) => sum + other.weight, 0);
  const part = total > 0 ? weight / total : 1 / Math.max(1, sharing.length);
  const inFlight = pacedCalls(w, queue).filter(({ campaign }) => campaign.id === id).length;
  const most = Math.max(0, Math.floor(lines * readyCount(view, true) * part + 1e-9) - inFlight);
  wish.claims = Array.from({ length: most }, (_, i) => wish.look?.find(i)).flatMap((candidate) => candidate ?? []);
  if (wish.look?.find(most))
    w.limit(id, most === 0 ? 'agents' : 'pacer', `${lines} lines for each ready agent, ${inFlight} calls in flight`);
}

function predictiveWishes(w: DialerWorld, queue: string, view: AgentsView, group: readonly Wish[], round: Round): void {
  const paced: readonly PacedWish[] = group.flatMap(({ campaign, look }) => (look ? [{ campaign, look }] : []));
  const counts = decide(w, queue, view, paced);
  const { pacer } = groupOf(w, queue);
  for (const wish of group) {
    const count = counts.get(wish.campaign.id) ?? 0;
    const isCut = wish.look?.find(count) !== undefined;
    wish.claims = (wish.look?.candidates ?? []).slice(0, count);
    wish.decisionAtMs = w.nowMs;
    if (isCut) w.limit(wish.campaign.id, round.countMax === 0 ? 'slots' : 'pacer', pacer.explain().text);
  }
}

/**
 * A6: a contact waits since it came in, whenever its hours began: campaigns that all begin at nine are not called in the order of
 * their contacts' ids. One that was called before waits since its time has come.
 */
const waitsSinceMs = ({ contact, receivedTimeMs, nextAttemptAtMs }: HopperContact): number =>
  contact.result === undefined ? receivedTimeMs : nextAttemptAtMs;

/** For `allocate`: the order is that of all its eligible contacts, the number that of what it can use. */
export function sharerOf(w: DialerWorld, { campaign, claims, holds }: Wish): Sharer {
  const first = [...holds, ...claims]
    .map(({ contact }) => contact)
    .sort((a, b) => waitsSinceMs(a) - waitsSinceMs(b) || (a.id < b.id ? -1 : 1))[0];
  const most = claims.length + holds.length;
  return {
    id: campaign.id,
    count: Math.max(most, w.tick?.eligible.get(campaign.id)?.count ?? 0),
    oldestMs: first ? waitsSinceMs(first) : Infinity,
    oldestId: first?.id ?? '',
    most,
    weight: campaign.weight,
  };
}

/** Begins with as many of them as it was given. */
export function enact(w: DialerWorld, wish: Wish, take: number): void {
  const { campaign, holds, claims, decisionAtMs } = wish;
  for (const candidate of holds.slice(0, take)) {
    const isPinned = candidate.agent !== undefined || candidate.queue !== campaign.queue || w.tally(campaign.id).kind !== 'held';
    askHold(w, { campaign: campaign.id, ...candidate, purpose: 'progressive', pinned: isPinned ? candidate : undefined });
  }
  const candidates = claims.slice(0, Math.max(0, take - holds.length));
  if (isByContact(campaign)) claimByContact(w, campaign, candidates);
  else if (candidates.length > 0) {
    const to = w.tally(campaign.id).kind === 'connector' ? 'agent_pending' : 'dialed';
    claim(w, { campaign, mode: campaign.mode, candidates, to, decisionAtMs });
  }
}

function claimByContact(w: DialerWorld, campaign: Campaign, candidates: readonly Candidate[]): void {
  const of = (isIvr: boolean) => candidates.filter(({ contact }) => (callKindOf(campaign, contact.contact) === 'ivr') === isIvr);
  const mode = campaign.mode === 'IVR' ? w.settings.referenceMode : campaign.mode;
  const [ivr, agents] = [of(true), of(false)];
  if (ivr.length > 0) claim(w, { campaign, mode: 'IVR', candidates: ivr, to: 'dialed' });
  if (agents.length > 0) claim(w, { campaign, mode, candidates: agents, to: 'agent_pending' });
}
