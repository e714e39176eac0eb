/** Reasons for breaks: what stories (test/scenarios/acd/needs/B35-*) do not show: rows of a former life, and the API. */
import assert from 'node:assert/strict';
import { createAcdEngine } from '../core/acd/create-engine.js';
import type { PauseReason } from '../core/acd/config.js';
import { agentId } from '../core/acd/ids.js';
import type { Notice } from '../core/acd/notices.js';
import type { Agent } from '../core/acd/state.js';
import { deskConfig } from './support/engine-desk.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

const lunch: PauseReason = { code: 'lunch', text: 'Lunch', isPaid: true, msMax: 60_000, dayMsMax: 90_000 };
const site = { queues: { support: {} }, agents: { anna: { contact: 'PJSIP/1' } }, tiers: ['support anna'], pauseReasons: [lunch] };
const anna = agentId('anna');
const startMs = 1_000_000_000_000;

/** An engine that begins with this row of the agent, and what it tells at once. */
function restored(row: Partial<Agent>, nowMs = startMs) {
  const start = { config: deskConfig(site), instance: 'a', seed: 1, nowMs };
  const fresh = createAcdEngine(start).state.agents.get(anna) ?? assert.fail('no agent');
  // as the database gives it back
  const agent = JSON.parse(JSON.stringify({ ...fresh, ...row })) as Agent;
  const engine = createAcdEngine({ ...start, stored: { members: [], agents: [agent], offers: [], queues: [], system: undefined } });
  const told = engine.begin().effects.flatMap((effect): Notice[] => (effect.type === 'notice' ? [effect.notice] : []));
  return { engine, agent: engine.state.agents.get(anna), overdue: told.filter(({ type }) => type === 'pause-overdue') };
}

const onBreak = { status: 'On Break', pauseReason: 'lunch' } as const;

describe('breaks after a restart', () => {
  it('B35: a limit that passed while nobody ran is told at the start, once', () => {
    const pause = { startedAtMs: startMs - 70_000, limitAtMs: startMs - 10_000, isOverdue: false };
    const { agent, overdue } = restored({ ...onBreak, statusSinceMs: startMs - 70_000, pause });
    const times = { startedAtMs: pause.startedAtMs, limitAtMs: pause.limitAtMs };
    assert.deepEqual(overdue, [{ type: 'pause-overdue', agent: 'anna', reason: 'lunch', ...times, action: 'tell' }]);
    assert.deepEqual(agent?.pause, { ...pause, isOverdue: true });
    assert.deepEqual(restored({ ...agent }).overdue, []);
  });

  it('B35: a row of an older release has no clock yet: it begins where the status began', () => {
    const { agent } = restored({ ...onBreak, statusSinceMs: startMs - 5_000 });
    assert.deepEqual(agent?.pause, { startedAtMs: startMs - 5_000, limitAtMs: startMs + 55_000, isOverdue: false });
  });

  for (const code of ['constructor', 'toString', '__proto__'])
    it(`B35: a reason with the name of what every object has is one like any other: ${code}`, () => {
      const odd = { ...lunch, code };
      const config = deskConfig({ ...site, pauseReasons: [odd] });
      const engine = createAcdEngine({ config, instance: 'a', seed: 1, nowMs: startMs });
      engine.begin();
      const pauseOf = (status: 'Available' | 'On Break', nowMs: number) => {
        engine.step({ type: 'status-asked', agent: 'anna', status, reason: status === 'On Break' ? code : undefined }, nowMs);
        return engine.state.agents.get(anna)?.pause;
      };
      assert.equal(pauseOf('On Break', startMs)?.limitAtMs, startMs + 60_000);
      pauseOf('Available', startMs + 50_000);
      assert.equal(pauseOf('On Break', startMs + 60_000)?.limitAtMs, startMs + 100_000, 'of 90 s of the day 40 s are left');
      assert.equal(Object.getOwnPropertyDescriptor(engine.state.agents.get(anna)?.pauseUsed?.ms ?? {}, code)?.value, 50_000);
    });

  it('B35: what was used of the day counts on', () => {
    const pauseUsed = { day: '2001-09-09', ms: { lunch: 50_000 } };
    const { engine } = restored({ status: 'Available', pauseUsed });
    engine.step({ type: 'status-asked', agent: 'anna', status: 'On Break', reason: 'lunch' }, startMs);
    assert.equal(engine.state.agents.get(anna)?.pause?.limitAtMs, startMs + 40_000);
  });
});

describe('breaks over the API', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi(site);
  });
  afterEach(() => api.close());
  const pause = (reason?: string) => api.ask('PUT', '/agents/anna/status', { status: 'On Break', reason }, 'desk');

  it('B35: the list is shown; a reason of it is taken in its spelling, another one refused', async () => {
    assert.deepEqual((await api.get('/pause-reasons', 'viewer')).body, { items: [lunch], rule: 'listed' });
    const refused = await pause('smoking');
    assert.deepEqual(
      [refused.status, refused.body['code'], refused.body['message']],
      [409, 'TDM_REFUSED', 'pause reason smoking is not in the list'],
    );
    const { body } = await pause('LUNCH');
    const startedAtMs = api.desk.nowMs();
    assert.equal(body['pauseReason'], 'lunch');
    assert.deepEqual(body['pause'], { startedAtMs, limitAtMs: startedAtMs + 60_000, isOverdue: false, text: 'Lunch', isPaid: true });
  });

  it('B35: an overdue agent is shown as such, and stays on break', async () => {
    await pause('lunch');
    api.desk.advance(60_000);
    const { body } = await api.get('/agents/anna', 'viewer');
    assert.deepEqual([body['status'], (body['pause'] as { isOverdue: boolean }).isOverdue], ['On Break', true]);
  });
});
