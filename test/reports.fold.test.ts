/** Reports are folds over segments, by the definitions of docs/statistics.md (B6, B26). */
import assert from 'node:assert/strict';
import { agentId, memberId, offerId, queueId } from '../core/acd/ids.js';
import type { OfferSegment, Segment, StatusSegment, VisitSegment, WrapUpSegment } from '../core/acd/records.js';
import { exitReasons } from '../core/acd/words.js';
import { dayEnd, dayStart, intervalsOf, quarterMs } from '../core/reports/calendar.js';
import type { IntervalKind } from '../core/reports/calendar.js';
import { reportRowsMax } from '../core/reports/queue-table.js';
import type { OpenThings } from '../core/reports/open-work.js';
import { createReports, reportLimits } from '../core/services/reports.js';
import type { ReportWish } from '../core/services/reports.js';
import { createCheckers } from './simulation/checkers/index.js';
import { createAcdEngine } from '../core/acd/create-engine.js';
import { smallPlan } from './simulation/plan.js';
import { Random } from './simulation/random.js';
import { Simulation } from './simulation/simulation.js';
import { memoryReports } from './support/report-memory.js';

const nine = Date.UTC(2026, 10, 23, 9);
const [second, minute, hour] = [1_000, 60_000, 3_600_000];
const goal = { withinMs: 20 * second, percent: 80, shortAbandonMs: 5 * second };
const none: OpenThings = { members: [], offers: [], agents: [] };

let keys = 0;
function visit(atMs: number, reason: VisitSegment['reason'], waitMs: number, talkMs = 0, more: Partial<VisitSegment> = {}): VisitSegment {
  const member = memberId(`m${String(++keys)}`);
  return {
    kind: 'visit',
    key: `${member}/1`,
    member,
    visit: 1,
    rootId: '',
    queue: queueId('support'),
    media: 'audio',
    number: '5551',
    name: '',
    leadId: undefined,
    param: '',
    arrivedAtMs: atMs,
    enteredAtMs: atMs,
    leftAtMs: atMs + waitMs + talkMs,
    reason,
    detail: '',
    agent: undefined,
    offer: undefined,
    offers: 0,
    rejections: 0,
    waitMs,
    talkMs,
    positionAtEntry: 1,
    priority: 256,
    ...more,
  };
}

function offer(
  atMs: number,
  ringMs: number,
  talkMs: number,
  outcome: OfferSegment['outcome'],
  more: Partial<OfferSegment> = {},
): OfferSegment {
  const id = offerId(`o${String(++keys)}`);
  const connectedAtMs = talkMs > 0 ? atMs + ringMs : 0;
  return {
    kind: 'offer',
    key: id,
    offer: id,
    member: memberId('m'),
    visit: 1,
    rootId: '',
    queue: queueId('support'),
    agent: agentId('anna'),
    media: 'audio',
    startedAtMs: atMs,
    answeredAtMs: connectedAtMs,
    connectedAtMs,
    endedAtMs: atMs + ringMs + talkMs,
    ringMs,
    talkMs,
    outcome,
    endedBy: 'caller',
    detail: '',
    ...more,
  };
}

const stay = (status: string, startedAtMs: number, endedAtMs: number, more: Partial<StatusSegment> = {}): StatusSegment => ({
  kind: 'status',
  key: `anna/${String(startedAtMs)}`,
  agent: agentId('anna'),
  status,
  reason: undefined,
  startedAtMs,
  endedAtMs,
  ...more,
});

const wrapUp = (startedAtMs: number, endedAtMs: number): WrapUpSegment => ({
  kind: 'wrapup',
  key: `anna/${String(startedAtMs)}`,
  agent: agentId('anna'),
  queue: queueId('support'),
  startedAtMs,
  endedAtMs,
  outcome: 'expired',
});

function reportsOf(segments: readonly Segment[], open: OpenThings = none, nowMs = nine + 10 * hour, limits = reportLimits) {
  return createReports(
    {
      store: memoryReports(() => segments),
      open: () => Promise.resolve(open),
      goalOf: () => goal,
      nowMs: () => nowMs,
      breathe: () => Promise.resolve(),
    },
    limits,
  );
}

