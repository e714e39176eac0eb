/**
 * Goal: a start after the clock was set back keeps the order of callers, and nothing waits longer than its own setting
 * allows (B5). Method: a floor with something in every state is stored, and started again at another time of day.
 */
import assert from 'node:assert/strict';
import type { StoredAcd } from '../core/acd-ports.js';
import type { AcdState } from '../core/acd/acd-state.js';
import { createAcdEngine } from '../core/acd/create-engine.js';
import type { Join } from '../core/acd/events.js';
import { agentId, memberId, queueId, switchId } from '../core/acd/ids.js';
import { waitingView } from '../core/acd/views.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import type { Desk } from './support/engine-desk.js';

const hourMs = 3_600_000;
const startMs = 1_800_000_000_000;
/** The longest of the settings below, and of those that are not set. */
const longestMs = 24 * hourMs;

const config = deskConfig({
  queues: {
    support: {
      max_wait_s: 600,
      callback: { key: '5', retry_s: 300, expire_s: 7200 },
      announce: { position: true, first_s: 20 },
      sticky: { window_s: 600, wait_s: 20 },
    },
    welcome: { welcome: 'hello', abandoned_resume_allowed: true },
  },
  agents: {
    anna: { contact: 'PJSIP/1', wrap_up_s: 60 },
    bert: { contact: 'PJSIP/2', rejected: { delay_s: 90 } },
    cleo: { contact: 'PJSIP/3' },
    dora: { contact: 'PJSIP/4' },
    emil: { contact: 'PJSIP/5' },
  },
  tiers: ['support anna', 'support bert', 'support cleo', 'support dora', 'support emil'],
});

const offerOf = (desk: Desk, id: string) => desk.state.members.get(memberId(id))?.offers[0] ?? assert.fail(`nobody rings for ${id}`);

/** One in each state: talk, wrap-up, rest, ringing, reserved; waiting, message, gone, to be called back. */
function busyFloor(): Desk {
  const desk = createDesk(config, startMs);
  for (const agent of ['anna', 'bert', 'cleo', 'dora', 'emil']) desk.login(agent);
  desk.step({ type: 'reserve-asked', agent: 'emil', by: 'dialer', untilMs: startMs + 120_000 });
  const first = desk.connect(desk.call('support'));
  desk.call('support');
  desk.step({ type: 'offer-failed', offer: offerOf(desk, 'm2'), failure: 'rejected', detail: '' });
  desk.connect('m2');
  desk.advance(5_000);
  desk.step({ type: 'call-ended', offer: first, by: 'caller', cause: '16' });
  desk.call('support');
  desk.call('support');
  desk.call('support');
  desk.call('welcome');
  const gone = desk.call('welcome');
  desk.step({ type: 'caller-left', member: gone, cause: 'hangup' });
  const asked = desk.call('support');
  desk.step({ type: 'callback-asked', member: asked, number: '0815' });
  return desk;
}

const rowsOf = ({ members, agents, offers, queues, system }: AcdState): StoredAcd =>
  JSON.parse(
    JSON.stringify({
      members: [...members.values()],
      agents: [...agents.values()],
      offers: [...offers.values()],
      queues: [...queues.values()],
      system,
    }),
  ) as StoredAcd;

const joinOf = (id: string, number: string): Join => ({
  ...{ member: memberId(id), queue: 'support', media: 'audio', call: { switch: switchId('west'), uniqueId: id, channel: id }, number },
  ...{ name: '', answeredAtMs: 0, baseScoreS: 0, priority: undefined, needs: [], exitKeys: undefined, maxWaitMs: 0, language: undefined },
  ...{ music: undefined, callerIdPrefix: undefined, agentAnnouncements: undefined, variables: {}, param: '', leadId: undefined },
  ...{ rootId: id, stickyAgent: undefined, callbackOf: undefined },
});

const startAgain = (stored: StoredAcd, nowMs: number) => createAcdEngine({ config, instance: 'again', seed: 1, nowMs, stored });

