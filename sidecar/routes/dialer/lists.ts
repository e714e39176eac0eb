/** `/api/v1/dialer/campaigns/{id}/lists`, also `/campaigns/{id}/lists` and `/lists/{job}` (dialer.md B7): loading, watching, suppressing lists. */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { pageDefault } from '../../../core/acd/views.js';
import type { Campaign } from '../../../core/dialer/campaign.js';
import { maskNumber } from '../../../core/dialer/mask.js';
import type { ContactList } from '../../../core/dialer-ports.js';
import { TandemError } from '../../../core/errors.js';
import type { Access } from '../../access.js';
import { controlText, createStream } from '../../event-stream.js';
import type { DialerLists, ListJob } from '../../dialer-lists.js';
import { sendPieces } from '../long-answer.js';
import type { Principal } from '../permission.js';
import { limitOf, parameter, queryOf } from '../request.js';
import { listQuery, wishOf } from './list-query.js';
import { actorOf, campaignFor, notFound, type DialerRouteTools } from './tools.js';

export interface ListRouteTools extends DialerRouteTools {
  /** undefined: no lists are loaded by this process */
  readonly lists: DialerLists | undefined;
  /** absent: progress is told to any number of clients */
  readonly access?: Pick<Access, 'streams'> | undefined;
  after(delayMs: number, run: () => void): () => void;
}

export const listRouteDefaults = {
  /** a file that comes slower than this, between two pieces of it */
  idleMsMax: 30_000,
  /** of a list's progress */
  everyMs: 500,
  streamMsMax: 3_600_000,
};

export const listsQuery = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a number')
    .transform(Number)
    .default(0)
    .describe('`next` of the page before'),
  limit: limitOf,
});

export const listActions = ['activate', 'deactivate', 'unload', 'cancel'] as const;
type ListAction = (typeof listActions)[number];

export function createListRoutes(tools: ListRouteTools, options = listRouteDefaults): Router {
  const router = Router();
  addListRoutes(router, '/dialer', tools, options);
  return router;
}

/** Below `root`: of a campaign, and by the number of the list alone. */
export function addListRoutes(router: Router, root: string, tools: ListRouteTools, options = listRouteDefaults): void {
  const all = `${root}/campaigns/:campaign/lists`;
  router.post(all, (req, res) => load(tools, options, req, res));
  router.get(all, (req, res) => page(tools, req, res));
  for (const one of [`${all}/:list`, `${root}/lists/:list`]) {
    router.get(one, async (req, res) => {
      const { list } = await listFor(tools, req, await tools.permit(req, 'dialer-view'));
      res.json(jobView(await listsOf(tools).jobOf(list)));
    });
    router.get(`${one}/events`, (req, res) => events(tools, options, req, res));
    router.get(`${one}/rejects`, (req, res) => rejects(tools, req, res));
    for (const action of listActions) router.post(`${one}/${action}`, (req, res) => act(tools, action, req, res));
  }
}

function listsOf({ lists }: ListRouteTools): DialerLists {
  if (!lists) throw new TandemError('TDM_DIALER_OFF');
  return lists;
}

/** The names of B7; `rejects` is an address. */
export const jobView = (job: ListJob): Readonly<Record<string, unknown>> => ({
  id: job.id,
  campaign: job.campaign,
  name: job.name,
  state: job.state,
  running: job.isRunning,
  rowsRead: job.rowsRead,
  stored: job.stored,
  duplicates: job.duplicates,
  invalid: job.invalid,
  blocked: job.blocked,
  noTimeZone: job.noTimeZone,
  bytesRead: job.offset,
  ...(job.bytes === undefined ? {} : { bytes: job.bytes }),
  ...(job.rowsPerSecond === undefined ? {} : { rowsPerSecond: job.rowsPerSecond }),
  startedAtMs: job.startedAtMs,
  ...(job.endedAtMs === undefined ? {} : { endedAtMs: job.endedAtMs }),
  ...(job.problem === undefined ? {} : { problem: job.problem }),
  ...(job.hasRejects ? { rejects: `/api/v1/dialer/lists/${String(job.id)}/rejects` } : {}),
});

async function load(tools: ListRouteTools, options: typeof listRouteDefaults, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  const query = queryOf(req, listQuery);
  const campaign = await campaignFor(tools, who, parameter(req, 'campaign'), 'change');
  const wish = wishOf(query, campaign, tools.nowMs());
  req.setTimeout(options.idleMsMax, () => req.destroy(new TandemError('TDM_DEADLINE', [options.idleMsMax])));
  const job = await listsOf(tools).load(campaign, wish, req, actorOf(who));
  res
    .status(202)
    .location(`/api/v1/dialer/lists/${String(job.id)}`)
    .json(jobView(job));
}

async function page(tools: ListRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { after, limit = pageDefault } = queryOf(req, listsQuery);
  const { id } = await campaignFor(tools, who, parameter(req, 'campaign'));
  const found = await tools.store.lists.list({ campaign: id, after, limit: limit + 1 });
  const items = found.slice(0, limit);
  const next = found.length > limit ? items.at(-1)?.id : undefined;
  const jobs = await Promise.all(items.map((list) => listsOf(tools).jobOf(list)));
  res.json({ items: jobs.map(jobView), ...(next === undefined ? {} : { next: String(next) }) });
}

