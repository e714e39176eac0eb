/** Lists of contacts, numbers that must not be called, exports (docs/dialer-lists.md). */
import { z } from 'zod';
import { dncBody, dncExportQuery, dncFindQuery, dncImportQuery, dncQuery, dncRemoveBody } from '../routes/dialer/dnc.js';
import { callsExportQuery, contactsExportQuery } from '../routes/dialer/export.js';
import { listQuery } from '../routes/dialer/list-query.js';
import { listActions, listsQuery } from '../routes/dialer/lists.js';
import { openPageOf, routes, type RouteDoc } from './route-doc.js';

const count = z.int().min(0);
const listView = z
  .object({
    id: z.int(),
    campaign: z.string(),
    name: z.string(),
    state: z.enum(['loading', 'inactive', 'active', 'failed', 'unloaded']),
    running: z.boolean().describe('it is loaded by this process now'),
    rowsRead: count,
    stored: count,
    duplicates: count,
    invalid: count,
    blocked: count.describe('on a suppression list'),
    noTimeZone: count,
    bytesRead: count,
    bytes: count.optional(),
    rowsPerSecond: count.optional(),
    startedAtMs: z.int(),
    endedAtMs: z.int().optional(),
    problem: z.string().optional(),
    rejects: z.string().optional().describe('where the refused lines are'),
  })
  .meta({ id: 'ContactList' });
const dncView = z
  .object({
    number: z.string(),
    prefix: z.boolean(),
    scope: z.string(),
    source: z.string(),
    reason: z.string(),
    from: z.string(),
    until: z.string().nullable(),
  })
  .meta({ id: 'DncEntry' });
const dncImportView = z.object({
  rows: count,
  added: count,
  national: count,
  removed: count,
  invalid: count,
  readable: z
    .boolean()
    .describe('false: too many lines could not be read; nothing is taken off, and a national list stays as old as it was'),
  problems: z.array(z.object({ line: z.int(), code: z.string(), reason: z.string(), value: z.string() })),
});

const file = 'application/octet-stream';

type Untagged = Omit<RouteDoc, 'tag' | 'need'> & { readonly need?: RouteDoc['need'] };

const summaries: Readonly<Record<(typeof listActions)[number], string>> = {
  activate: 'Its contacts are dialled',
  deactivate: 'Its contacts wait',
  unload: 'Its contacts that were not called are removed',
  cancel: 'End its load; what was stored stays',
};

function listRoutes(root: string): readonly Untagged[] {
  const all = `${root}/campaigns/{campaign}/lists`;
  const one = (path: string): Untagged[] => [
    { method: 'get', path, summary: 'One list, with the progress of its load', answer: listView },
    { method: 'get', path: `${path}/events`, summary: 'Progress of its load as server-sent events', answerType: 'text/event-stream' },
    {
      method: 'get',
      path: `${path}/rejects`,
      summary: 'Lines that were refused, with the reason',
      need: 'dialer-control',
      answerType: 'text/csv',
    },
    ...listActions.map((action): Untagged => ({
      method: 'post',
      path: `${path}/${action}`,
      summary: summaries[action],
      need: 'dialer-control',
      answer: listView,
    })),
  ];
  return [
    { method: 'get', path: all, summary: 'Lists of a campaign', query: listsQuery, answer: openPageOf(listView) },
    {
      method: 'post',
      path: all,
      summary: 'Load a list: CSV, NDJSON or JSON, packed with gzip or not; the answer comes when the file is here',
      need: 'dialer-control',
      query: listQuery,
      bodyType: file,
      answer: listView,
      status: 202,
    },
    ...one(`${all}/{list}`),
    ...one(`${root}/lists/{list}`),
  ];
}

export const dialerListRoutes: readonly RouteDoc[] = [
  ...routes('dialer lists', 'dialer-view', listRoutes('/dialer')),
  ...routes('dialer lists, short addresses', 'dialer-view', listRoutes('')).map((doc) => ({ ...doc, atRoot: true })),
  ...routes('dialer lists', 'dialer-view', [
    { method: 'get', path: '/dialer/export/contacts', summary: 'Contacts as a file', query: contactsExportQuery, answerType: 'text/csv' },
    {
      method: 'get',
      path: '/dialer/export/calls',
      summary: 'Calls as a file, newest first',
      query: callsExportQuery,
      answerType: 'text/csv',
    },
  ]),
  ...routes('dialer suppression', 'dialer-view', [
    { method: 'get', path: '/dialer/dnc', summary: 'Numbers that must not be called', query: dncQuery, answer: openPageOf(dncView) },
    {
      method: 'post',
      path: '/dialer/dnc',
      summary: 'Up to 1,000 numbers that must not be called from now on',
      need: 'dialer-control',
      body: dncBody,
      answer: z.object({ added: count, national: count.describe('in national form, without a country') }),
    },
    {
      method: 'post',
      path: '/dialer/dnc/remove',
      summary: 'Numbers that may be called again, and why',
      need: 'dialer-admin',
      body: dncRemoveBody,
      answer: z.object({ removed: count }),
    },
    {
      method: 'get',
      path: '/dialer/dnc/find',
      summary: 'On which lists a number is',
      query: dncFindQuery,
      answer: z.object({ number: z.string(), listed: z.boolean(), entries: z.array(dncView) }),
    },
    {
      method: 'get',
      path: '/dialer/dnc/export',
      summary: 'All of them as a file',
      need: 'dialer-control',
      query: dncExportQuery,
      answerType: 'text/csv',
    },
    {
      method: 'post',
      path: '/dialer/dnc/import',
      summary: 'A file of numbers, one on each line or a column of a CSV file; replace needs tandem_dialer_admin',
      need: 'dialer-control',
      query: dncImportQuery,
      bodyType: file,
      answer: dncImportView,
    },
  ]),
];