const wish = (fromMs: number, toMs: number, interval: IntervalKind = '15m', zone = 'UTC'): ReportWish => ({
  fromMs,
  toMs,
  interval,
  zone,
  isWanted: () => true,
});

describe('reports: queues', () => {
  it('B26: counts, waits and the three service levels are as they are defined', async () => {
    const report = await reportsOf([
      visit(nine, 'answered', 10 * second, minute),
      visit(nine, 'answered', 20 * second, 3 * minute, { detail: 'transfer' }),
      visit(nine, 'answered', 21 * second, 2 * minute),
      visit(nine, 'abandoned', 4 * second),
      visit(nine, 'abandoned', 40 * second),
      visit(nine, 'timeout', 60 * second),
      visit(nine, 'exit-key', 5 * second),
      visit(nine, 'blocked', 0),
      offer(nine, 5 * second, minute, 'talked'),
      offer(nine, 15 * second, 0, 'no-answer'),
      offer(nine, 4 * second, 0, 'caller-left'),
      offer(nine, 4 * second, 0, 'switch-failed'),
      wrapUp(nine + minute, nine + 90 * second),
    ]).queues(wish(nine, nine + quarterMs));
    assert.equal(report.items.length, 1);
    const { fromMs, toMs, queue, ...figures } = report.items[0] ?? assert.fail();
    assert.deepEqual([fromMs, toMs, queue], [nine, nine + quarterMs, 'support']);
    assert.deepEqual({ ...figures, serviceLevelGoal: null, belowGoal: null }, report.all);
    assert.deepEqual(figures, {
      offered: 7,
      answered: 3,
      abandoned: 2,
      overflowed: 1,
      timedOut: 1,
      waiting: 0,
      refused: 1,
      answeredInTime: 2,
      shortAbandoned: 1,
      serviceLevel: 0.4,
      serviceLevelGoal: 0.8,
      belowGoal: true,
      serviceLevelOfOffered: 0.2857,
      serviceLevelWithoutShort: 0.3333,
      abandonRate: 0.2857,
      speedOfAnswerMs: 17_000,
      meanWaitMs: 22_857,
      meanAbandonedWaitMs: 22_000,
      longestWaitMs: 60_000,
      talkMs: 360_000,
      meanTalkMs: 120_000,
      longestTalkMs: 180_000,
      wrapUpMs: 30_000,
      meanWrapUpMs: 30_000,
      meanHandleMs: 130_000,
      holdMs: null,
      meanHoldMs: null,
      longestHoldMs: null,
      transfers: 1,
      offers: 4,
      missed: 1,
      ringMs: 28_000,
      meanRingMs: 7_000,
      messages: 0,
      messagesHandled: 0,
    });
  });

  it('B26: hold is summed up over the talks of which it is known; rows of before an update say nothing of it', async () => {
    const talk = (holdMs?: number) => offer(nine, second, minute, 'talked', holdMs === undefined ? {} : { holdMs });
    const segments = [talk(10 * second), talk(0), talk(20 * second), talk(), offer(nine, second, 0, 'no-answer')];
    const { all } = await reportsOf(segments).queues(wish(nine, nine + hour));
    assert.deepEqual([all.holdMs, all.meanHoldMs, all.longestHoldMs], [30_000, 10_000, 20_000]);
    const agents = await reportsOf(segments).agents(wish(nine, nine + hour));
    assert.deepEqual([agents.all.holdMs, agents.all.meanHoldMs, agents.all.longestHoldMs], [30_000, 10_000, 20_000]);
    const old = await reportsOf([talk()]).queues(wish(nine, nine + hour));
    assert.deepEqual([old.all.holdMs, old.all.meanHoldMs, old.all.longestHoldMs], [null, null, null]);
  });

  it('B51: a message that somebody left is no caller: counted apart, in none of the figures of callers', async () => {
    const param = 'message:/var/spool/tandem/a.wav';
    const open = {
      ...none,
      members: ['waiting', 'talking'].map((kind, n) => ({
        id: `open${String(n)}`,
        visit: 1,
        queue: 'support',
        media: 'audio',
        enteredAtMs: nine,
        presence: { kind: 'message', file: '/a.wav' },
        phase: { kind, sinceMs: nine + minute },
      })),
    } as unknown as OpenThings;
    const segments = [
      visit(nine, 'answered', hour, minute, { param }),
      visit(nine, 'withdrawn', 2 * hour, 0, { param }),
      visit(nine, 'full', 0, 0, { param }),
      visit(nine, 'answered', second, minute),
    ];
    const { all } = await reportsOf(segments, open).queues(wish(nine, nine + hour));
    assert.deepEqual([all.messages, all.messagesHandled], [4, 2]);
    const { all: callers } = await reportsOf(segments.slice(-1)).queues(wish(nine, nine + hour));
    assert.deepEqual({ ...all, messages: 0, messagesHandled: 0 }, callers);
  });

  it('B26: a queue is below its goal by its exact share; without a call it is not, and of several queues nobody says', async () => {
    const of = (inTime: number, late: number) => [
      ...Array.from({ length: inTime }, () => visit(nine, 'answered', 0, second)),
      ...Array.from({ length: late }, () => visit(nine, 'answered', minute, second)),
    ];
    for (const [inTime, late, expected] of [
      [4, 1, false],
      [7_999, 2_001, true],
      [3, 1, true],
    ] as const) {
      const { items, totals, all } = await reportsOf(of(inTime, late)).queues(wish(nine, nine + hour));
      assert.deepEqual([items[0]?.belowGoal, totals[0]?.belowGoal, totals[0]?.serviceLevelGoal], [expected, expected, 0.8]);
      assert.deepEqual([all.belowGoal, all.serviceLevelGoal], [null, null]);
    }
    const { totals } = await reportsOf([visit(nine, 'timeout', minute)]).queues(wish(nine, nine + hour));
    assert.equal(totals[0]?.belowGoal, null);
  });

  it('B6: every way to leave is one of the five, or the caller was not let in', async () => {
    for (const reason of exitReasons) {
      const { all } = await reportsOf([visit(nine, reason, second)]).queues(wish(nine, nine + quarterMs));
      assert.equal(all.offered, 1, reason);
      const { all: atTheDoor } = await reportsOf([visit(nine, reason, 0)]).queues(wish(nine, nine + quarterMs));
      assert.equal(atTheDoor.offered + atTheDoor.refused, 1, reason);
    }
  });

  it('B6: a visit counts in the interval in which it began, however late it ends; a caller moved on has a visit in each queue', async () => {
    const atTen = nine + hour;
    const moved = visit(atTen - minute, 'overflowed', 2 * minute, 0, { detail: 'sales' });
    const second_ = visit(atTen + minute, 'answered', minute, minute, {
      queue: queueId('sales'),
      member: moved.member,
      key: `${moved.member}/2`,
      visit: 2,
    });
    const { items } = await reportsOf([moved, second_]).queues(wish(nine, atTen + hour));
    assert.deepEqual(
      items.map(({ fromMs, queue, offered, overflowed, answered }) => [fromMs, queue, offered, overflowed, answered]),
      [
        [atTen - quarterMs, 'support', 1, 1, 0],
        [atTen, 'sales', 1, 0, 1],
      ],
    );
  });

  it('an empty queue has no rates, and a report of nothing has no rows', async () => {
    const { items, totals, all } = await reportsOf([]).queues(wish(nine, nine + hour));
    assert.deepEqual([items, totals], [[], []]);
    assert.deepEqual([all.serviceLevel, all.abandonRate, all.meanTalkMs, all.offered], [null, null, null, 0]);
  });

  it('a report too long, too large, too slow, or one too many is refused', async () => {
    const reports = reportsOf([]);
    await assert.rejects(reports.queues(wish(nine, nine)), { code: 'TDM_BAD_REQUEST' });
    await assert.rejects(reports.queues(wish(nine, nine + 40 * 24 * hour)), { code: 'TDM_BAD_REQUEST' });
    await assert.rejects(reports.queues(wish(0, 9e15, 'day')), { code: 'TDM_BAD_REQUEST' });
    const many = reportsOf(
      Array.from({ length: reportRowsMax + 1 }, (_, n) =>
        visit(nine, 'answered', 0, 0, { queue: queueId(`q${String(n)}`), key: String(n).padStart(9, '0') }),
      ),
      none,
      nine,
      { ...reportLimits, pageRows: 1_000_000 },
    );
    await assert.rejects(many.queues(wish(nine, nine + hour)), { code: 'TDM_BAD_REQUEST' });
    const all = [1, 2, 3].map(() => reports.queues(wish(nine, nine + hour)));
    await assert.rejects(reports.queues(wish(nine, nine + hour)), { code: 'TDM_BUSY' });
    await Promise.all(all);
    await reports.queues(wish(nine, nine + hour));
    let nowMs = nine;
    const slow = createReports(
      {
        store: memoryReports(() => [visit(nine, 'answered', 0), visit(nine, 'answered', 0)]),
        open: () => Promise.resolve(none),
        goalOf: () => goal,
        nowMs: () => (nowMs += hour),
        breathe: () => Promise.resolve(),
      },
      { ...reportLimits, pageRows: 1 },
    );
    await assert.rejects(slow.queues(wish(nine, nine + hour)), { code: 'TDM_DEADLINE' });
  });
});

