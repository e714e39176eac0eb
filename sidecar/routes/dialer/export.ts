/** `/api/v1/dialer/export`: contacts and calls as a file, of any length, written as fast as they are read. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { CallRecord, Contact } from '../../../core/dialer/contact.js';
import { csvRecord, type Cell } from '../../../core/reports/csv.js';
import { sendPieces } from '../long-answer.js';
import { queryOf } from '../request.js';
import { callsQuery, contactsQuery } from './contacts.js';
import { campaignFilter, type DialerRouteTools } from './tools.js';
import { listRow } from './export-list.js';
import { callView, contactView } from './views.js';

const format = z.enum(['csv', 'ndjson']).default('csv');
const contactsFormat = z.enum(['csv', 'ndjson', 'list']).default('csv').describe('list: NDJSON that can be loaded again');
const pick = { campaign: true, status: true, result: true, list: true, number: true } as const;
export const contactsExportQuery = contactsQuery.pick(pick).extend({ format: contactsFormat });
export const callsExportQuery = callsQuery
  .pick({ campaign: true, contact: true, result: true, number: true, from: true, to: true })
  .extend({ format });

export const exportLimits = {
  pageRows: 1_000,
  /** a file of some millions over a slow line */
  msMax: 3_600_000,
};

export function createExportRoutes(tools: DialerRouteTools, limits = exportLimits): Router {
  const router = Router();
  router.get('/dialer/export/contacts', (req, res) => contacts(tools, limits, req, res));
  router.get('/dialer/export/calls', (req, res) => calls(tools, limits, req, res));
  return router;
}

type View = Readonly<Record<string, unknown>>;

async function contacts(tools: DialerRouteTools, limits: typeof exportLimits, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { format: wanted, campaign, number, ...filter } = queryOf(req, contactsExportQuery);
  const only = await campaignFilter(tools, who, campaign);
  async function* pages(): AsyncGenerator<readonly View[]> {
    for (let after = 0; ;) {
      const page: readonly Contact[] = await tools.store.contacts({
        ...defined({ ...filter, campaign: only, numberKey: number }),
        after,
        limit: limits.pageRows,
      });
      yield page.map((contact) => (wanted === 'list' ? listRow(who, contact) : contactView(who, contact)));
      if (page.length < limits.pageRows) return;
      after = page.at(-1)?.seq ?? 0;
    }
  }
  await send(res, 'contacts', wanted === 'csv' ? 'csv' : 'ndjson', pages(), contactColumns, limits.msMax);
}

async function calls(tools: DialerRouteTools, limits: typeof exportLimits, req: Request, res: Response): Promise<void> {
  const who = await tools.permit(req, 'dialer-view');
  const { format: wanted, campaign, number, from, to, ...filter } = queryOf(req, callsExportQuery);
  const only = await campaignFilter(tools, who, campaign);
  async function* pages(): AsyncGenerator<readonly View[]> {
    for (let before = ''; ;) {
      const page: readonly CallRecord[] = await tools.store.calls({
        ...defined({ ...filter, campaign: only, numberKey: number, fromMs: from, toMs: to }),
        before,
        limit: limits.pageRows,
      });
      yield page.map((call) => callView(who, call));
      const last = page.at(-1);
      if (page.length < limits.pageRows || !last) return;
      before = `${String(last.placedAtMs)} ${last.callId}`;
    }
  }
  await send(res, 'calls', wanted, pages(), callColumns, limits.msMax);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what was not asked for. */
const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;

/** Lists and the customer's data stand in their cell as JSON. */
const contactColumns = [
  ...['id', 'campaign_contact_id', 'customer_number', 'numbers', 'status', 'result', 'call_result', 'attempts', 'priority'],
  ...['time_zone', 'region', 'start_time', 'end_time', 'received_time', 'dial_time', 'next_attempt_at', 'disposition', 'callback_at'],
  ...['callback_agent', 'consent', 'consent_until', 'answered_before', 'gateway_id', 'ivr', 'dialing_mode', 'routing_mode'],
  ...['resource_id', 'queue_name', 'tenant_id', 'campaign_id', 'list_id', 'data'],
];
const callColumns = [
  ...['callId', 'contactId', 'campaignId', 'listId', 'mode', 'number', 'callerId', 'switch', 'gateway', 'placedAtMs', 'ringingAtMs'],
  ...['answeredAtMs', 'offeredAtMs', 'bridgedAtMs', 'endedAtMs', 'cause', 'q850', 'sip', 'result', 'countsAsAttempt', 'agent', 'amd'],
  ...['messageAtMs', 'messageMs', 'optedOut', 'endedBy', 'decisionAtMs', 'recording'],
];

async function send(
  res: Response,
  name: string,
  wanted: 'csv' | 'ndjson',
  pages: AsyncIterable<readonly View[]>,
  columns: readonly string[],
  msMax: number,
): Promise<void> {
  const record = (row: View): string => csvRecord(columns.map((column) => cellOf(row[column])));
  const line = (row: View): string => `${JSON.stringify(row)}\n`;
  async function* pieces(): AsyncGenerator<string> {
    if (wanted === 'csv') yield csvRecord(columns);
    for await (const page of pages) yield page.map(wanted === 'csv' ? record : line).join('');
  }
  const type = wanted === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson; charset=utf-8';
  await sendPieces(res, { 'content-type': type, 'content-disposition': `attachment; filename="${name}.${wanted}"` }, pieces(), msMax);
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value as Cell;
}
