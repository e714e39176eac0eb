/**
 * The management interface of OpenSIPS `call_center`: `call_center:name`, the older `cc_name`, and what `opensips-cli`
 * and monitors ask of the core (opensips-call-center 13). Numbers of errors are the reference's.
 */
import type { AcdEvent, Answer } from '../acd/events.js';
import type { AcdState } from '../acd/acd-state.js';
import { isLoggedIn, takesCalls } from '../acd/words.js';
import type { CommandUser, RecordCommand } from '../access-ports.js';
import type { QueueEngine } from '../acd-ports.js';
import { TandemError } from '../errors.js';
import type { Log } from '../ports.js';
import { AgentReports, agentReportEvent } from '../opensips/agent-report.js';
import { answered, answerText, miErrorOf, MiError, miErrors, readParams, readRequests, refusedWith } from '../opensips/json-rpc.js';
import type { MiAnswer, MiParams, MiRequest, MiShape, MiValues } from '../opensips/json-rpc.js';
import { listAgents, listCalls, listFlows } from '../opensips/lists.js';
import { listQueue } from '../opensips/queue-text.js';
import { CallCenterStatistics } from '../opensips/statistics.js';
import type { MiSockets } from '../opensips-ports.js';
import { recordedCommand } from './recorded-command.js';
import { miEvents, MiSubscriptions } from './mi-subscriptions.js';

/** The reference's numbers are those of SIP and HTTP; JSON-RPC's own are below zero. */
function outcomeOfError(error: unknown) {
  const { code, message } = miErrorOf(error);
  return { status: code >= 100 && code < 1000 ? code : 400, code: error instanceof TandemError ? error.code : undefined, answer: message };
}

/** What a command takes: to look, to steer, to change what is provisioned. */
export type MiNeed = 'view' | 'control' | 'admin';

export interface MiDeps {
  readonly engine: QueueEngine;
  readonly sockets: MiSockets;
  /** give what is provisioned to the engine */
  reload(): Promise<void>;
  nowMs(): number;
  /** Unix ms */
  readonly startedAtMs: number;
  readonly version: string;
  /** commands that change something are written down */
  readonly record?: RecordCommand | undefined;
  readonly log: Log;
}

/** Who asks, and whether he may: `allow` throws when not. */
export interface MiCaller extends CommandUser {
  allow(need: MiNeed): void;
}

export interface Mi {
  /** The answer to a body; undefined when nothing in it wants one. */
  answer(body: string, caller: MiCaller): Promise<string | undefined>;
  /** One command; rejects with MiError. The result may be a JsonText. */
  run(method: string, params: MiParams, caller: MiCaller): Promise<unknown>;
  close(): void;
}

interface Command {
  readonly need: MiNeed;
  /** names of its parameters */
  readonly names: readonly string[];
  readonly run: (params: MiParams, user: string) => unknown;
}

function command<S extends MiShape>(need: MiNeed, shape: S, run: (values: MiValues<S>, user: string) => unknown): Command {
  return { need, names: Object.keys(shape), run: (params, user) => run(readParams(params, shape), user) };
}

