/** The queue log of stored segments is told while it is read: the same lines as of a whole day that is sorted, and little in memory. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AcdState } from '../core/acd/acd-state.js';
import type { OfferSegment, Segment, StatusSegment, VisitSegment } from '../core/acd/records.js';
import type { ReportStore } from '../core/report-ports.js';
import type { Interval } from '../core/reports/calendar.js';
import { QueueLogFold } from '../core/reports/queue-log-fold.js';
import { queueLogReport, segmentsPerPiece } from '../core/services/queue-log-report.js';
import { segmentPageRows } from '../core/services/segments-by-start.js';
import { memoryReports } from './support/report-memory.js';
import { queueLogAtOnce } from './support/queue-log-at-once.js';

const dayMs = 86_400_000;
const t0 = Date.UTC(2026, 10, 22);
const everybody = () => true;

interface Story {
  readonly startS: number;
  readonly waitS: number;
  readonly talkS: number;
  readonly kind: 'answered' | 'abandoned' | 'timeout' | 'message' | 'dialler' | 'no-offer' | 'missed';
}

const agents = ['ann', 'ben', 'cem'];

/** One caller with his offers. `n` names him. */
function segmentsOf({ startS, waitS, talkS, kind }: Story, n: number): Segment[] {
  const agent = agents[n % agents.length] ?? '';
  const startMs = t0 + startS * 1_000;
  const connectedMs = startMs + waitS * 1_000;
  const visit = {
    ...{ kind: 'visit', key: `m${n}/1`, member: `m${n}`, visit: 1, rootId: n % 2 ? `root${n}` : '', queue: n % 4 ? 'ql' : 'vip' },
    ...{ media: 'audio', number: `${n}`, name: '', param: kind === 'message' ? 'message:/1.wav' : '', arrivedAtMs: startMs },
    ...{ enteredAtMs: startMs, leftAtMs: connectedMs + (kind === 'answered' ? talkS * 1_000 : 0), detail: n % 5 ? '' : 'transfer' },
    ...{ reason: kind === 'timeout' ? 'timeout' : kind === 'abandoned' ? 'abandoned' : 'answered', agent, waitMs: waitS * 1_000 },
    ...{ offer: `o${n}`, offers: 1, rejections: 0, talkMs: 0, positionAtEntry: 1, priority: 0, leadId: undefined },
    ...(kind === 'dialler' && { origin: 'dialer' }),
  } as unknown as VisitSegment;
  const ring = (offer: string, at: number, over: object) =>
    ({
      ...{
        kind: 'offer',
        key: offer,
        offer,
        member: visit.member,
        visit: 1,
        rootId: visit.rootId,
        queue: visit.queue,
        agent,
        media: 'audio',
      },
      ...{
        startedAtMs: at,
        answeredAtMs: 0,
        connectedAtMs: 0,
        endedAtMs: at + 1_000,
        ringMs: 900,
        talkMs: 0,
        endedBy: 'caller',
        detail: '',
      },
      ...over,
    }) as unknown as OfferSegment;
  const missed = ['missed', 'message', 'dialler'].includes(kind)
    ? [ring(`x${n}`, startMs + waitS * 500, { outcome: n % 2 ? 'no-answer' : 'caller-left' })]
    : [];
  const won = { outcome: 'talked', endedAtMs: visit.leftAtMs, endedBy: n % 3 ? 'agent' : 'caller', detail: 'blind transfer to 7@x' };
  return [visit, ...missed, ...(kind === 'no-offer' || kind === 'abandoned' ? [] : [ring(`o${n}`, startMs + waitS * 500, won)])];
}

/** Stays of one agent, one behind the other, now and then with a gap. */
function staysOf(agent: string, lengthsS: readonly number[]): StatusSegment[] {
  let at = t0 - dayMs;
  return lengthsS.map((lengthS, i) => {
    const startedAtMs = at;
    at += lengthS * 1_000;
    const status = ['Available', 'On Break', 'Logged Out'][(lengthS + i) % 3] ?? '';
    const stay = {
      kind: 'status',
      key: `${agent}/${startedAtMs}`,
      agent,
      status,
      reason: lengthS % 2 ? 'lunch' : 'coffee',
      startedAtMs,
      endedAtMs: at,
    };
    if (lengthS % 7 === 0) at += 1_000;
    return stay as unknown as StatusSegment;
  });
}

/** Who is there: callers of these beginnings, every second of whom talks. */
function stateOf(startsS: readonly number[]): AcdState {
  const members = startsS.map((startS, i) => {
    const enteredAtMs = t0 + startS * 1_000;
    const phase = i % 2 ? { kind: 'waiting' } : { kind: 'talking', offer: `now${i}`, sinceMs: enteredAtMs + 5_000 };
    const presence = { kind: i % 5 === 4 ? 'message' : 'here' };
    return { id: `now${i}`, visit: 1, rootId: '', queue: 'ql', number: '', enteredAtMs, positionAtEntry: 1, phase, presence };
  });
  const offers = members.map(({ id, enteredAtMs }) => ({
    ...{
      id,
      agent: 'ann',
      startedAtMs: enteredAtMs,
      phase: { kind: 'talking', answeredAtMs: enteredAtMs, connectedAtMs: enteredAtMs + 5_000 },
    },
  }));
  const named = <T extends { readonly id: string }>(list: readonly T[]) => new Map(list.map((one) => [one.id, one]));
  const here = agents.map((id, i) => ({ id, status: 'Available', pauseReason: undefined, statusSinceMs: t0 + i * 1_000 }));
  const state = { members: named(members), offers: named(offers), agents: named(here), servicesOfAgent: () => [{ queue: 'ql' }] };
  return state as unknown as AcdState;
}

