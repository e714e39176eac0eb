/** Puts the engine together; `engine.ts` says what it promises. */
import type { StoredAcd } from '../acd-ports.js';
import * as agents from './agents.js';
import { done } from './answers.js';
import * as callers from './callers.js';
import { callbackFailed } from './callbacks.js';
import { noChanges } from './changes.js';
import { configure, finishRemovals } from './configure.js';
import { expire, leaveEmptied } from './due.js';
import { messageEnded } from './entering.js';
import type { AcdEngine, EngineStart, Step } from './engine.js';
import type { AcdEvent, Answer } from './events.js';
import { held, resumed } from './holds.js';
import type { MemberId, OfferId, QueueId } from './ids.js';
import { legId, legPrefix } from './ids.js';
import { callerJoined, isEmpty } from './joining.js';
import { match } from './matching.js';
import { answered, connected, endTalk, failOffer, ready } from './offers.js';
import { pickUpAsked } from './pick-up.js';
import { channelsListed } from './reconcile.js';
import { reserveAsked, unreserveAsked } from './reserving.js';
import { restore } from './restore.js';
import { settle } from './settle.js';
import type { Member, Offer } from './state.js';
import * as supervision from './supervision.js';
import { World } from './world.js';

export function createAcdEngine(start: EngineStart): AcdEngine {
  const w = new World(start.instance);
  w.nowMs = start.nowMs;
  w.system.random = start.seed >>> 0;
  configure(w, start.config);
  restore(w, start.stored ?? nothingStored);

  function finish(answer: Answer): Step {
    run(w);
    const step = { effects: w.effects, changes: w.changes, answer };
    w.effects = [];
    w.changes = noChanges();
    return step;
  }

  return {
    state: w,
    begin: () => finish(done()),
    step(event, nowMs) {
      w.nowMs = Math.max(w.nowMs, nowMs);
      return finish(apply(w, event));
    },
    nextDueMs: () => w.dues.nextMs(),
  };
}

const nothingStored: StoredAcd = { members: [], agents: [], offers: [], queues: [], system: undefined };

/** Until nothing follows any more: indexes, empty queues, deadlines, matches, removals. */
function run(w: World): void {
  for (;;) {
    const attended = settle(w);
    if (attended.size + w.entered.size > 0) {
      const seen = [...attended, ...w.entered];
      w.entered.clear(); // who leaves one queue may enter another that is empty too
      for (const queue of seen) leaveIfEmpty(w, queue);
    }
    if (isUnsettled(w)) continue;
    if (expire(w)) continue;
    match(w);
    if (isUnsettled(w)) continue;
    finishRemovals(w);
    if (!isUnsettled(w)) return;
  }
}

const isUnsettled = (w: World): boolean => w.dirtyMembers.size + w.dirtyAgents.size + w.dirtyOffers.size + w.entered.size > 0;

function leaveIfEmpty(w: World, id: QueueId): void {
  const queue = w.queueConfigs.get(id);
  if (!queue || !isEmpty(w, queue, queue.leaveWhen)) return;
  for (const member of [...w.membersOfQueue(id)]) {
    const waiting = w.members.get(member);
    if (waiting) leaveEmptied(w, waiting);
  }
}

function apply(w: World, event: AcdEvent): Answer {
  return wish(w, event) ?? fact(w, event);
}

/** Wishes: answered. */
function wish(w: World, event: AcdEvent): Answer | undefined {
  switch (event.type) {
    case 'caller-joined':
      return callerJoined(w, event.join);
    case 'callback-asked':
      return callers.callbackAsked(w, event.member, event.number);
    case 'status-asked':
      return agents.statusAsked(w, event);
    case 'login-asked':
      return agents.loginAsked(w, event);
    case 'standby-asked':
      return agents.standbyAsked(w, event);
    case 'wrapup-end-asked':
      return agents.wrapUpEndAsked(w, event.agent);
    case 'wrapup-extend-asked':
      return agents.wrapUpExtendAsked(w, event.agent, event.byMs);
    case 'ready-asked':
      return agents.readyAsked(w, event.agent);
    case 'idle-asked':
      return agents.idleAsked(w, event.agent);
    case 'ready-time-asked':
      return agents.readyTimeAsked(w, event.agent, event.atMs);
    case 'release-asked':
      return agents.releaseAsked(w, event.agent, event.by);
    case 'reserve-asked':
      return reserveAsked(w, event);
    case 'unreserve-asked':
      return unreserveAsked(w, event);
    case 'type-asked':
      return supervision.typeAsked(w, event.agent);
    case 'averages-reset-asked':
      return supervision.averagesResetAsked(w);
    case 'dispatching-asked':
      return supervision.dispatchingAsked(w, event);
    case 'pick-up-asked':
      return pickUpAsked(w, event);
    case 'dispatch-asked':
      return supervision.dispatchAsked(w, event);
    case 'withdraw-asked':
      return supervision.withdrawAsked(w, event);
    case 'move-asked':
      return supervision.moveAsked(w, event);
    case 'priority-asked':
      return supervision.priorityAsked(w, event);
    default:
      return undefined;
  }
}

