/** Rows of agents, tiers and members while calls run, as the real one shows them (freeswitch-callcenter 3, 4.1, 9.4). */
import assert from 'node:assert/strict';
import { agentColumns } from '../core/callcenter/agent-rows.js';
import { memberColumns, memberRow } from '../core/callcenter/member-rows.js';
import { memberLines, memberObjects } from '../core/callcenter/member-text.js';
import { membersShown } from '../core/callcenter/members-shown.js';
import { lineOf } from '../core/callcenter/table.js';
import { everybody, onlyQueues, openCallcenterDesk, recordedSite, type CallcenterDesk } from './support/callcenter-desk.js';

const t0 = 1_795_318_033;

/** The table's rows as objects; the header must be the real one's. */
function rowsOf(columns: readonly string[], table: string): Record<string, string>[] {
  const lines = table.split('\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines.pop(), '+OK');
  if (lines.length === 0) return [];
  assert.equal(lines.shift(), columns.join('|'));
  return lines.map((line) => Object.fromEntries(line.split('|').map((cell, i) => [columns[i] ?? 'too many', cell])));
}

describe('callcenter rows', () => {
  let w: CallcenterDesk;
  beforeEach(async () => {
    w = await openCallcenterDesk(recordedSite);
  });
  afterEach(() => w.close());

  const members = async (args = 'queue list members support@default') => rowsOf(memberColumns, await w.config(args));
  const agent = async (name = 'a1') => rowsOf(agentColumns, await w.config(`agent list ${name}`))[0];
  const tiers = async () => (await w.config('tier list')).split('\n').slice(1, -2);

  it('F110: a waiting caller has the whole row of the real one', async () => {
    w.desk.step({ type: 'status-asked', agent: 'a1', status: 'Logged Out', reason: undefined });
    w.desk.advance(86_000);
    w.desk.call('support@default', { name: 'Outbound Call', number: 'm1' });
    w.desk.advance(143_999);

    const row = `support@default|single_box|m1|u1|m1|Outbound Call|${t0 + 86}|${t0 + 86}|0|0|0|0|0|||Waiting|143`;
    assert.equal(await w.config('queue list members support@default'), `${memberColumns.join('|')}\n${row}\n+OK\n`);
    assert.equal(await w.config('queue list members'), await w.config('queue list members support@default'));
    assert.equal(await w.config('queue list members support'), await w.config('queue list members support@default'));
    assert.deepEqual([await w.config('queue count members support@default'), await w.config('queue count members')], ['1\n', '0\n']);
  });

  it('F110: Trying while an agent rings, Answered in the talk, with agent and instance', async () => {
    w.desk.call('support@default');
    const [ringing] = await members();
    w.desk.connect('m1');
    w.desk.advance(2_000);
    const [talking] = await members();

    assert.deepEqual([ringing?.['state'], ringing?.['serving_agent'], ringing?.['serving_system']], ['Trying', 'a1', 'single_box']);
    assert.deepEqual(
      [talking?.['state'], talking?.['serving_agent'], talking?.['serving_system'], talking?.['bridge_epoch'], talking?.['score']],
      ['Answered', 'a1', 'single_box', String(t0), '2'],
    );
  });

  it('F110: in the ring-all family the strategy stands as serving agent until one has won', async () => {
    w.desk.step({ type: 'status-asked', agent: 'a1', status: 'Logged Out', reason: undefined });
    w.desk.call('full@default');

    const [row] = await members('queue list members full@default');

    assert.deepEqual([row?.['state'], row?.['serving_agent'], row?.['serving_system']], ['Trying', 'ring-all', '']);
  });

  it('F110, F114: an abandoned caller is listed and counted, without a session', async () => {
    w.desk.step({ type: 'status-asked', agent: 'a1', status: 'Logged Out', reason: undefined });
    const member = w.desk.call('full@default');
    w.desk.advance(1_000);
    w.desk.step({ type: 'caller-left', member, cause: 'hangup' });

    const [row] = await members('queue list members full@default');

    assert.deepEqual([row?.['state'], row?.['session_uuid'], row?.['abandoned_epoch']], ['Abandoned', '', String(t0 + 1)]);
    assert.equal(await w.config('queue count members full@default'), '1\n');
  });

  it('F110: the highest score first, base scores counted, ties by arrival', async () => {
    w.desk.step({ type: 'status-asked', agent: 'a1', status: 'Logged Out', reason: undefined });
    w.desk.call('support@default');
    w.desk.advance(10_000);
    w.desk.call('support@default', { baseScoreS: 300 });
    w.desk.call('support@default');
    w.desk.call('support@default');

    const rows = await members();

    assert.deepEqual(
      rows.map(({ uuid, base_score, score }) => [uuid, base_score, score]),
      [
        ['m2', '300', '300'],
        ['m1', '0', '10'],
        ['m3', '0', '0'],
        ['m4', '0', '0'],
      ],
    );
  });

  it('F92, F93, F104: agent and tiers through a call', async () => {
    w.desk.advance(5_000);
    w.desk.call('support@default');
    const [offered, tiersOffered] = [await agent(), await tiers()];
    const offer = w.desk.connect('m1');
    const leg = w.desk.state.offers.get(offer)?.leg;
    const [talking, tiersTalking] = [await agent(), await tiers()];
    w.desk.advance(3_000);
    w.desk.step({ type: 'call-ended', offer, by: 'caller', cause: '' });
    const ended = await agent();

    assert.deepEqual([offered?.['state'], offered?.['uuid'], offered?.['last_offered_call']], ['Receiving', '', String(t0 + 5)]);
    assert.deepEqual(tiersOffered, [
      'support@default|a1|Offering|1|1',
      'full@default|a1|Standby|1|2',
      'support@default|b2@default|Ready|2|3',
    ]);
    assert.deepEqual([talking?.['state'], talking?.['uuid'], talking?.['calls_answered']], ['In a queue call', leg, '1']);
    assert.deepEqual([talking?.['last_bridge_start'], talking?.['last_bridge_end']], [String(t0 + 5), '0']);
    assert.equal(tiersTalking[0], 'support@default|a1|Active Inbound|1|1');
    assert.deepEqual(
      [ended?.['state'], ended?.['uuid'], ended?.['talk_time'], ended?.['last_bridge_end']],
      ['Waiting', '', '3', String(t0 + 8)],
    );
    assert.equal(await w.config('agent get uuid a1'), '');
  });

  it('F92: the pause after a missed call stands as ready_time, and the tier says No Answer', async () => {
    w.desk.call('support@default');
    const [offer] = [...w.desk.state.offers.keys()];
    if (offer) w.desk.step({ type: 'offer-failed', offer, failure: 'no-answer', detail: 'NO_ANSWER' });

    assert.deepEqual([(await agent())?.['ready_time'], (await agent())?.['no_answer_count']], [String(t0 + 5), '1']);
    assert.equal((await tiers())[0], 'support@default|a1|No Answer|1|1');
  });

  it('F109, F113: agents of a queue by status and state, in any letter case', async () => {
    const named = async (filter: string) =>
      rowsOf(agentColumns, await w.config(`queue list agents support@default ${filter}`)).map(({ name }) => name);

    assert.deepEqual(await named(''), ['a1', 'b2@default']);
    assert.deepEqual(await named("'on break'"), ['b2@default']);
    assert.deepEqual(await named('AVAILABLE waiting'), ['a1']);
    assert.deepEqual(await named("'' Receiving"), []);
    assert.deepEqual(await named('nonsense'), []);
    assert.equal(await w.config("queue count agents support@default 'On Break' Waiting"), '1\n');
  });

  it('F92, F110: nothing in a value breaks a row: bars and line ends become %7C, %0A, %0D', async () => {
    w.desk.step({ type: 'status-asked', agent: 'a1', status: 'Logged Out', reason: undefined });
    w.desk.call('support@default', { name: 'Bo|b\r\n+OK', number: '100%' });

    const [row, ...more] = await members();

    assert.deepEqual([row?.['cid_name'], row?.['cid_number'], more.length], ['Bo%7Cb%0D%0A+OK', '100%', 0]);
    assert.equal(lineOf(['a', undefined, 0, 'c|d']), 'a||0|c%7Cd');
    const json = await w.json({ command: 'callcenter_config', data: { arguments: 'member list' } });
    assert.equal((JSON.parse(json) as { response: { cid_name: string }[] }).response[0]?.cid_name, 'Bo|b\r\n+OK');
  });

  it('F110, F121: both texts of a member have the columns of the table, in order', () => {
    w.desk.call('support@default', { name: 'Bo|b "x" \\ \u0007 \ud800', number: '5551' });
    w.desk.connect('m1');
    w.desk.advance(1_000);
    w.desk.call('support@default', { name: 'Eve', baseScoreS: 7 });

    w.desk.call('support@default', { name: 'Adam' });
    const member = w.desk.call('full@default');
    w.desk.step({ type: 'caller-left', member, cause: 'hangup' });

    const moment = { state: w.desk.state, nowMs: w.desk.nowMs() };
    const shown = membersShown(w.desk.state, undefined, undefined, 'single_box');
    const [lines, objects] = [memberLines(shown, moment), memberObjects(shown, moment)];
    const rows = shown.map(({ member }) => memberRow(w.desk.state, member, 'single_box'));
    assert.equal(new Set(rows.map((row) => row.state)).size, 3);
    rows.forEach((row, i) => {
      const fields = JSON.parse(objects[i] ?? '') as Record<string, string>;
      assert.deepEqual(Object.keys(fields), [...memberColumns]);
      assert.equal(lineOf(Object.values(fields)), lines[i]);
      assert.equal(objects[i], JSON.stringify(fields));
      const { uuid, session_uuid, cid_name, state, serving_agent, score, base_score, joined_epoch } = fields;
      assert.deepEqual(
        [uuid, session_uuid, cid_name, state, serving_agent, score, base_score, joined_epoch],
        [
          row.uuid,
          row.session,
          row.name,
          row.state,
          row.agent,
          String(t0 + 1 - row.joined + row.base),
          String(row.base),
          String(row.joined),
        ],
      );
    });
  });

  it('B39: who may see some queues sees their agents, tiers and callers, and no others', async () => {
    await w.provisioning.change('setup', () => ({ agents: [{ id: 'alone', type: 'callback' }] }));
    const who = onlyQueues('full@default');
    w.desk.call('support@default');

    assert.deepEqual(
      rowsOf(agentColumns, await w.config('agent list', who)).map(({ name }) => name),
      ['a1'],
    );
    assert.equal(await w.config('agent list alone', who), '+OK\n');
    assert.equal(await w.config('agent get status b2@default', who), '-ERR Agent not found!\n');
    assert.deepEqual((await w.config('tier list', who)).split('\n').slice(1, -2), ['full@default|a1|Standby|1|2']);
    assert.equal((await w.config('queue list', who)).split('\n').length, 4);
    assert.equal(await w.config('queue count', who), '1\n');
    assert.equal(await w.config('queue list members', who), '+OK\n');
    assert.equal(await w.config('queue list members support@default', who), '+OK\n');
    assert.equal(await w.config('queue count tiers support@default', who), '0\n');
    assert.equal(await w.config('agent set status b2@default Available', who), '-ERR Agent not found!\n');
    const json = await w.json({ command: 'callcenter_config', data: { arguments: 'queue list' } }, who);
    assert.deepEqual(
      (JSON.parse(json) as { response: { name: string }[] }).response.map(({ name }) => name),
      ['full@default'],
    );
    assert.equal(await w.config('queue count', everybody), '3\n');
  });

  it('F92: a process that does not own the queues refuses every command', async () => {
    w.desk.isOwner = false;

    for (const args of ['agent list', 'queue count', 'agent set status a1 Available', 'queue load support@default'])
      await assert.rejects(w.config(args), { code: 'TDM_STANDBY' });
    await assert.rejects(w.json({ command: 'callcenter_config', data: { arguments: 'agent list' } }), { code: 'TDM_STANDBY' });
    assert.match(await w.config(''), /^-USAGE: \n/);
  });
});