async function told(segments: readonly Segment[], range: Interval, state: AcdState, perPiece?: number) {
  let text = '';
  const deps = { store: memoryReports(() => segments), zone: 'UTC', state: () => state, breathe: () => Promise.resolve() };
  for await (const lines of queueLogReport(deps, range, everybody, perPiece)) text += lines;
  return text;
}

// few seconds, so that much falls on the same moment
const second = fc.integer({ min: -200, max: 400 }).map((n) => n * 360);
const story = fc.record({
  startS: second,
  waitS: fc.nat(3).map((n) => n * 360),
  talkS: fc.nat(20).map((n) => n * 1_800),
  kind: fc.constantFrom<Story['kind'][]>('answered', 'abandoned', 'timeout', 'message', 'dialler', 'no-offer', 'missed'),
});

describe('queue log of stored segments, in order', () => {
  it('B60: the lines are those of whole days that are sorted, also over midnight, of the same moment, and with who is there now', async () => {
    const stays = fc.array(fc.nat(60_000), { maxLength: 12 });
    const site = fc.record({
      stories: fc.array(story, { maxLength: 60 }),
      lengths: fc.tuple(stays, stays, stays),
      open: fc.array(second, { maxLength: 8 }),
      from: second,
      perPiece: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(site, async ({ stories, lengths, open, from, perPiece }) => {
        const segments = [...stories.flatMap(segmentsOf), ...agents.flatMap((agent, i) => staysOf(agent, lengths[i] ?? []))];
        const range = { fromMs: t0 + from * 1_000, toMs: t0 + 2 * dayMs };
        const state = stateOf(open);
        assert.equal(await told(segments, range, state, perPiece), queueLogAtOnce(segments, range, state));
      }),
      { numRuns: 150 },
    );
  });

  it('B60: of a day of many calls no more is held than the calls of a minute and three pages', async () => {
    const count = 9_000;
    const segments = Array.from({ length: count }, (_, n) =>
      segmentsOf({ startS: Math.floor((n * 86_000) / count), waitS: 10, talkS: 180, kind: 'answered' }, n),
    ).flat();
    const stored = {
      visit: segments.filter(({ kind }) => kind === 'visit'),
      offer: segments.filter(({ kind }) => kind === 'offer'),
      status: [],
    };
    let read = 0;
    const paged: Pick<ReportStore, 'segments'> = {
      segments(kind, { toMs }, after, limit) {
        const rows = kind === 'visit' || kind === 'offer' ? stored[kind] : [];
        const from = after ? rows.findIndex(({ key }) => key === after.key) + 1 : 0;
        const page = toMs > t0 ? rows.slice(from, from + limit) : [];
        if (kind === 'visit') read += page.length;
        const last = page.at(-1);
        const next = last && from + limit < rows.length ? { startedAtMs: 0, key: last.key } : undefined;
        return Promise.resolve({ rows: page, next });
      },
    };
    let [written, heldMax, pieces] = [0, 0, 0];
    const deps = { store: paged, zone: 'UTC', state: () => undefined, breathe: () => Promise.resolve() };
    for await (const lines of queueLogReport(deps, { fromMs: t0, toMs: t0 + dayMs }, everybody)) {
      pieces++;
      written += lines.split('\n').length - 1;
      heldMax = Math.max(heldMax, 3 * read - written);
    }
    assert.equal(written, 3 * count);
    assert.ok(pieces > 8, `${pieces} pieces`);
    // calls of 190 seconds and a minute: about 90; a page of visits that is merged with one of offers
    const boundLines = 3 * (100 + 2 * segmentPageRows + segmentsPerPiece);
    assert.ok(heldMax < boundLines, `${heldMax} lines were held, ${boundLines} at most`);
  });

  it('B60: a call that ends while the log is read has its lines once', async () => {
    const [visit] = segmentsOf({ startS: 10, waitS: 5, talkS: 60, kind: 'no-offer' }, 1);
    assert.ok(visit?.kind === 'visit');
    const state = stateOf([10]);
    const ended = { ...visit, key: 'now0/1', member: 'now0' } as unknown as Segment;
    const events = (await told([ended], { fromMs: t0, toMs: t0 + dayMs }, state)).split('\n').map((line) => line.split('|')[4]);
    assert.deepEqual(
      events.filter((event) => event === 'ENTERQUEUE' || event === 'CONNECT'),
      ['ENTERQUEUE', 'CONNECT'],
    );
  });

  it('B60: what an early offer and a finished caller leave behind is forgotten', () => {
    const fold = new QueueLogFold({ range: { fromMs: t0, toMs: t0 + dayMs }, queuesOf: () => [], isWanted: everybody });
    for (const kind of ['answered', 'dialler', 'no-offer'] as const)
      for (const segment of segmentsOf({ startS: 10, waitS: 5, talkS: 60, kind }, kind.length).reverse())
        if (segment.kind === 'visit') fold.visit(segment);
        else if (segment.kind === 'offer') fold.offer(segment);
    assert.ok(fold.size > 0);
    fold.take(t0 + 100_000);
    assert.equal(fold.size, 0);
  });
});