/** Facts: those about things that are gone are ignored. */
function fact(w: World, event: AcdEvent): Answer {
  switch (event.type) {
    case 'configured':
      configure(w, event.config);
      break;
    case 'caller-left':
      withMember(w, event.member, (member) => callers.callerLeft(w, member, event.cause));
      break;
    case 'session-lost':
      withMember(w, event.member, (member) => callers.sessionLost(w, member));
      break;
    case 'key-pressed':
      withMember(w, event.member, (member) => callers.keyPressed(w, member, event.key));
      break;
    case 'message-ended':
      withMember(w, event.member, (member) => messageEnded(w, member));
      break;
    case 'callback-failed':
      withMember(w, event.member, ({ presence, ...rest }) => {
        if (presence.kind === 'callback' && presence.step.kind === 'dialling' && presence.step.leg === event.leg)
          callbackFailed(w, w.memberOf(rest.id), event.cause);
      });
      break;
    case 'standby-ended':
      {
        const agent = w.agents.get(event.agent);
        if (agent) agents.standbyEnded(w, agent, event.call);
      }
      break;
    case 'device-changed':
      agents.deviceChanged(w, event);
      break;
    case 'external-calls-changed':
      agents.externalCallsChanged(w, event);
      break;
    case 'switch-changed':
      switchChanged(w, event);
      break;
    case 'channels-listed':
      channelsListed(w, event);
      break;
    default:
      offerFact(w, event);
  }
  return done();
}

function offerFact(w: World, event: AcdEvent): void {
  switch (event.type) {
    case 'agent-answered':
      withOffer(w, event.offer, (offer) => answered(w, offer));
      break;
    case 'agent-ready':
      withOffer(w, event.offer, (offer) => ready(w, offer));
      break;
    case 'connected':
      withOffer(w, event.offer, (offer) => connected(w, offer));
      break;
    case 'offer-failed':
      {
        const offer = w.offers.get(event.offer);
        if (offer?.phase.kind === 'talking') endTalk(w, offer, 'agent', event.detail);
        else if (offer) failOffer(w, offer, event.failure, event.detail);
      }
      break;
    case 'held':
    case 'resumed':
      {
        const offer = w.offers.get(event.offer);
        if (offer) (event.type === 'held' ? held : resumed)(w, offer, event.by);
      }
      break;
    case 'call-ended':
      {
        const offer = w.offers.get(event.offer);
        if (offer) callEnded(w, offer, event);
      }
      break;
    default:
  }
}

function callEnded(w: World, offer: Offer, { by, cause }: Extract<AcdEvent, { type: 'call-ended' }>): void {
  if (offer.phase.kind === 'talking') endTalk(w, offer, by, cause);
  else if (by === 'caller') callers.callerLeft(w, w.memberOf(offer.member), 'hangup');
  else failOffer(w, offer, 'agent-gone', cause);
}

function withMember(w: World, id: MemberId, work: (member: Member) => void): void {
  const member = w.members.get(id);
  if (member) work(member);
}

/** News of an offer that is over: its leg must not live on (B8). */
function withOffer(w: World, id: OfferId, work: (offer: Offer) => void): void {
  const offer = w.offers.get(id);
  if (offer) {
    work(offer);
    return;
  }
  const past = w.pastOffers.get(id);
  if (past) w.order({ type: 'hang-up-leg', switch: past, leg: legId(legPrefix + id), reason: 'stale' });
}

function switchChanged(w: World, event: Extract<AcdEvent, { type: 'switch-changed' }>): void {
  if (event.isUp) w.switchesDown.delete(event.switch);
  else w.switchesDown.add(event.switch);
  for (const member of w.members.values())
    if (member.call?.switch === event.switch || member.homeSwitch === event.switch) w.dirtyMembers.add(member.id);
}