export function createMi(deps: MiDeps): Mi {
  const { engine } = deps;
  const statistics = new CallCenterStatistics();
  const reports = new AgentReports();
  const subscriptions = new MiSubscriptions(deps.sockets, () => deps.nowMs());
  const stop = engine.onNotice((notice) => {
    statistics.note(notice);
    if (!engine.isOwner()) return;
    const report = reports.of(notice, engine.view());
    if (report) subscriptions.raise(agentReportEvent, report);
  });
  const commands = new Map([...callCenterCommands(deps, statistics), ...coreCommands(deps, statistics, subscriptions)]);
  commands.set(
    'which',
    command('view', { command: 'text?' }, ({ command: name }) => {
      if (name === undefined) return [...commands.keys()].sort();
      const found = commands.get(name);
      if (!found) throw new MiError(404, 'unknown MI command');
      return [found.names];
    }),
  );

  async function run(method: string, params: MiParams, caller: MiCaller): Promise<unknown> {
    const found = commands.get(method);
    if (!found) throw miErrors.method();
    const work = async (): Promise<unknown> => {
      caller.allow(found.need);
      return await found.run(params, caller.user);
    };
    if (found.need === 'view' || !deps.record) return work();
    const what = { command: `mi ${method}`, request: params };
    return recordedCommand(deps.record, caller, what, work, { answer: () => ({ status: 200 }), error: outcomeOfError });
  }

  async function answerOne(request: MiRequest | MiError, caller: MiCaller): Promise<MiAnswer | undefined> {
    if (request instanceof MiError) return refusedWith(null, request);
    const { id, method, params } = request;
    const answer = await run(method, params, caller).then(
      (result) => answered(id, result),
      (error: unknown) => refusedWith(id, told(error, method)),
    );
    return id === undefined ? undefined : answer;
  }

  function told(error: unknown, method: string): MiError {
    const shown = miErrorOf(error);
    if (shown.code === miErrors.internal().code) deps.log.error({ err: error, command: method }, 'a management command failed');
    return shown;
  }

  return {
    run,
    async answer(body, caller) {
      let read: ReturnType<typeof readRequests>;
      try {
        read = readRequests(body);
      } catch (error) {
        return JSON.stringify(refusedWith(null, miErrorOf(error)));
      }
      const answers: MiAnswer[] = [];
      for (const request of read.requests) {
        const answer = await answerOne(request, caller);
        if (answer) answers.push(answer);
      }
      if (answers.length === 0) return undefined;
      const texts = answers.map(answerText);
      return read.isBatch ? `[${texts.join(',')}]` : texts[0];
    },
    close: stop,
  };
}

const done = 'OK';

/** All names of each command. */
function callCenterCommands(deps: MiDeps, statistics: CallCenterStatistics): [string, Command][] {
  const { engine } = deps;
  const looking = (list: (state: AcdState, nowMs: number) => object): Command =>
    command('view', {}, () => list(engine.view(), deps.nowMs()));
  const own: Record<string, Command> = {
    list_flows: looking(listFlows),
    list_agents: looking(listAgents),
    list_queue: looking(listQueue),
    list_calls: looking(listCalls),
    reload: command('admin', {}, () => reload(deps)),
    agent_login: command('control', { agent_id: 'text', state: 'int' }, ({ agent_id: agent, state }, user) =>
      login(deps, agent, state !== 0, user),
    ),
    dispatch_call_to_agent: command('control', { call_id: 'text', agent_id: 'text' }, ({ call_id: member, agent_id: agent }, user) =>
      wish(deps, user, { type: 'dispatch-asked', member, agent }),
    ),
    internal_call_dispatching: command('control', { dispatching: 'int?' }, async ({ dispatching }, user) => {
      if (dispatching !== undefined) await wish(deps, user, { type: 'dispatching-asked', isOn: dispatching !== 0 });
      return { dispatching: engine.view().system.isDispatching ? 1 : 0 };
    }),
    reset_stats: command('control', {}, async (_values, user) => {
      await wish(deps, user, { type: 'averages-reset-asked' });
      statistics.reset();
      return done;
    }),
  };
  return Object.entries(own).flatMap(([name, command]): [string, Command][] => [
    [`call_center:${name}`, command],
    [`cc_${name}`, command],
    [name, command],
  ]);
}

async function reload(deps: MiDeps): Promise<string> {
  try {
    await deps.reload();
    return done;
  } catch (error) {
    deps.log.error({ err: error }, 'reload over the management interface failed');
    throw new MiError(500, 'Failed to reload');
  }
}

/** Logged in is logged in: an agent on break is made available, one who takes calls is left as he is (D-13). */
async function login(deps: MiDeps, name: string, isIn: boolean, user: string): Promise<string> {
  const state = deps.engine.view();
  const config = state.agentNamed(name);
  const agent = config && state.agents.get(config.id);
  if (!agent) throw new MiError(404, 'Agent not found');
  const isThere = isIn ? takesCalls(agent.status) : !isLoggedIn(agent.status);
  if (isThere) return done;
  return wish(deps, user, { type: 'status-asked', agent: agent.id, status: isIn ? 'Available' : 'Logged Out', reason: undefined });
}