describe('reports: turns of others', () => {
  it('B6: a large report is made in small pieces, and its rows come in order', async () => {
    const agents = 120;
    const segments = Array.from({ length: 96 * agents }, (_, n) => {
      const agent = `agent${String((n * 7) % agents).padStart(3, '0')}`;
      const atMs = nine + Math.floor(n / agents) * quarterMs;
      return offer(atMs, second, minute, 'talked', { agent: agentId(agent), queue: queueId(agent) });
    });
    let turns = 0;
    const reports = createReports({
      store: memoryReports(() => segments),
      open: () => Promise.resolve(none),
      goalOf: () => goal,
      nowMs: () => nine + 48 * hour,
      breathe: () => {
        turns++;
        return Promise.resolve();
      },
    });
    for (const kind of ['queues', 'agents'] as const) {
      turns = 0;
      const { items, totals } = await reports[kind](wish(nine, nine + 24 * hour));
      assert.equal(items.length, segments.length);
      assert.equal(totals.length, agents);
      // reading alone needs one turn for each page, making the rows at least as many again
      assert.ok(turns >= (2 * segments.length) / reportLimits.pageRows - 3, `${kind}: ${String(turns)} turns`);
      const keys = items.map((row) => `${String(row.fromMs)} ${'agent' in row ? row.agent : row.queue}`);
      assert.deepEqual(keys, [...keys].sort());
    }
  }).timeout(30_000);
});

