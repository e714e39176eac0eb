/** How a report is asked for: time, interval, queues, form of the answer. */
import { z } from 'zod';
import { pageMax } from '../../core/acd/views.js';
import { TandemError } from '../../core/errors.js';
import { followUpStates, type ReportCursor } from '../../core/report-ports.js';
import { dayStart, type Interval } from '../../core/reports/calendar.js';
import { instantOf, isZone } from '../../core/time.js';
import { canonical } from '../../core/provisioning/names.js';

const when = z
  .string()
  .max(40)
  .regex(
    /^(\d{1,15}|\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?)$/,
    'must be Unix ms, a date, or a date with a time',
  );
const names = z
  .string()
  .max(2_000)
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.string().min(1).max(150)).max(100));

const time = {
  from: when.optional().describe('Unix ms, `2026-11-22` (its first instant) or `2026-11-22T09:00` in the zone; default: today'),
  to: when.optional().describe('not included; default: now'),
  zone: z.string().max(60).refine(isZone, 'is no IANA zone').optional().describe('default: the zone of the site'),
};

export const reportQuery = z.strictObject({
  ...time,
  interval: z.enum(['15m', 'day']).default('15m'),
  queue: names.optional().describe('names, separated by commas; of agents: who serves one of them now'),
  media: z.enum(['audio', 'chat']).optional().describe('not for agents'),
  origin: z
    .enum(['callers', 'dialer', 'all'])
    .optional()
    .describe('default: callers, those who called by themselves; answered calls of campaigns are not among them. Not for agents'),
  format: z.enum(['json', 'csv']).default('json'),
});

export const abandonedQuery = z.strictObject({
  ...time,
  queue: names.optional(),
  state: z.enum(followUpStates).optional(),
  after: z
    .string()
    .max(230)
    .regex(/^\d{1,15}_.{0,200}$/, 'is no cursor of this API')
    .optional()
    .describe('`next` of the page before'),
  limit: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number')
    .transform(Number)
    .pipe(z.int().min(1).max(pageMax))
    .default(100),
  format: z.enum(['json', 'csv']).default('json'),
});

export const queueLogQuery = z.strictObject({ ...time, queue: names.optional() });

export const followUpBody = z.strictObject({
  state: z.enum(followUpStates),
  note: z
    .string()
    .max(500)
    .regex(/^[^\p{C}]*$/u, 'must be one line of text')
    .default(''),
});

/** Days of queue log, and of callers who were not served. */
export const rangeDaysMax = 400;

interface Times {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly zone?: string | undefined;
}

/** The time of a report in the zone that is asked for. Throws TDM_BAD_REQUEST. */
export function rangeOf(
  { from, to, zone: wanted }: Times,
  site: { readonly zone: string; readonly nowMs: number },
): Interval & { readonly zone: string } {
  const zone = wanted ?? site.zone;
  const fromMs = from === undefined ? dayStart(site.nowMs, zone) : instant('from', from, zone);
  const toMs = to === undefined ? Math.max(site.nowMs + 1, fromMs + 1) : instant('to', to, zone);
  if (fromMs >= toMs) throw new TandemError('TDM_BAD_REQUEST', ['"from" must be before "to"']);
  if (toMs - fromMs > (rangeDaysMax + 2) * 86_400_000)
    throw new TandemError('TDM_BAD_REQUEST', [`at most ${String(rangeDaysMax)} days at once`]);
  return { fromMs, toMs, zone };
}

/** 2100: what is asked for later than that is a mistake */
const instantMsMax = 4_102_444_800_000;

function instant(name: string, text: string, zone: string): number {
  const ms = readInstant(text, zone);
  if (ms === undefined || Number.isNaN(ms) || ms < 0 || ms > instantMsMax)
    throw new TandemError('TDM_BAD_REQUEST', [`${name}: is no date`]);
  return ms;
}

function readInstant(text: string, zone: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (/(Z|[+-]\d\d:\d\d)$/.test(text) && text.length > 10) return Date.parse(text.replace(' ', 'T'));
  const [date = '', clock = ''] = text.split(/[T ]/);
  const isDate = !Number.isNaN(Date.parse(`${date}T00:00:00Z`));
  if (!isDate) return undefined;
  if (clock === '') return dayOf(date, zone);
  const [h = '', m = '', s = '00'] = clock.split(':');
  if (Number(h) > 23 || Number(m) > 59 || Number(s) >= 60) return undefined;
  return instantOf(`${date} ${h}:${m}:${s.slice(0, 2)}`, zone);
}

/** A date's first instant; noon exists on every day. */
function dayOf(date: string, zone: string): number | undefined {
  const noon = instantOf(`${date} 12:00:00`, zone);
  return noon === undefined || noon < 0 ? noon : dayStart(noon, zone);
}

export const cursorText = ({ startedAtMs, key }: ReportCursor): string => `${String(startedAtMs)}_${key}`;

export function cursorOf(text: string | undefined): ReportCursor | undefined {
  const found = text === undefined ? undefined : /^(\d{1,15})_(.*)$/su.exec(text);
  return found ? { startedAtMs: Number(found[1]), key: found[2] ?? '' } : undefined;
}

/** Queues by the names asked for, with or without the domain that mod_callcenter leaves out; of removed ones too. */
export function queueFilter(wanted: readonly string[] | undefined): (queue: string) => boolean {
  if (wanted === undefined) return () => true;
  const ids = new Set(wanted.flatMap((name) => (name.includes('@') ? [canonical(name)] : [canonical(name), `${canonical(name)}@default`])));
  return (queue) => ids.has(canonical(queue));
}
