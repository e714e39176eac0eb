/** `/api/v1/statistics`: reports by interval, the running day, callers to be called back, queue log (B26, B36, B58, B60). */
import { Router, type Request, type Response } from 'express';
import type { Origin } from '../../core/acd/words.js';
import { TandemError } from '../../core/errors.js';
import { canonical } from '../../core/provisioning/names.js';
import { agentFigures, sumAgentTallies } from '../../core/reports/agent-figures.js';
import { csvRecord, type Cell } from '../../core/reports/csv.js';
import { createQueueTally, queueFigures } from '../../core/reports/queue-figures.js';
import type { Interval } from '../../core/reports/calendar.js';
import type { Today } from '../../core/report-ports.js';
import type { Reports } from '../../core/services/reports.js';
import type { Unserved, UnservedCaller } from '../../core/services/unserved.js';
import type { Goal, QueueTally } from '../../core/reports/queue-figures.js';
import { sqlDateTime } from '../../core/time.js';
import { inPieces, sendCsv, sendList, sendLists, sendPieces } from './long-answer.js';
import { seesAgent, seesQueue, type Principal } from './permission.js';
import { abandonedQuery, cursorOf, cursorText, followUpBody, queueFilter, queueLogQuery, rangeOf, reportQuery } from './report-query.js';
import { bodyOf, nothingMore, parameter, queryOf, type QueueApiTools } from './request.js';

export interface StatisticsTools {
  readonly zone: string;
  readonly reports: Reports;
  readonly today: Today & { tally(queue?: string): QueueTally; goalOf(queue: string): Goal };
  readonly unserved: Unserved;
  /** Lines by time; rejects as the store does. */
  queueLog(range: Interval, isWanted: (queue: string, agent: string) => boolean): AsyncIterable<string>;
}

type Tools = QueueApiTools & { readonly statistics: StatisticsTools };

export function createStatisticsRoutes(tools: Tools): Router {
  const router = Router();
  router.get('/statistics/queues', (req, res) => queues(tools, req, res));
  router.get('/statistics/agents', (req, res) => agents(tools, req, res));
  router.get('/statistics/today', (req, res) => today(tools, req, res));
  router.get('/statistics/abandoned', (req, res) => abandoned(tools, req, res));
  router.put('/statistics/abandoned/:key', (req, res) => followUp(tools, req, res));
  router.get('/statistics/queue-log', (req, res) => queueLog(tools, req, res));
  return router;
}

async function queues(tools: Tools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'view');
  const query = queryOf(req, reportQuery);
  const range = rangeOf(query, siteOf(tools));
  const isNamed = queueFilter(query.queue);
  const report = await tools.statistics.reports.queues({
    ...range,
    interval: query.interval,
    isWanted: (queue, media, origin) =>
      isNamed(queue) && seesQueue(who, queue) && (query.media === undefined || query.media === media) && isOf(query.origin, origin),
  });
  if (query.format === 'csv') await csvOf(res, 'queues', 'queue', Object.keys(queueFigures(createQueueTally())), report.items, range.zone);
  else await sendReport(res, { ...range, interval: query.interval }, report);
}

const isOf = (wanted: 'callers' | 'dialer' | 'all' = 'callers', origin: Origin | undefined): boolean =>
  wanted === 'all' || (wanted === 'dialer') === (origin === 'dialer');

async function agents(tools: Tools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'view');
  const query = queryOf(req, reportQuery);
  for (const name of ['media', 'origin'] as const)
    if (query[name] !== undefined) throw new TandemError('TDM_BAD_REQUEST', [`${name}: is not known of agents`]);
  const range = rangeOf(query, siteOf(tools));
  const isSeen = agentFilter(tools, who, query.queue);
  const report = await tools.statistics.reports.agents({ ...range, interval: query.interval, isWanted: isSeen });
  if (query.format === 'csv') await csvOf(res, 'agents', 'agent', Object.keys(agentFigures(sumAgentTallies([]))), report.items, range.zone);
  else await sendReport(res, { ...range, interval: query.interval }, report);
}

/** Who serves which queue is known to the engine alone: TDM_STANDBY elsewhere, unless everybody is meant. */
function agentFilter(tools: Tools, who: Principal, wanted: readonly string[] | undefined): (agent: string) => boolean {
  if (who.queues === undefined && wanted === undefined) return () => true;
  const state = tools.engine.view();
  const isNamed = queueFilter(wanted);
  const seen = new Set<string>();
  for (const { id } of state.agents.values())
    if (seesAgent(who, state, id) && (wanted === undefined || state.servicesOfAgent(id).some(({ queue }) => isNamed(queue)))) seen.add(id);
  return (agent) => seen.has(agent);
}

const siteOf = (tools: Tools) => ({ zone: tools.statistics.zone, nowMs: tools.nowMs() });