describe('reports: days and intervals', () => {
  const dayHours = (date: number, zone: string): number => (dayEnd(date, zone) - dayStart(date, zone)) / hour;

  it('B26: the day on which the clock goes forward has 23 hours, the one on which it goes back 25', () => {
    assert.equal(dayHours(Date.UTC(2026, 2, 29, 12), 'Europe/Berlin'), 23);
    assert.equal(dayHours(Date.UTC(2026, 9, 25, 12), 'Europe/Berlin'), 25);
    assert.equal(dayHours(Date.UTC(2026, 10, 23, 12), 'Europe/Berlin'), 24);
    // there is no midnight on this day in Santiago
    assert.equal(dayHours(Date.UTC(2026, 8, 6, 12), 'America/Santiago'), 23);
    assert.equal(new Date(dayStart(Date.UTC(2026, 8, 6, 12), 'America/Santiago')).toISOString(), '2026-09-06T04:00:00.000Z');
  });

  it('B26: intervals follow each other without a gap over every change of the clock', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/Santiago', 'UTC'])
      for (const kind of ['15m', 'day'] as const) {
        const days = intervalsOf(Date.UTC(2026, 0, 5), Date.UTC(2026, kind === 'day' ? 11 : 3, 5), kind, zone, 100_000);
        for (const [i, { fromMs, toMs }] of days.entries()) {
          assert.ok(toMs > fromMs);
          assert.equal(fromMs, days[i - 1]?.toMs ?? fromMs);
          if (kind === 'day') assert.equal(dayStart(toMs - 1, zone), fromMs);
        }
      }
  });

  it('B26: visits of the doubled hour fall into intervals of their own', async () => {
    const [first, again] = [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)]; // both 02:30 in Berlin
    const both = reportsOf([visit(first, 'answered', 0), visit(again, 'answered', 0)], none, again + hour);
    const quarters = await both.queues(wish(first, again + hour, '15m', 'Europe/Berlin'));
    assert.deepEqual(
      quarters.items.map(({ fromMs, offered }) => [fromMs, offered]),
      [
        [first, 1],
        [again, 1],
      ],
    );
    const days = await both.queues(wish(first, first + 1, 'day', 'Europe/Berlin'));
    assert.deepEqual([days.items.length, days.all.offered], [1, 2]);
  });
});

