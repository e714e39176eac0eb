/**
 * Tandem's own queues behind `queue_entry`: a call becomes a `Join`, the engine lets it in, and a session holds the
 * caller until the engine, an agent or the caller ends it (freeswitch-callcenter 8). A call that comes back with the
 * same unique id gets its old place (B5). Whatever happens on the way, no member is left behind a caller who is gone (B1).
 */
import type { Answer, Join } from '../acd/events.js';
import { agentId, memberId } from '../acd/ids.js';
import type { CallKey, MemberId, SwitchId } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import type { Call } from '../call.js';
import { displayName } from '../dial-string.js';
import { TandemError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { Log } from '../ports.js';
import type { OpenSession, SessionEnd } from '../switch.js';
import type { After } from './deadline.js';
import type { CallLabel, SwitchQueue } from './enter-queue.js';
import { agentNamed, queueNamed, usualDomain } from './queue-name.js';
import type { QueueRequest } from './queue-request.js';
import { callStateOf, exitOutcome, joinVariables, reasonOf, refusalVariables, resultOf, type QueueOutcome } from './queue-result.js';
import { askIn, hold, viewIfOurs } from './queue-stay.js';
import { readWishes } from './queue-variables.js';
import { createQueueVisits, type QueueVisits } from './queue-visits.js';
import { setVariables } from './set-variables.js';

type Variables = Readonly<Record<string, string>>;

/** Where a call is, and how a caller is held there. */
export interface CallPlace {
  readonly switch: SwitchId;
  readonly openSession: OpenSession;
}

/** What each switch tells in its own words about a caller. */
export interface CallerFacts {
  callerName(call: Call): Promise<string>;
  /** All of it in as few questions as the switch allows; each is some messages of its bus. */
  read(call: Call, wanted: { readonly answer: boolean }): Promise<CallerNow>;
}

/** As it is now: a lookup may have changed it since the call came in. */
export interface CallerNow {
  readonly name: string;
  readonly number: string;
  /** Unix ms; undefined when the switch does not say, or nobody asked */
  readonly answeredAtMs: number | undefined;
  /** id of the whole story that the call belongs to, the same behind a transfer */
  readonly rootId: string | undefined;
}

export interface NativeQueueDeps {
  readonly engine: QueueEngine;
  readonly facts: CallerFacts;
  /** Rejects TDM_BAD_VALUE when the call names a switch that is unknown. */
  placeOf(call: Call): Promise<CallPlace>;
  /** text of an id that nobody has used */
  newId(): string;
  readonly after: After;
  readonly nowMs: () => number;
  readonly log: Log;
}

export interface NativeQueueOptions {
  /** longest wait for the engine's answer to a caller who wants in; the store's limit is well below */
  readonly joinMsMax: number;
  /** domain of queues and agents that are provisioned with one and named without */
  readonly domain: string;
}

export const nativeQueueDefaults: NativeQueueOptions = { joinMsMax: 10_000, domain: usualDomain };

export interface NativeQueue extends SwitchQueue {
  accept(call: Call, request: QueueRequest): Promise<void>;
  failed(code: ErrorCode): Readonly<Record<string, string>>;
  /** the engine has this queue, or has the caller; true as well while another Tandem owns the queues */
  knows(call: Call, request: QueueRequest): Promise<boolean>;
}

export function createNativeQueue(deps: NativeQueueDeps, options: NativeQueueOptions = nativeQueueDefaults): NativeQueue {
  const { engine } = deps;
  const visits = createQueueVisits((event) => engine.tell(event));
  const idOf = (queue: string): string | undefined => queueNamed(engine.view(), queue, options.domain)?.id;
  async function knows(call: Call, { queue }: QueueRequest): Promise<boolean> {
    if (!engine.isOwner() || idOf(queue) !== undefined) return true;
    // a caller who comes back may wait in another queue by now
    return placeKept(deps, await keyOf(deps, call)) !== undefined;
  }

  return {
    isWide: true,
    callerName: (call) => deps.facts.callerName(call),
    knows,
    async accept(call, request) {
      if (!engine.isOwner()) throw new TandemError('TDM_STANDBY', ['ask the other address']);
      await deps.placeOf(call);
      if (!(await knows(call, request))) throw new TandemError('TDM_NOT_FOUND', ['queue', request.queue]);
    },
    failed: (code) => refusalVariables(undefined, code, deps.nowMs()),
    enter: (call, request, label) => enter(deps, options, visits, call, { ...request, queue: idOf(request.queue) ?? request.queue }, label),
  };
}

async function keyOf(deps: NativeQueueDeps, call: Call): Promise<CallKey> {
  return { switch: (await deps.placeOf(call)).switch, uniqueId: call.uniqueId, channel: call.channel };
}

async function enter(
  deps: NativeQueueDeps,
  options: NativeQueueOptions,
  visits: QueueVisits,
  call: Call,
  request: QueueRequest,
  label: CallLabel,
): Promise<QueueOutcome> {
  const { openSession } = await deps.placeOf(call);
  const key = await keyOf(deps, call);
  const join = await joinOf(deps, options, call, key, request, label);
  // before the join: an agent's telephone may answer by itself, and the channel is out of our hands a moment later
  const told = { ...joinVariables(join.member, join.queue, deps.nowMs()), TANDEM_ROOT_ID: join.rootId };
  await setVariables(call, told);
  const visit = visits.begin(key);
  try {
    const answer = await askIn(deps, options.joinMsMax, visit, call, join, key);
    if (!answer.ok) return refusedOutcome(answer, deps.nowMs());
    visit.isIn();
    const member = answer.member ?? join.member;
    deps.log.info({ call: call.uniqueId, queue: join.queue, member, resumed: answer.resumed === true }, 'caller is in the queue');
    const begin = (): Promise<void> => tellJoined(deps, call, member, told);
    return outcomeOf(await hold(deps, visit, call, { member, openSession, begin }), deps.nowMs());
  } finally {
    visit.end();
  }
}

// ------------------------------------------------------------------ going in

async function joinOf(
  deps: NativeQueueDeps,
  options: NativeQueueOptions,
  call: Call,
  key: CallKey,
  request: QueueRequest,
  label: CallLabel,
): Promise<Join> {
  const [wishes, { name, number, answeredAtMs, rootId }] = await Promise.all([
    readWishes(call, request, deps.log),
    deps.facts.read(call, { answer: countsFromAnswer(deps, request.queue) }),
  ]);
  const nowMs = deps.nowMs();
  return {
    member: memberId(deps.newId()),
    queue: placeKept(deps, key) ?? request.queue,
    media: 'audio',
    call: key,
    number: plainNumber(wishes.number ?? number),
    name: displayName(wishes.name ?? name),
    answeredAtMs: Math.min(answeredAtMs ?? nowMs, nowMs),
    // the positional priority is "higher is earlier", as cc_base_score is
    baseScoreS: wishes.baseScoreS + (request.priority ?? 0),
    priority: request.queuePriority,
    needs: request.needs ?? [],
    exitKeys: wishes.exitKeys,
    maxWaitMs: (request.maxWaitS ?? 0) * 1_000,
    language: request.language,
    music: wishes.music,
    callerIdPrefix: wishes.callerIdPrefix,
    variables: wishes.exported,
    param: request.param ?? '',
    leadId: label.leadId,
    rootId: wishes.rootId ?? rootId ?? call.uniqueId,
    stickyAgent: personalAgent(deps, options, call, request.agent),
    callbackOf: request.callbackOf === undefined ? undefined : memberId(request.callbackOf),
    agentAnnouncements: wishes.agentAnnouncements,
  };
}

/** Only such queues want to know the moment of the answer. */
const countsFromAnswer = ({ engine }: NativeQueueDeps, queue: string): boolean =>
  engine.view().queueNamed(queue)?.timeBaseScore === 'system';

/** A caller whose session broke comes back for his place, which may be in a queue to which he was moved meanwhile. */
function placeKept({ engine }: NativeQueueDeps, key: CallKey): string | undefined {
  const member = engine.view().memberOfCall(key);
  return member?.presence.kind === 'away' ? member.queue : undefined;
}

/** What may stand in a caller id; the rest of what a trunk sent is dropped. */
const plainNumber = (number: string): string => number.replace(/[^+A-Za-z0-9*#._-]/g, '').slice(0, 40);

/** An agent that nobody knows is a wish that cannot be had, and no reason to turn the caller away. */
function personalAgent(deps: NativeQueueDeps, options: NativeQueueOptions, call: Call, agent: string | undefined): string | undefined {
  if (agent === undefined) return undefined;
  const found = agentNamed(deps.engine.view(), agent, options.domain);
  if (found === undefined) deps.log.warn({ call: call.uniqueId, agent }, 'queue entry: personal agent is unknown');
  return found === undefined ? undefined : agentId(found.id);
}

function refusedOutcome(answer: Extract<Answer, { readonly ok: false }>, nowMs: number): QueueOutcome {
  const { code, detail, exit, to } = answer;
  if (exit === undefined) throw new TandemError(code, refusalWords(code, detail));
  const reason = reasonOf(exit);
  return {
    result: resultOf(exit),
    ...(reason !== undefined && { reason }),
    detail: detail.slice(0, 80),
    variables: refusalVariables(exit, code, nowMs),
    to,
  };
}

/** The texts of core/errors.ts have one or two places. */
const refusalWords = (code: ErrorCode, detail: string): readonly string[] =>
  code === 'TDM_NOT_FOUND' ? ['caller, queue or agent', detail] : code === 'TDM_BAD_VALUE' ? ['queue_entry', detail] : [detail];

/** What only the engine knows: an old member keeps its name, its queue and its time. The session tells how it went on. */
async function tellJoined({ engine, log }: NativeQueueDeps, call: Call, id: MemberId, told: Variables): Promise<void> {
  const member = viewIfOurs(engine)?.members.get(id);
  if (!member) return;
  const now = joinVariables(id, member.queue, member.joinedAtMs, callStateOf(member.phase));
  const { TANDEM_MEMBER, cc_member_uuid, cc_queue, cc_queue_joined_epoch, cc_state } = now;
  const known = { TANDEM_MEMBER, cc_member_uuid, cc_queue, cc_queue_joined_epoch, cc_state, TANDEM_ROOT_ID: member.rootId };
  try {
    const news = Object.entries(known).flatMap(([name, value]) => (value === undefined || value === told[name] ? [] : [[name, value]]));
    await setVariables(call, Object.fromEntries(news) as Record<string, string>);
  } catch (e) {
    log.debug({ call: call.uniqueId, member: id, err: e }, 'queue entry: the caller was connected, or left, before his variables were set');
  }
}

// ------------------------------------------------------------------ the end

/** What a session that is over leaves to be told. */
function outcomeOf(end: SessionEnd, nowMs: number): QueueOutcome {
  switch (end.kind) {
    case 'exit':
      return exitOutcome(end.order, nowMs);
    case 'connected':
      return { result: 'answered', detail: end.order.agent, isTold: true };
    case 'left':
      return { result: 'abandoned', isTold: true };
    case 'lost':
      return { result: 'lost', isTold: true };
  }
}