type Row = Interval & Readonly<Record<string, unknown>>;

const sendReport = (
  res: Response,
  head: object,
  { items, totals, all }: { readonly items: readonly object[]; readonly totals: readonly object[]; readonly all: object },
): Promise<void> => sendLists(res, head, { items, totals }, { all });

/** Times of the zone for people, and Unix ms for programs. */
async function csvOf(
  res: Response,
  name: string,
  key: string,
  columns: readonly string[],
  items: readonly object[],
  zone: string,
): Promise<void> {
  const rows = items as readonly Row[];
  async function* lines(): AsyncGenerator<string> {
    yield csvRecord(['from', 'to', 'fromMs', key, ...columns]);
    yield* inPieces(rows, (row) =>
      csvRecord([
        sqlDateTime(row.fromMs, zone),
        sqlDateTime(row.toMs, zone),
        row.fromMs,
        ...[key, ...columns].map((one) => row[one] as Cell),
      ]),
    );
  }
  await sendCsv(res, name, lines());
}

// ------------------------------------------------------------------ the running day

async function today(tools: Tools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'view');
  queryOf(req, nothingMore);
  const state = tools.engine.view();
  const { today: day, zone } = tools.statistics;
  const range = rangeOf({}, siteOf(tools));
  const queueRows = [...state.queueConfigs.keys()]
    .filter((id) => seesQueue(who, id))
    .map((queue) => ({ queue, ...queueFigures(day.tally(queue), day.goalOf(queue)) }));
  const agentRows = [...state.agents.keys()].filter((id) => seesAgent(who, state, id)).map((agent) => ({ agent, ...day.agent(agent) }));
  await sendList(res, { zone, fromMs: range.fromMs, revision: day.revision(), queues: queueRows }, 'agents', agentRows);
}

// ------------------------------------------------------------------ callers to be called back

const unservedColumns = [
  'arrived',
  'key',
  'queue',
  'number',
  'name',
  'leadId',
  'reason',
  'waitMs',
  'positionAtEntry',
  'state',
  'talkedAt',
  'talkedTo',
  'note',
  'user',
];

async function abandoned(tools: Tools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'view');
  const { queue, state, after, limit, format, ...times } = queryOf(req, abandonedQuery);
  const range = rangeOf(times, siteOf(tools));
  const page = await tools.statistics.unserved.list({ range, queues: queuesOf(who, queue), state, after: cursorOf(after), limit });
  if (format === 'csv') await sendCsv(res, 'abandoned', unservedLines(page.items, range.zone));
  else res.json({ items: page.items, next: page.next && cursorText(page.next) });
}

/** Ids for the database: those asked for, without those that he may not see; undefined = all. */
function queuesOf(who: Principal, wanted: readonly string[] | undefined): readonly string[] | undefined {
  if (wanted === undefined) return who.queues && [...who.queues];
  const ids = wanted.flatMap((name) => (name.includes('@') ? [name] : [name, `${name}@default`])).map(canonical);
  return ids.filter((id) => seesQueue(who, id));
}

async function* unservedLines(items: readonly UnservedCaller[], zone: string): AsyncGenerator<string> {
  const time = (ms: number | undefined): string => (ms === undefined ? '' : sqlDateTime(ms, zone));
  yield csvRecord(unservedColumns);
  yield* inPieces(items, (one) =>
    csvRecord([
      time(one.arrivedAtMs),
      one.key,
      one.queue,
      one.number,
      one.name,
      one.leadId,
      one.reason,
      one.waitMs,
      one.positionAtEntry,
      one.state,
      time(one.talk?.atMs),
      one.talk?.agent,
      one.followUp?.note,
      one.followUp?.user,
    ]),
  );
}

async function followUp(tools: Tools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'control');
  const { state, note } = bodyOf(req, followUpBody);
  const key = parameter(req, 'key');
  const caller = await tools.statistics.unserved.mark(key, { state, note, user: who.user }, (queue) => seesQueue(who, queue));
  tools.log.info({ audit: true, user: who.user, followUp: { key, state } }, 'statistics: a caller was followed up');
  res.json(caller);
}

// ------------------------------------------------------------------ queue log

async function queueLog(tools: Tools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'view');
  const { queue, ...times } = queryOf(req, queueLogQuery);
  const range = rangeOf(times, siteOf(tools));
  const isNamed = queueFilter(queue);
  // lines of an agent's breaks name no queue: who has a list of queues does not see them
  const isOpen = who.queues === undefined && queue === undefined;
  const lines = tools.statistics.queueLog(range, (id) => (id === '' ? isOpen : isNamed(id) && seesQueue(who, id)));
  await sendPieces(res, { 'content-type': 'text/plain; charset=utf-8' }, lines);
}