describe('reports: agents', () => {
  it('B26 B35: times are split at the borders of intervals, counts belong to the beginning', async () => {
    const border = nine + quarterMs;
    const report = await reportsOf([
      stay('Available', nine - hour, border + 5 * minute),
      stay('On Break', border + 5 * minute, border + 10 * minute, { reason: 'lunch', paid: 1 }),
      stay('Logged Out', border + 10 * minute, border + hour),
      offer(border - 3 * minute, minute, 4 * minute, 'talked', { endedBy: 'transfer' }),
      wrapUp(border + 2 * minute, border + 3 * minute),
      offer(nine, 20 * second, 0, 'no-answer'),
    ]).agents(wish(nine, border + quarterMs));
    const [first, second_] = report.items;
    assert.deepEqual(
      [first, second_].map((row) => row && [row.fromMs, row.offers, row.answered, row.missed, row.transfers, row.talkMs, row.wrapUpMs]),
      [
        [nine, 2, 1, 1, 1, 2 * minute, 0],
        [border, 0, 0, 0, 0, 2 * minute, minute],
      ],
    );
    assert.deepEqual(
      [first, second_].map(
        (row) => row && [row.loggedInMs, row.pausedMs, row.paidPausedMs, row.idleMs, row.busyMs, row.occupancy, row.utilisation],
      ),
      [
        [quarterMs, 0, 0, 13 * minute, 2 * minute, 0.1333, 0.1333],
        [10 * minute, 5 * minute, 5 * minute, 2 * minute, 3 * minute, 0.6, 0.3],
      ],
    );
    assert.equal(report.totals[0]?.longestTalkMs, 4 * minute);
    assert.equal(report.all.loggedInMs, 25 * minute);
  });

  it('B26: a stay of weeks, and one that goes on, fill every day of the report', async () => {
    const day = 24 * hour;
    const from = Date.UTC(2026, 10, 1);
    const long = stay('Available', from - 30 * day, from + 20 * day);
    const { items } = await reportsOf([long], none, from + 25 * day).agents(wish(from, from + 3 * day, 'day'));
    assert.deepEqual(
      items.map(({ loggedInMs, idleMs }) => [loggedInMs / day, idleMs / day]),
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    );
    const anna = {
      id: agentId('anna'),
      status: 'Available',
      statusSinceMs: from - 30 * day,
      pauseReason: undefined,
      phase: { kind: 'idle' },
    };
    const open = { ...none, agents: [anna] } as unknown as OpenThings;
    const running = await reportsOf([], open, from + day + hour).agents(wish(from, from + 3 * day, 'day'));
    assert.deepEqual(
      running.items.map(({ loggedInMs }) => loggedInMs / hour),
      [24, 1],
    );
  });

  it('B6: two chats at once, or a talk that goes on after the logout, make nobody busier than an hour in an hour', async () => {
    const { all } = await reportsOf([
      stay('Available', nine, nine + 10 * minute),
      offer(nine, 0, 30 * minute, 'talked', { media: 'chat' }),
      offer(nine, 0, 20 * minute, 'talked', { media: 'chat' }),
    ]).agents(wish(nine, nine + hour));
    assert.deepEqual([all.talkMs, all.busyMs, all.idleMs, all.occupancy, all.utilisation], [50 * minute, 30 * minute, 0, 1, 1]);
  });
});

/** A day of simulated trouble: restarts, moves, callbacks, lost links; with what is not over at its end. */
function simulated(seed: number) {
  const random = new Random(seed);
  const simulation = new Simulation(smallPlan(seed, random), random, createAcdEngine, createCheckers());
  const startMs = simulation.nowMs;
  simulation.run();
  return { segments: [...simulation.store.segments.values()], startMs, endMs: simulation.nowMs };
}

