/** Figures of the running day: the same as a report of the day, at every moment (B6, B23). */
import assert from 'node:assert/strict';
import type { Segment } from '../core/acd/records.js';
import { memberId } from '../core/acd/ids.js';
import { createReports } from '../core/services/reports.js';
import { createToday } from '../core/services/today.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import { memoryReports } from './support/report-memory.js';

const startMs = Date.UTC(2026, 10, 23, 9);
const hour = 3_600_000;
const goal = { withinMs: 20_000, percent: 80, shortAbandonMs: 5_000 };
const breathe = () => Promise.resolve();

/** An engine whose segments are stored the moment they are written. */
function world(atMs = startMs) {
  const segments: Segment[] = [];
  const desk = createDesk(
    deskConfig({
      queues: { support: {}, sales: {} },
      agents: { anna: { contact: 'PJSIP/anna', wrap_up_s: 60 }, ben: { contact: 'PJSIP/ben' } },
      tiers: ['support anna', 'sales ben'],
    }),
    atMs,
    {
      onSegments: (written) => {
        segments.push(...written);
        today.stored(written);
      },
    },
  );
  const deps = { zone: 'Europe/Berlin', nowMs: () => desk.nowMs(), goalOf: () => goal };
  const live = () => (desk.isOwner ? desk.state : undefined);
  const today = createToday({ ...deps, live });
  const store = memoryReports(() => segments);
  const reports = createReports({
    ...deps,
    store,
    breathe,
    open: () =>
      Promise.resolve({ members: desk.state.members.values(), offers: desk.state.offers.values(), agents: desk.state.agents.values() }),
  });
  async function agrees(): Promise<void> {
    const wish = { fromMs: desk.nowMs(), toMs: desk.nowMs() + 1, interval: 'day' as const, zone: 'Europe/Berlin', isWanted: () => true };
    const { all, totals } = await reports.queues(wish);
    const is = today.all();
    assert.deepEqual(
      [is.offered, is.answered, is.abandoned, is.overflowed, is.timedOut, is.waitMs.longest, is.talkMs.longest],
      [all.offered, all.answered, all.abandoned, all.overflowed, all.timedOut, all.longestWaitMs, all.longestTalkMs],
    );
    assert.equal(is.offered, is.answered + is.abandoned + is.overflowed + is.timedOut + today.tally().waiting);
    for (const row of totals) assert.equal(today.queue(row.queue).offered, row.offered);
    for (const row of (await reports.agents(wish)).totals) {
      const { answered, missed, talkMs, wrapUpMs, pausedMs, loggedInMs } = row;
      assert.deepEqual(today.agent(row.agent), { answered, missed, talkMs, wrapUpMs, pausedMs, loggedInMs }, row.agent);
    }
  }
  return { desk, today, store, segments, agrees };
}

describe('figures of the running day', () => {
  it('B6 B23: waiting, talking, wrapping up and gone: always those of a report at this moment', async () => {
    const { desk, today, agrees } = world();
    await agrees();
    desk.login('anna');
    const first = desk.call('support');
    const second = desk.call('support');
    desk.advance(4_000);
    assert.equal(today.queue('support').offered, 2);
    await agrees();
    desk.connect(first);
    const revision = today.revision();
    today.touch();
    assert.ok(today.revision() > revision);
    assert.equal(today.queue('support').answered, 1);
    assert.equal(today.queue('support').serviceLevel, 1);
    desk.advance(30_000);
    await agrees();
    const offer = [...desk.state.offers.keys()][0] ?? assert.fail();
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: 'NORMAL_CLEARING' });
    desk.advance(10_000);
    await agrees();
    desk.step({ type: 'caller-left', member: second, cause: 'hangup' });
    desk.advance(120_000);
    desk.step({ type: 'status-asked', agent: 'anna', status: 'On Break', reason: undefined });
    desk.advance(60_000);
    await agrees();
    assert.deepEqual(today.agent('anna'), {
      answered: 1,
      missed: 0,
      talkMs: 30_000,
      wrapUpMs: 60_000,
      pausedMs: 60_000,
      loggedInMs: 224_000,
    });
    assert.deepEqual(today.queue('nobody').offered, 0);
    assert.deepEqual(today.agent('nobody').talkMs, 0);
  });

  it('B6: at midnight of the zone the figures begin again, and who came before it belongs to yesterday', async () => {
    const { desk, today, agrees } = world(Date.UTC(2026, 10, 23, 22, 59)); // 23:59 in Berlin
    desk.login('anna');
    const late = desk.call('support');
    desk.connect(late);
    assert.equal(today.all().answered, 1);
    desk.advance(3 * 60_000);
    const [before, now] = [today.revision(), today.all()];
    assert.deepEqual([now.offered, now.answered], [0, 0]);
    desk.call('support');
    today.touch();
    assert.ok(today.revision() > before);
    assert.equal(today.all().offered, 1);
    assert.equal(today.agent('anna').talkMs, 2 * 60_000);
    await agrees();
  });

  it('B5: after a restart the day is read from the database; what is stored meanwhile counts once', async () => {
    const { desk, store, segments, today } = world();
    desk.login('anna');
    for (let i = 0; i < 3; i++) {
      const member = desk.call('support');
      desk.advance(1_000);
      desk.step({ type: 'caller-left', member: memberId(member), cause: 'hangup' });
    }
    const again = createToday({ zone: 'Europe/Berlin', nowMs: () => desk.nowMs(), goalOf: () => goal, live: () => desk.state });
    const filled = again.fill(store, breathe);
    again.stored(segments.slice(-1)); // stored a moment ago, and read too
    await filled;
    assert.deepEqual(again.all(), today.all());
    assert.equal(again.all().abandoned, 3);
    again.stored(segments.slice(-1)); // saved again, since its outcome was not known
    assert.equal(again.all().abandoned, 3);
    await assert.rejects(again.fill({ ...store, begun: () => Promise.reject(new Error('away')) }, breathe), /away/);
    assert.equal(again.all().abandoned, 3);
  });

  it('B6: a day that was still being read at midnight does not take the place of the new one', async () => {
    const { desk, today, store, agrees } = world(Date.UTC(2026, 10, 23, 22, 59));
    const leaves = () => desk.step({ type: 'caller-left', member: memberId(desk.call('support')), cause: 'hangup' });
    leaves();
    const filled = today.fill(store, breathe);
    desk.advance(2 * 60_000);
    leaves();
    await filled;
    assert.equal(today.all().abandoned, 1);
    leaves();
    assert.equal(today.all().abandoned, 2);
    await agrees();
  });

  it('a standby has no callers of its own to count', () => {
    const { desk, today } = world();
    desk.call('support');
    desk.isOwner = false;
    today.touch();
    assert.equal(today.all().offered, 0);
    assert.equal(today.agent('anna').loggedInMs, 0);
    desk.advance(hour);
  });
});