async function wish({ engine, log }: MiDeps, user: string, event: AcdEvent): Promise<string> {
  const answer = await engine.ask(event);
  log.info({ audit: true, user, wish: event, granted: answer.ok }, 'queues: asked for over the management interface');
  if (!answer.ok) throw refusal(answer);
  return done;
}

type Refused = Extract<Answer, { ok: false }>;

/** Numbers of opensips-call-center 10. */
function refusal({ code, detail }: Refused): MiError {
  if (detail === 'Internal dispatching is enabled') return new MiError(403, detail);
  if (code === 'TDM_NOT_FOUND') return new MiError(404, detail);
  return new MiError(code === 'TDM_REFUSED' ? 488 : 500, detail);
}

const group = 'call_center';

function coreCommands(deps: MiDeps, statistics: CallCenterStatistics, subscriptions: MiSubscriptions): [string, Command][] {
  const plain = (result: () => unknown): Command => command('view', {}, result);
  const uptimeS = (): number => Math.floor((deps.nowMs() - deps.startedAtMs) / 1000);
  return [
    ...statisticsCommands(deps, statistics),
    ...Object.entries({
      events_list: plain(() => ({ Events: miEvents.map((name, id) => ({ name, id })) })),
      event_subscribe: command('control', { event: 'text', socket: 'text', expire: 'int?' }, ({ event, socket, expire }) => {
        subscriptions.subscribe(event, socket, expire);
        return done;
      }),
      subscribers_list: command('view', { event: 'text?', socket: 'text?' }, () => {
        const subscribers = subscriptions.list().map(({ socket, expireS, leftS }) => ({ socket, expire: expireS, ttl: leftS }));
        return { Events: [{ name: agentReportEvent, id: 0, Subscribers: subscribers }] };
      }),
      version: plain(() => ({ Server: `Tandem (${deps.version})` })),
      uptime: plain(() => ({
        Now: new Date(deps.nowMs()).toUTCString(),
        'Up since': new Date(deps.startedAtMs).toUTCString(),
        'Up time': `${String(uptimeS())} [sec]`,
      })),
      ps: plain(() => ({ Processes: [{ ID: 0, PID: 0, Type: 'Tandem' }] })),
    }),
  ];
}

/** By their own names and by those of newer releases. */
function statisticsCommands({ engine }: MiDeps, statistics: CallCenterStatistics): [string, Command][] {
  const get = command('view', { statistics: 'texts' }, ({ statistics: names }) =>
    names.length === 1 && names.every(isWhole) ? statistics.allText(engine.view(), `${group}:`) : values(statistics, engine.view(), names),
  );
  const list = command('view', { statistics: 'texts?' }, ({ statistics: names = ['all'] }) =>
    Object.fromEntries(Object.keys(values(statistics, engine.view(), names)).map((name) => [name, kindOf(withoutGroup(name))])),
  );
  const reset = command('control', { statistics: 'texts' }, ({ statistics: names }) => {
    const results = names.map((name) => statistics.resetOne(withoutGroup(name), engine.view()));
    if (!results.some(Boolean)) throw new MiError(404, 'Statistics Not Found');
    return done;
  });
  return [
    ['get_statistics', get],
    ['statistics:get', get],
    ['list_statistics', list],
    ['statistics:list', list],
    ['reset_statistics', reset],
    ['statistics:reset', reset],
  ];
}

const withoutGroup = (name: string): string => (name.startsWith(`${group}:`) ? name.slice(group.length + 1) : name);
const kindOf = (name: string): string =>
  /^cc[gfa]_(\w*in(calls|chats))/.test(name) && !name.includes('onhold') ? 'counter' : 'non-counter';

const isWhole = (name: string): boolean => name === 'all' || name === `${group}:`;

/** Single names, a whole group `call_center:`, or `all`; nothing found is an error. */
function values(statistics: CallCenterStatistics, state: AcdState, names: readonly string[]): object {
  const found: Record<string, number> = names.some(isWhole) ? statistics.all(state, `${group}:`) : {};
  for (const name of names) {
    if (!isWhole(name)) {
      const value = statistics.one(withoutGroup(name), state);
      if (value !== undefined) found[`${group}:${withoutGroup(name)}`] = value;
    }
  }
  if (Object.keys(found).length === 0) throw new MiError(404, 'Statistics Not Found');
  return found;
}