describe('reports: days of simulated trouble', () => {
  it('B6: offered = answered + abandoned + overflowed + timed out + waiting, and no rate is above 100 %, in every interval of 60 days', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { segments, startMs, endMs } = simulated(seed);
      // as if asked in the middle: what ends later is not stored yet
      const atMs = startMs + Math.round((endMs - startMs) * ((seed % 10) / 10));
      const stored = segments.filter((one) => (one.kind === 'visit' ? one.leftAtMs : one.endedAtMs) <= atMs);
      const waiting = segments.filter((one) => one.kind === 'visit' && one.leftAtMs > atMs && one.enteredAtMs <= atMs) as VisitSegment[];
      const open = {
        ...none,
        members: waiting.map(({ member, visit: nth, queue, media, enteredAtMs, waitMs }) => ({
          id: member,
          visit: nth,
          queue,
          media,
          enteredAtMs,
          presence: { kind: 'here' },
          phase: enteredAtMs + waitMs <= atMs ? { kind: 'talking', sinceMs: enteredAtMs + waitMs } : { kind: 'waiting' },
        })),
      } as unknown as OpenThings;
      const reports = reportsOf(stored, open, atMs, { ...reportLimits, pageRows: 7 });
      const visits = stored.filter(({ kind }) => kind === 'visit').length + waiting.length;
      for (const interval of ['15m', 'day'] as const) {
        const { items, totals, all } = await reports.queues(wish(startMs, endMs + hour, interval, 'Europe/Berlin'));
        for (const row of [...items, ...totals, all]) {
          assert.equal(row.offered, row.answered + row.abandoned + row.overflowed + row.timedOut + row.waiting);
          assertRates(row);
        }
        assert.equal(all.offered + all.refused, visits, `seed ${String(seed)}: every visit counts once`);
        assert.equal(sum(items, 'talkMs'), all.talkMs);
        const agents = await reports.agents(wish(startMs, endMs + hour, interval, 'Europe/Berlin'));
        for (const row of [...agents.items, ...agents.totals]) assertRates(row);
        for (const { fromMs, toMs, loggedInMs, busyMs, idleMs } of agents.items)
          assert.ok(loggedInMs <= toMs - fromMs && busyMs <= toMs - fromMs && idleMs >= 0);
      }
    }
  }).timeout(120_000);

  it('B6: two halves of a day give the same sums as the whole, read in whatever order', async () => {
    for (let seed = 61; seed <= 80; seed++) {
      const { segments, startMs, endMs } = simulated(seed);
      const shuffled = [...segments].sort((a, b) => (`${a.key}x`.length % 5) - (`${b.key}x`.length % 5));
      const middle = (Math.floor(startMs / quarterMs) + Math.max(1, Math.floor((endMs - startMs) / 2 / quarterMs))) * quarterMs;
      const whole = reportsOf(segments, none, endMs);
      const parts = reportsOf(shuffled, none, endMs);
      const [a, b, all] = [
        await parts.agents(wish(startMs, middle)),
        await parts.agents(wish(middle, endMs + hour)),
        await whole.agents(wish(startMs, endMs + hour)),
      ];
      for (const key of ['talkMs', 'loggedInMs', 'pausedMs', 'wrapUpMs', 'idleMs', 'busyMs', 'offers', 'answered'] as const)
        assert.equal(a.all[key] + b.all[key], all.all[key], `seed ${String(seed)} ${key}`);
      const talked = segments.reduce((ms, one) => ms + (one.kind === 'offer' ? one.talkMs : 0), 0);
      assert.equal(all.all.talkMs, talked, `seed ${String(seed)}`);
    }
  }).timeout(120_000);
});

const sum = <K extends string>(rows: readonly Readonly<Record<K, number>>[], key: K): number =>
  rows.reduce((total, row) => total + row[key], 0);

function assertRates(row: object): void {
  const rates = Object.entries(row).filter(([key]) => /Level|Rate|occupancy|utilisation/i.test(key));
  assert.ok(rates.length >= 2);
  for (const [key, value] of rates) assert.ok(value === null || (Number(value) >= 0 && Number(value) <= 1), `${key} ${String(value)}`);
}
