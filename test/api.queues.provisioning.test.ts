/** Single queues, agents, tiers, skills, callers and settings over the API: the same checks as `tandem apply`. */
import assert from 'node:assert/strict';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

describe('provisioning over the API', () => {
  let api: QueueApi;
  beforeEach(async () => {
    api = await startQueueApi({ queues: {} });
  });
  afterEach(() => api.close());

  const put = async (path: string, body: object = {}) => {
    const answer = await api.ask('PUT', `/provisioning/${path}`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as { changes: string[]; warnings: string[] };
  };
  const remove = async (path: string) => {
    const answer = await api.ask('DELETE', `/provisioning/${path}`);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as { changes: string[] };
  };
  const get = async (path: string) => (await api.get(`/provisioning/${path}`)).body;

  it('B63: a queue is made, read, changed and removed; repeated it changes nothing', async () => {
    const made = await put('queues/support', { strategy: 'RING-ALL', max_wait_s: 60 });
    assert.deepEqual(made.changes, ['+ tandem_queues support']);
    assert.deepEqual(made.warnings, ['queue "support" has no agents: no tier, and it is not served by skill']);
    assert.deepEqual(await get('queues/Support'), { id: 'support', strategy: 'ring-all', max_wait_s: 60, tiers: [] });
    assert.deepEqual((await put('queues/SUPPORT', { strategy: 'ring-all', max_wait_s: 60 })).changes, []);
    assert.equal(api.reloads.count, 1, 'the engine hears of changes only');
    await put('queues/support', { strategy: 'random' });
    assert.deepEqual(await get('queues/support'), { id: 'support', strategy: 'random', tiers: [] });
    assert.deepEqual((await remove('queues/Support')).changes, ['- tandem_queues support']);
    assert.deepEqual((await remove('queues/support')).changes, []);
    assert.equal(api.reloads.count, 3);
  });

  it('what was read can be written back: nothing is lost, tiers and PIN included', async () => {
    await put('agents/anna', { contact: 'PJSIP/1', pin: '4711', skills: ['English'] });
    await put('queues/support', { tiers: [{ agent: 'ANNA', level: 2 }] });
    assert.deepEqual((await put('agents/anna', await get('agents/anna'))).changes, []);
    assert.deepEqual((await put('queues/support', await get('queues/support'))).changes, []);
    assert.equal(api.tables.tables.tandem_agents?.[0]?.['pin_hash'], 'h:4711');
    assert.doesNotMatch(JSON.stringify(await get('agents/anna')), /4711|pin/);
  });

  it('B24: a PIN by reference is refused: nobody reads files and variables of this machine from elsewhere', async () => {
    for (const pin of ['env:HOME', 'file:/etc/hostname', ['env:HOME']]) {
      const { status, body } = await api.ask('PUT', '/provisioning/agents/anna', { contact: 'PJSIP/1', pin });
      assert.equal(status, 400);
      assert.equal(body['message'], 'Request refused: agents.0.pin: may not begin with env: or file:');
    }
    assert.equal(api.tables.written.length, 0);
  });

  it('B18: skills one by one, in any letter case', async () => {
    await put('agents/anna', { contact: 'PJSIP/1' });
    await put('agents/anna/skills/English', { level: 7 });
    await put('agents/ANNA/skills/german');
    assert.deepEqual((await get('agents/anna'))['skills'], { english: 7, german: 1 });
    assert.deepEqual((await put('agents/anna/skills/ENGLISH', { level: 7 })).changes, []);
    await remove('agents/anna/skills/ENGLISH');
    assert.deepEqual((await get('agents/anna'))['skills'], { german: 1 });
    assert.equal((await api.ask('PUT', '/provisioning/agents/anna/skills/a%20b', {})).status, 400);
  });

  it('tiers, callers and settings', async () => {
    await put('agents/anna', { contact: 'PJSIP/1' });
    await put('queues/support');
    await put('tiers/support/anna', { level: 3 });
    await put('callers/+49301234', { base_score_s: 60, agent: 'anna' });
    await put('settings', { wrap_up_s: 5, ring_s: 20 });
    const { tables } = api.tables;
    assert.deepEqual(tables.tandem_tiers, [{ queue_id: 'support', agent_id: 'anna', level: 3, position: 1 }]);
    assert.deepEqual(tables.tandem_callers, [{ number: '+49301234', blocked: 0, base_score_s: 60, agent_id: 'anna' }]);
    await remove('settings/ring_s');
    await remove('tiers/SUPPORT/Anna');
    await remove('callers/+49301234');
    assert.deepEqual([tables.tandem_tiers, tables.tandem_callers], [[], []]);
    assert.deepEqual(tables.tandem_queue_settings, [{ name: 'wrap_up_s', value: '5' }]);
  });

  it('B35: reasons for breaks', async () => {
    await put('pause-reasons/lunch', { text: 'Lunch', max_s: 1800 });
    assert.deepEqual(api.tables.tables.tandem_pause_reasons, [{ code: 'lunch', text: 'Lunch', paid: 0, max_s: 1800, max_per_day_s: 0 }]);
    assert.deepEqual((await put('pause-reasons/LUNCH', { text: 'Lunch', max_s: 1800 })).changes, []);
    assert.equal((await api.ask('PUT', '/provisioning/pause-reasons/a%20b', {})).status, 400);
    assert.equal((await api.ask('PUT', '/provisioning/settings', { pause_over_limit: 'fire' })).status, 400);
    assert.equal((await api.ask('PUT', '/provisioning/settings', { zone: 'Europe/Nowhere' })).status, 400);
    await remove('pause-reasons/Lunch');
    assert.deepEqual(api.tables.tables.tandem_pause_reasons, []);
  });

  it('every problem at once, and nothing changed', async () => {
    const answer = await api.ask('PUT', '/provisioning/queues/support', { strategy: 'fair', max_wait_s: -1, tiers: [{ agent: 'none' }] });
    assert.equal(answer.status, 400);
    assert.match(String(answer.body['message']), /queues\.0\.strategy: must be one of.*; queues\.0\.max_wait_s/);
    const references = await api.ask('PUT', '/provisioning/queues/support', {
      tiers: [{ agent: 'none' }],
      overflow: [{ on: 'full', to: { queue: 'x' } }],
    });
    assert.match(String(references.body['message']), /agent "none" is unknown; .*queue "x" is unknown/);
    assert.deepEqual(api.tables.written, []);
  });

  it('changes that come together are made one after the other, so that none is lost', async () => {
    await put('agents/anna', { contact: 'PJSIP/1' });
    await Promise.all(Array.from({ length: 12 }, (_, i) => put(`agents/anna/skills/s${String(i)}`)));
    assert.equal(Object.keys((await get('agents/anna'))['skills'] as object).length, 12);
  });

  it('each change leaves a line with its user, without secrets', async () => {
    await put('agents/anna', { contact: 'PJSIP/1', pin: '4711' });
    assert.deepEqual(api.audit, [{ audit: true, user: 'boss', changes: ['+ tandem_agents anna'] }]);
  });

  it('works as well while another Tandem owns the queues', async () => {
    api.desk.isOwner = false;
    assert.equal((await put('queues/support')).changes.length, 1);
  });
});
