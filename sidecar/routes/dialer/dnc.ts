/**
 * `/api/v1/dialer/dnc`: numbers that must not be called (dialer.md B4, B10), of everybody (scope ''), a client, a campaign, or a
 * national list; whole numbers or their begin, for ever or until a day.
 */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { pageDefault } from '../../../core/acd/views.js';
import type { DialerAuditEntry, DncEntry } from '../../../core/dialer/engine-words.js';
import { listEncodings } from '../../../core/dialer/list-format.js';
import { readNumber } from '../../../core/dialer/list-number.js';
import { listNumberRules } from '../../../core/dialer/list-plan.js';
import { isWrong, listProblems, timeOf } from '../../../core/dialer/list-values.js';
import { maskNumber } from '../../../core/dialer/mask.js';
import { TandemError } from '../../../core/errors.js';
import { csvRecord } from '../../../core/reports/csv.js';
import { dncColumns, dncScope, importDnc, isNational, reasonCharsMax } from '../../../core/services/import-dnc.js';
import { readLines } from '../../list-lines.js';
import { unpacked } from '../../list-spool.js';
import { sendPieces } from '../long-answer.js';
import type { Principal } from '../permission.js';
import { bodyOf, limitOf, queryOf } from '../request.js';
import { actorOf, campaignFor, requireWholeSite, type DialerRouteTools } from './tools.js';

export const dncLimits = {
  numbersMax: 1_000,
  /** of a file that is sent, unpacked: 100 million numbers */
  bytesMax: 2 * 1024 ** 3,
  idleMsMax: 30_000,
  /** sending a list of ten million */
  exportMsMax: 3_600_000,
  pageRows: 1_000,
};

const scope = z
  .string()
  .regex(dncScope, "must be '', client:<name>, campaign:<id> or national:<list>")
  .describe("'' = everybody; client:<name>, campaign:<id>, national:<list>");
const country = z
  .string()
  .regex(/^([A-Za-z]{2})?$/, 'must be two letters')
  .default('')
  .describe('of numbers in national form');
const until = z.string().max(40).optional().describe('last day, or a time; absent: for ever');
const numbers = z.array(z.string().max(40)).min(1).max(dncLimits.numbersMax);

export const dncBody = z.strictObject({
  numbers,
  scope: scope.default(''),
  prefix: z.boolean().default(false).describe('they are begins of numbers'),
  country,
  reason: z.string().max(reasonCharsMax).default(''),
  until,
});
export const dncRemoveBody = z.strictObject({
  numbers,
  scope: scope.default(''),
  prefix: z.boolean().default(false),
  country,
  reason: z.string().min(1).max(reasonCharsMax),
});
export const dncQuery = z.strictObject({
  scope: scope.optional(),
  after: z.string().max(150).default('').describe('`next` of the page before'),
  limit: limitOf,
});
export const dncFindQuery = z.strictObject({ number: z.string().max(40), country });
export const dncExportQuery = z.strictObject({ scope: scope.optional(), format: z.enum(['csv', 'ndjson']).default('csv') });
export const dncImportQuery = z.strictObject({
  scope: scope.optional().describe("default: everybody's; of our own export, what stands in each line"),
  country,
  numbers: z.enum(['auto', 'international']).optional(),
  prefix: z.enum(['yes', 'no']).optional(),
  replace: z.enum(['yes', 'no']).optional().describe('yes: what the scope has and the file has not is taken off'),
  encoding: z.enum(listEncodings).default('utf-8'),
  source: z.string().max(80).optional(),
  reason: z.string().max(reasonCharsMax).optional(),
  until,
});

export function createDncRoutes(tools: DialerRouteTools, limits = dncLimits): Router {
  const router = Router();
  router.get('/dialer/dnc', (req, res) => list(tools, req, res));
  router.post('/dialer/dnc', (req, res) => add(tools, req, res));
  router.post('/dialer/dnc/remove', (req, res) => remove(tools, req, res));
  router.get('/dialer/dnc/find', (req, res) => find(tools, req, res));
  router.get('/dialer/dnc/export', (req, res) => exportAll(tools, limits, req, res));
  router.post('/dialer/dnc/import', (req, res) => importFile(tools, limits, req, res));
  return router;
}

