/**
 * Every answer about the state of a large site, of every face: the own API, OpenSIPS's management interface,
 * mod_callcenter's commands, the board, the gauges and the metrics page.
 *
 *   npm run bench status-answers
 *
 * Method: 200 queues, 1,000 agents of 10 queues each who all talk, 10,000 callers who wait, half of them in one queue. The
 * routes themselves are called, with the largest page, without network and login; the time is that from the request to
 * the whole text. Goal: under 10 ms each, since nobody is offered a call meanwhile.
 */
import type { Request, Response } from 'express';
import { TandemError } from '../core/errors.js';
import { createQueueApi, type QueueApiDeps } from '../sidecar/routes/queue-api.js';
import { createCallcenterCommands } from '../core/services/callcenter-commands.js';
import { createMi } from '../core/services/mi.js';
import { createMetrics } from '../sidecar/metrics.js';
import { gaugesEveryMs, startQueueGauges } from '../sidecar/queue-gauges.js';
import { createHandTimers } from '../test/support/hand-timers.js';
import { silentLog } from '../test/support/observers.js';
import { spreadOf, type Figure } from './support/figure.js';
import { floor, openStatusFloor, type StatusFloor } from './support/status-floor.js';

const runs = 60;
const warmUps = 10;
const goalMs = 10;

type Question = readonly [name: string, ask: () => Promise<number> | number];

export async function statusAnswers(): Promise<readonly Figure[]> {
  const site = openStatusFloor();
  const figures: Figure[] = [];
  for (const [name, ask] of [...ofApi(site), ...ofMi(site), ...ofCallcenter(site), ...ofMetrics(site)]) {
    const times: number[] = [];
    let characters = 0;
    for (let n = 0; n < warmUps + runs; n++) {
      const from = process.hrtime.bigint();
      characters = await ask();
      if (n >= warmUps) times.push(Number(process.hrtime.bigint() - from) / 1e6);
    }
    const { p50, p99 } = spreadOf(times);
    const least = Math.min(...times);
    const note = `least ${least.toPrecision(2)}, p99 ${p99.toPrecision(2)} ms; ${String(characters)} characters; baseline: the goal`;
    figures.push({ name: `${name}: p50`, value: p50, unit: 'ms', baseline: goalMs, note });
  }
  return figures;
}

// ------------------------------------------------------------------ own API

function ofApi(site: StatusFloor): Question[] {
  const all = apiOf(site, undefined);
  const some = apiOf(
    site,
    Array.from({ length: floor.queues / 4 }, (_, i) => `queue-${4 * i}`),
  );
  const waiting = [...site.state.membersOfQueue(site.state.queueNamed('queue-0')?.id ?? ('' as never))].at(-1) ?? '';
  const paths = [
    '/queues?limit=200',
    '/queues/queue-0',
    '/queues/queue-0/members?limit=200',
    '/queues/queue-0/agents?limit=200',
    '/agents?limit=200',
    '/agents?limit=200&search=9&skill=skill-1',
    '/agents/agent-1',
    '/members?limit=200',
    '/members?limit=200&queue=queue-0',
    '/members?number=%2B49305000',
    `/members/${waiting}`,
    '/calls?limit=200',
    '/chats?limit=200',
    '/callbacks?limit=200',
    '/messages?limit=200',
    '/tiers?limit=200',
    '/tiers?limit=200&agent=agent-1',
    '/skills?limit=200',
    '/decisions?limit=200',
    `/explain/call/${waiting}`,
    '/explain/call/4930999999',
    '/explain/agent/agent-0',
    '/board',
  ];
  return [
    ...paths.map((path): Question => [`GET ${path}`, () => all(path)]),
    ...[
      '/queues?limit=200',
      '/agents?limit=200',
      '/members?limit=200',
      '/tiers?limit=200',
      '/skills?limit=200',
      '/decisions',
      '/board',
    ].map((path): Question => [`GET ${path}, a user of 50 queues`, () => some(path)]),
  ];
}