/** Every number that can be a moment, with the way to it. */
function moments(value: unknown, path = ''): [path: string, ms: number][] {
  if (typeof value === 'number') return value > 1e12 && Number.isFinite(value) && !path.endsWith('.rank') ? [[path, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => moments(part, `${path}.${key}`));
}

describe('queue engine: the clock was set back while it was away', () => {
  for (const backMs of [hourMs, 400 * 24 * hourMs])
    it(`B5: no moment of a row is left in the time before, ${String(backMs / hourMs)} h`, () => {
      const desk = busyFloor();
      const stored = rowsOf(desk.state);
      assert.ok(moments(stored).length > 40);
      const nowMs = desk.nowMs() - backMs;
      const engine = startAgain(stored, nowMs);
      const { changes } = engine.begin();
      const before = new Map(moments(stored));
      for (const [path, ms] of moments(rowsOf(engine.state)))
        assert.ok(
          ms <= nowMs || ms - nowMs <= Math.min(longestMs, (before.get(path) ?? Infinity) - desk.nowMs() + 31_000),
          `${path}: ${String(ms - nowMs)} ms ahead, was ${String((before.get(path) ?? NaN) - desk.nowMs())}`,
        );
      // and it is saved so
      assert.deepEqual([...changes.members].sort(), stored.members.map(({ id }) => id).sort());
      assert.deepEqual([...changes.agents].sort(), stored.agents.map(({ id }) => id).sort());
      assert.deepEqual([...changes.offers].sort(), stored.offers.map(({ id }) => id).sort());
    });

  it('B5: deadlines come when they would have come, wrap-up, rest, ringing, reservation, longest wait and callback', () => {
    const desk = busyFloor();
    const nowMs = desk.nowMs() - hourMs;
    const engine = startAgain(rowsOf(desk.state), nowMs);
    engine.begin();
    const phases = () => [...engine.state.agents.values()].map(({ phase }) => phase.kind).join(' ');
    assert.equal(phases(), 'wrapup resting talking offered reserved');
    engine.step({ type: 'time-passed' }, nowMs + 125_000);
    assert.equal(phases(), 'idle idle talking idle idle');
    for (const agent of ['anna', 'bert', 'dora', 'emil'])
      engine.step({ type: 'status-asked', agent, status: 'On Break', reason: undefined }, nowMs + 125_000);
    engine.step({ type: 'time-passed' }, nowMs + 2 * hourMs + 60_000);
    assert.deepEqual(
      [...engine.state.members.values()].map(({ phase }) => phase.kind),
      ['talking'],
    );
  });

  it('B5 B17: callers of before go before those who come now, in their order', () => {
    const desk = createDesk(config, startMs);
    const before = [0, 1, 2].map(() => {
      desk.advance(60_000);
      return desk.call('support');
    });
    const nowMs = desk.nowMs() - hourMs;
    const engine = startAgain(rowsOf(desk.state), nowMs);
    engine.step({ type: 'caller-joined', join: joinOf('late', '0815') }, nowMs);
    assert.deepEqual(
      waitingView(engine.state, queueId('support'), { limit: 10 }, nowMs).items.map(({ id, waitedMs }) => [id, waitedMs]),
      [
        [before[0], 120_000],
        [before[1], 60_000],
        [before[2], 0],
        ['late', 0],
      ],
    );
  });

  it('a clock that goes on moves nothing', () => {
    const desk = busyFloor();
    const stored = rowsOf(desk.state);
    const engine = startAgain(stored, desk.nowMs() + 1);
    assert.deepEqual(rowsOf(engine.state).agents, rowsOf(desk.state).agents);
    assert.deepEqual(
      rowsOf(engine.state).members.map(({ joinedAtMs, giveUpAtMs }) => [joinedAtMs, giveUpAtMs]),
      stored.members.map(({ joinedAtMs, giveUpAtMs }) => [joinedAtMs, giveUpAtMs]),
    );
  });

  it('B41: a talk of the time before is none of the future: its agent is preferred for the window, and no longer', () => {
    const nowMs = startMs - hourMs;
    const stored = { members: [], agents: [], offers: [], queues: [], system: undefined };
    const engine = startAgain({ ...stored, lastTalks: [{ number: '0815', agent: agentId('anna'), atMs: startMs }] }, nowMs);
    const preferredAt = (id: string, atMs: number) => {
      engine.step({ type: 'caller-joined', join: joinOf(id, '0815') }, atMs);
      return engine.state.members.get(memberId(id))?.stickyAgent;
    };
    assert.equal(preferredAt('soon', nowMs + 599_000), 'anna');
    assert.equal(preferredAt('late', nowMs + 601_000), undefined);
  });
});