/** A campaign's list is for those who have the campaign; all others concern the whole site. */
async function requireScope(tools: DialerRouteTools, who: Principal, name: string | undefined, purpose: 'read' | 'change'): Promise<void> {
  if (name?.startsWith('campaign:') === true && who.queues !== undefined)
    await campaignFor(tools, who, name.slice('campaign:'.length), purpose);
  else requireWholeSite(who, `numbers of ${name === undefined || name === '' ? 'everybody' : name}`);
}

const wishOf = (land: string, form: 'auto' | 'international' = 'auto') => ({ country: land.toUpperCase(), form, dial: 'digits' as const });

/** As contacts' numbers are read, so that they are found. Throws TDM_BAD_REQUEST. */
function keysOf(given: readonly string[], isPrefix: boolean, land: string): readonly string[] {
  return given.map((text) => {
    if (isPrefix) {
      const digits = text.replace(/^\+/, '').replace(/\*$/, '');
      if (!/^[0-9]{1,15}$/.test(digits)) throw new TandemError('TDM_BAD_REQUEST', ['numbers: a prefix is 1 to 15 digits in E.164']);
      return digits;
    }
    const number = readNumber(text.trim(), wishOf(land), listNumberRules);
    if (isWrong(number)) throw new TandemError('TDM_BAD_NUMBER', [text.replace(/\p{C}/gu, '?').slice(0, 40), listProblems[number.wrong]]);
    return number.key;
  });
}

function untilOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = timeOf(text, 'UTC', 'end');
  if (isWrong(ms)) throw new TandemError('TDM_BAD_REQUEST', [`until: ${listProblems[ms.wrong]}`]);
  return ms;
}

const view = (who: Principal, entry: DncEntry): Readonly<Record<string, unknown>> => ({
  number: entry.isPrefix || who.seesNumbers === true ? entry.number : maskNumber(entry.number),
  prefix: entry.isPrefix,
  scope: entry.scope,
  source: entry.source,
  reason: entry.reason,
  from: new Date(entry.fromMs).toISOString(),
  until: entry.untilMs === undefined ? null : new Date(entry.untilMs).toISOString(),
});

const auditOf = (tools: DialerRouteTools, who: Principal, action: string, after: object, reason: string): DialerAuditEntry => ({
  atMs: tools.nowMs(),
  actor: actorOf(who),
  object: 'dnc',
  action,
  before: undefined,
  after: JSON.stringify(after),
  reason,
});

// ------------------------------------------------------------------ single numbers

async function add(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  const body = bodyOf(req, dncBody);
  await requireScope(tools, who, body.scope, 'change');
  const untilMs = untilOf(body.until);
  const keys = keysOf(body.numbers, body.prefix, body.country);
  const entry = { isPrefix: body.prefix, scope: body.scope, source: actorOf(who), reason: body.reason, fromMs: tools.nowMs(), untilMs };
  const audit = auditOf(tools, who, 'dnc-add', { scope: body.scope, prefix: body.prefix, numbers: keys }, body.reason);
  const entries = keys.map((number) => ({ number, ...entry }));
  const added = await tools.store.addDnc(entries, audit);
  res.json({ added, national: entries.filter(isNational).length });
}

/** Numbers of those who asked not to be called: only who answers for the campaigns takes them off, and says why. */
async function remove(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-admin');
  const body = bodyOf(req, dncRemoveBody);
  await requireScope(tools, who, body.scope, 'change');
  const keys = keysOf(body.numbers, body.prefix, body.country);
  const audit = auditOf(tools, who, 'dnc-remove', { scope: body.scope, prefix: body.prefix, numbers: keys }, body.reason);
  const removed = await tools.store.removeDnc(
    keys.map((number) => ({ number, isPrefix: body.prefix, scope: body.scope })),
    audit,
  );
  res.json({ removed });
}

async function find(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const query = queryOf(req, dncFindQuery);
  const [key = ''] = keysOf([query.number], false, query.country);
  const found = (await tools.store.findDnc([key], tools.nowMs())).get(key) ?? [];
  const seen = who.queues === undefined ? found : await seenBy(tools, who, found);
  // who asks knows the number
  res.json({ number: key, listed: seen.length > 0, entries: seen.map((entry) => view({ ...who, seesNumbers: true }, entry)) });
}