/** Calls the routes as Express does; resolves to the characters of the answer. */
function apiOf(site: StatusFloor, queues: readonly string[] | undefined): (path: string) => Promise<number> {
  const rights = { queues, agent: undefined };
  const identity = { kind: 'password', id: 'user:bench', user: 'bench', level: 1, rights, session: undefined } as const;
  const router = createQueueApi(
    {
      access: { provenBy: () => undefined, identify: () => Promise.resolve({ ...identity, functions: ['tandem_queue_view'] }) },
      addressOf: () => '127.0.0.1',
      engine: site.engine,
      ports: new Map(),
      log: silentLog,
      newId: () => '',
      nowMs: site.nowMs,
      // nobody turns them: the process ends when all is measured
      timers: createHandTimers(),
    } as unknown as QueueApiDeps,
    { requestsPerMinuteMax: 1e9 },
  );
  return (path) =>
    new Promise((resolve, reject) => {
      const [url = '', query = ''] = path.split('?');
      const req = {
        method: 'GET',
        url: `/api/v1${url}`,
        originalUrl: url,
        headers: {},
        query: Object.fromEntries(new URLSearchParams(query)),
      };
      const res = {
        setHeader: () => undefined,
        type: () => res,
        json: (body: unknown) => resolve(JSON.stringify(body).length),
        send: (body: string) => resolve(body.length),
      };
      router(req as unknown as Request, res as unknown as Response, (e?: unknown) => {
        if (e instanceof TandemError && e.code === 'TDM_NOT_FOUND') resolve(0);
        else reject(e instanceof Error ? e : new Error(`nobody answers ${path}`));
      });
    });
}

// ------------------------------------------------------------------ the references' faces

function ofMi({ engine, nowMs }: StatusFloor): Question[] {
  const sockets = { isAllowed: () => false, send: () => undefined, drop: () => undefined };
  const mi = createMi({ engine, sockets, reload: () => Promise.resolve(), nowMs, startedAtMs: nowMs(), version: '0', log: silentLog });
  const who = { user: 'bench', allow: () => undefined };
  const ask = async (method: string, params: object = {}): Promise<number> =>
    ((await mi.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), who)) ?? '').length;
  return [
    ...['cc_list_flows', 'cc_list_agents', 'cc_list_queue', 'cc_list_calls'].map((name): Question => [`/mi ${name}`, () => ask(name)]),
    ['/mi get_statistics all', () => ask('get_statistics', { statistics: ['all'] })],
    ['/mi get_statistics ccg_load', () => ask('get_statistics', { statistics: ['ccg_load'] })],
  ];
}

function ofCallcenter({ engine, nowMs }: StatusFloor): Question[] {
  const commands = createCallcenterCommands(
    {
      engine,
      provisioning: { change: () => Promise.resolve() },
      reload: () => Promise.resolve(),
      channel: () => Promise.resolve(undefined),
      tracked: { track: () => undefined },
      log: silentLog,
      nowMs,
    },
    { instance: 'single_box' },
  );
  const who = { user: 'bench', queues: undefined };
  const tables = [
    'queue list',
    'queue list members queue-0',
    'queue list members',
    'queue list agents queue-0',
    'queue list tiers queue-0',
  ];
  const members = JSON.stringify({ command: 'callcenter_config', data: { arguments: 'member list' } });
  return [
    ...[...tables, 'queue count members', 'agent list', 'tier list'].map((command): Question => [
      command,
      async () => (await commands.config(command, who)).length,
    ]),
    ['member list in JSON', async () => (await commands.json(members, who)).length],
  ];
}

function ofMetrics({ engine, nowMs }: StatusFloor): Question[] {
  const meter = createMetrics();
  const hand = createHandTimers();
  const tally = () => ({ answeredInTime: 1, answered: 1, abandoned: 0 });
  const timers = { nowMs, after: (delayMs: number, run: () => void) => hand.after(delayMs, run) };
  startQueueGauges({ engine, tally: tally as never, ping: () => Promise.resolve(), timers, monoMs: nowMs, meter });
  return [
    ['gauges, every 5 s', () => (hand.advance(gaugesEveryMs), 0)],
    ['GET /metrics', async () => (await meter.text()).length],
  ];
}