/** Of the campaign that the address names, when it names one. */
async function listFor(
  tools: ListRouteTools,
  req: Request,
  who: Principal,
  purpose: 'read' | 'change' = 'read',
): Promise<{ readonly list: ContactList; readonly campaign: Campaign }> {
  const name = parameter(req, 'list');
  const list = /^\d{1,15}$/.test(name) ? await tools.store.lists.find(Number(name)) : undefined;
  const wanted = parameter(req, 'campaign');
  if (!list || (wanted !== '' && wanted !== list.campaign)) throw notFound('List', name);
  return { list, campaign: await campaignFor(tools, who, list.campaign, purpose) };
}

// ------------------------------------------------------------------ suppressing

async function act(tools: ListRouteTools, action: ListAction, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  const { list } = await listFor(tools, req, who, 'change');
  const audit = {
    atMs: tools.nowMs(),
    actor: actorOf(who),
    object: `list ${String(list.id)}`,
    action: `list-${action}`,
    before: list.state,
    after: undefined,
    reason: '',
  };
  const contacts = await actions[action](tools, list, audit, actorOf(who));
  const now = await tools.store.lists.find(list.id);
  res.json({ ...jobView(await listsOf(tools).jobOf(now ?? list)), ...(contacts === undefined ? {} : { contacts }) });
}

type Act = (
  tools: ListRouteTools,
  list: ContactList,
  audit: Parameters<ListRouteTools['store']['lists']['setState']>[2],
  actor: string,
) => Promise<number | undefined>;

const actions: Readonly<Record<ListAction, Act>> = {
  activate: async (tools, list, audit) => {
    if (!(await tools.store.lists.setState(list.id, 'active', audit))) throw new TandemError('TDM_CONFLICT', [`the list is ${list.state}`]);
    tools.control.wake(list.campaign);
    return undefined;
  },
  deactivate: async (tools, list, audit) => {
    if (!(await tools.store.lists.setState(list.id, 'inactive', audit)))
      throw new TandemError('TDM_CONFLICT', [`the list is ${list.state}`]);
    tools.control.wake(list.campaign);
    return undefined;
  },
  /** Its contacts that were not called go; those that were stay with their calls. */
  unload: async (tools, list, audit) => {
    const { isRunning } = await listsOf(tools).jobOf(list);
    if (isRunning) throw new TandemError('TDM_CONFLICT', ['the list is being loaded: cancel that first']);
    const contacts = await tools.store.lists.unload(list.id, audit);
    tools.control.wake(list.campaign);
    return contacts;
  },
  cancel: async (tools, list, audit, actor) => {
    if (!listsOf(tools).cancel(list.id, actor)) throw new TandemError('TDM_CONFLICT', ['the list is not being loaded by this process']);
    await tools.store.writeAudit([audit]);
    return undefined;
  },
};

// ------------------------------------------------------------------ progress

/** `progress` as often as something changed, `end` with the last of it. */
async function events(tools: ListRouteTools, options: typeof listRouteDefaults, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { list } = await listFor(tools, req, who);
  tools.access?.streams.hold(who, res);
  if (res.destroyed) return; // who went away meanwhile would never be heard to go
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  req.socket.setNoDelay(true);
  let cancel = (): void => undefined;
  const timers = { nowMs: () => tools.nowMs(), after: (delayMs: number, run: () => void) => tools.after(delayMs, run) };
  const stream = createStream(res, { timers, onOver: () => cancel() });
  const endMs = tools.nowMs() + options.streamMsMax;
  let last = '';
  async function tell(): Promise<void> {
    const job = await listsOf(tools).jobOf((await tools.store.lists.find(list.id)) ?? list);
    const isOver = !job.isRunning;
    const text = controlText(isOver ? 'end' : 'progress', jobView(job));
    if (text !== last) stream.sendLive(Buffer.from(text));
    last = text;
    if (isOver || tools.nowMs() > endMs) res.end();
    else again();
  }
  const again = (): void => {
    if (stream.isOver()) return;
    cancel = tools.after(options.everyMs, () => {
      // the database is away: what was told stays until it is back
      tell().catch(() => again());
    });
  };
  stream.send('retry: 1000\n\n');
  await tell().catch(() => again());
}

// ------------------------------------------------------------------ refused lines

async function rejects(tools: ListRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  const { list } = await listFor(tools, req, who);
  const text = await listsOf(tools).rejects(list.id);
  if (!text) throw notFound('Rejected lines of list', String(list.id));
  const file = `attachment; filename="list-${String(list.id)}-rejects.csv"`;
  await sendPieces(
    res,
    { 'content-type': 'text/csv; charset=utf-8; header=present', 'content-disposition': file },
    who.seesNumbers === true ? text : masked(text),
  );
}

const likeNumber = /\+?\d[\d ()./-]{5,}\d/g;

async function* masked(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of createInterface({ input: Readable.from(text), crlfDelay: Infinity }))
    yield `${line.replace(likeNumber, (number) => maskNumber(number))}\r\n`;
}