/** Those of some queues see what stands on their campaigns' lists, and that a number is on one of everybody's. */
async function seenBy(tools: DialerRouteTools, who: Principal, found: readonly DncEntry[]): Promise<readonly DncEntry[]> {
  const seen: DncEntry[] = [];
  for (const entry of found) {
    const campaign = /^campaign:(.*)$/.exec(entry.scope)?.[1];
    const isSeen = campaign === undefined || (await campaignFor(tools, who, campaign).then(Boolean, () => false));
    if (isSeen) seen.push(entry);
  }
  return seen;
}

// ------------------------------------------------------------------ all of them

const keyText = ({ number, isPrefix }: DncEntry): string => (isPrefix ? `${number}*` : number);
const cursorOf = (entry: DncEntry): string => `${keyText(entry)} ${entry.scope}`;

async function list(tools: DialerRouteTools, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const query = queryOf(req, dncQuery);
  await requireScope(tools, who, query.scope, 'read');
  const limit = query.limit ?? pageDefault;
  const found = await tools.store.dnc({ ...filterOf(query.scope), after: query.after, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  // a cursor names a number: who may not see it gets none
  const next = last && who.seesNumbers === true ? cursorOf(last) : undefined;
  res.json({ items: items.map((entry) => view(who, entry)), ...(next === undefined ? {} : { next }) });
}

const filterOf = (name: string | undefined) => (name === undefined ? {} : { scope: name });

async function exportAll(tools: DialerRouteTools, limits: typeof dncLimits, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-control');
  const { scope: name, format } = queryOf(req, dncExportQuery);
  await requireScope(tools, who, name, 'read');
  async function* lines(): AsyncGenerator<string> {
    yield format === 'csv' ? csvRecord(dncColumns) : '';
    for (let after = ''; ;) {
      const page = await tools.store.dnc({ ...filterOf(name), after, limit: limits.pageRows });
      const views = page.map((entry) => view(who, entry));
      yield views
        .map((one) =>
          format === 'csv' ? csvRecord(dncColumns.map((column) => one[column] as string | boolean | null)) : `${JSON.stringify(one)}\n`,
        )
        .join('');
      const last = page.at(-1);
      if (page.length < limits.pageRows || !last) return;
      after = cursorOf(last);
    }
  }
  const type = format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson; charset=utf-8';
  const headers = { 'content-type': type, 'content-disposition': `attachment; filename="dnc.${format}"` };
  await sendPieces(res, headers, lines(), limits.exportMsMax);
}

async function importFile(tools: DialerRouteTools, limits: typeof dncLimits, req: Request, res: Response): Promise<void> {
  const query = queryOf(req, dncImportQuery);
  // what takes numbers off needs the right to it
  const who = await tools.permit(req, query.replace === 'yes' ? 'dialer-admin' : 'dialer-control');
  await requireScope(tools, who, query.scope, 'change');
  req.setTimeout(limits.idleMsMax, () => req.destroy(new TandemError('TDM_DEADLINE', [limits.idleMsMax])));
  const nowMs = tools.nowMs();
  const result = await importDnc(
    {
      store: tools.store,
      numbers: listNumberRules,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      nowMs: () => tools.nowMs(),
      auditOf: (action, after) => auditOf(tools, who, action, after, query.reason ?? ''),
    },
    {
      scope: query.scope,
      source: query.source ?? actorOf(who),
      reason: query.reason ?? '',
      untilMs: untilOf(query.until),
      isPrefix: query.prefix === 'yes',
      number: wishOf(query.country, query.numbers),
      replaces: query.replace === 'yes',
    },
    readLines(unpacked(req, limits.bytesMax), { offset: 0, line: 1 }, query.encoding),
  );
  // profiles ask how old a national list is (B4)
  const national = /^national:(.+)$/.exec(query.scope ?? '')?.[1];
  if (national !== undefined && result.isReadable) await tools.store.putLearned(`suppression:${national}`, { atMs: nowMs }, nowMs);
  const problems = who.seesNumbers === true ? result.problems : result.problems.map((one) => ({ ...one, value: maskNumber(one.value) }));
  const { isReadable: readable, ...counts } = result;
  res.json({ ...counts, readable, problems });
}
