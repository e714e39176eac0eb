/** Commands that change something: what they order, what is stored, who did it, and what is refused. */
import assert from 'node:assert/strict';
import { switchId } from '../core/acd/ids.js';
import { everybody, onlyQueues, openCallcenterDesk, recordedSite, type CallcenterDesk } from './support/callcenter-desk.js';

const channel = (uniqueId: string) => ({ switch: switchId('fs'), uniqueId, channel: uniqueId });

describe('callcenter changes', () => {
  let w: CallcenterDesk;
  beforeEach(async () => {
    w = await openCallcenterDesk(recordedSite, { channels: [channel('open-1'), channel('out-1')] });
  });
  afterEach(() => w.close());

  const state = () => w.config('agent get state a1');

  it('F94, F95: a status in any letter case is stored in its one spelling, with an audit line', async () => {
    assert.equal(await w.config("agent set status A1 'on BREAK'"), '+OK\n');

    assert.equal(await w.config('agent get status a1'), 'On Break');
    const wish = { type: 'status-asked', agent: 'a1', status: 'On Break', reason: undefined };
    assert.deepEqual(w.audit, [{ audit: true, user: 'boss', wish, granted: true }]);
  });

  it('F95: what the engine refuses is refused with its reason', async () => {
    await w.provisioning.change('setup', () => ({ queue_settings: { pause_reasons: 'required' }, pause_reasons: [{ code: 'lunch' }] }));

    assert.match(await w.config("agent set status a1 'On Break'"), /^-ERR .*reason.*\n$/);
    assert.equal(await w.config('agent get status a1'), 'Available');
  });

  it('F95: every provisioned key is stored, and the rest of the agent stays as it was', async () => {
    const before = await w.provisioning.agent('a1');
    for (const [key, value] of [
      ['contact', "'[leg_timeout=10]user/9 9'"],
      ['max_no_answer', '7'],
      ['wrap_up_time', '8'],
      ['reject_delay_time', '9'],
      ['busy_delay_time', '10'],
      ['no_answer_delay_time', '11'],
      ['type', 'UUID-Standby'],
    ])
      assert.equal(await w.config(`agent set ${key ?? ''} a1 ${value ?? ''}`), '+OK\n');

    assert.deepEqual(await w.provisioning.agent('a1'), {
      ...before,
      contact: '[leg_timeout=10]user/9 9',
      type: 'uuid-standby',
      wrap_up_s: 8,
      no_answer: { delay_s: 11, max: 7 },
      rejected: { delay_s: 9 },
      busy: { delay_s: 10 },
    });
    assert.match(
      await w.config('agent list a1'),
      /\na1\|single_box\|\|uuid-standby\|\[leg_timeout=10\]user\/9 9\|Available\|Waiting\|7\|8\|9\|10\|11\|/,
    );
  });

  it('F95: the contact for FreeSWITCH is the one that is shown and changed, where there is one', async () => {
    await w.provisioning.change('setup', () => ({
      agents: [{ id: 'a1', type: 'callback', contact: 'PJSIP/1', contact_freeswitch: 'user/1' }],
    }));

    assert.match(await w.config('agent list a1'), /\|callback\|user\/1\|/);
    assert.equal(await w.config('agent set contact a1 user/2'), '+OK\n');
    const stored = { id: 'a1', type: 'callback', contact: 'PJSIP/1', contact_freeswitch: 'user/2' };
    assert.deepEqual(await w.provisioning.agent('a1'), stored);
  });

  it('F95: numbers that are none, negative, broken or too large are refused and change nothing', async () => {
    const before = await w.provisioning.agent('a1');

    for (const value of ['abc', '-1', '1.5', "''", '86401', '99999999999', '0x10', "'1;2'", '1e3', "' 5'"])
      assert.equal(await w.config(`agent set wrap_up_time a1 ${value}`), '-ERR Invalid Value!\n', value);
    assert.equal(await w.config('agent set ready_time a1 999999999999'), '-ERR Invalid Value!\n');

    assert.deepEqual(await w.provisioning.agent('a1'), before);
    assert.deepEqual(w.asked(), []);
  });

  it('F95: ready_time in epoch seconds goes to the engine', async () => {
    assert.equal(await w.config('agent set ready_time a1 1795320000'), '+OK\n');

    assert.deepEqual(w.asked(), [{ type: 'ready-time-asked', agent: 'a1', atMs: 1_795_320_000_000 }]);
    assert.match(await w.config('agent list a1'), /\|1795320000\|0\n/);
  });

  it('F95: Idle and Reserved keep calls away, Waiting takes them again', async () => {
    for (const wanted of ['idle', 'RESERVED']) {
      assert.equal(await w.config(`agent set state a1 ${wanted}`), '+OK\n');
      const member = w.desk.call('support@default');
      assert.equal(await state(), wanted === 'idle' ? 'Idle' : 'Reserved');
      assert.equal(await w.config('agent set state a1 Waiting'), '+OK\n');
      assert.equal(await state(), 'Receiving');
      w.desk.step({ type: 'caller-left', member, cause: 'hangup' });
    }
    assert.equal(await w.config('agent set state a1 Waiting'), '+OK\n');
  });

  it('F95: Waiting takes a ringing leg back; Receiving and In a queue call cannot be ordered', async () => {
    assert.match(await w.config('agent set state a1 Receiving'), /^-ERR agent a1 is Waiting: Receiving follows from calls/);
    assert.match(await w.config("agent set state a1 'In a queue call'"), /^-ERR /);
    w.desk.call('support@default');
    w.desk.effects.length = 0;

    assert.equal(await w.config('agent set state a1 Receiving'), '+OK\n');
    assert.equal(await w.config('agent set state a1 Waiting'), '+OK\n');

    assert.ok(w.desk.effects.some(({ type }) => type === 'cancel-ring'));
  });

  it('F95: state_if_waiting changes a waiting agent who takes calls, and nobody else', async () => {
    assert.equal(await w.config('agent set state_if_waiting a1 Reserved'), '+OK\n');
    assert.equal(await w.config('agent set state_if_waiting a1 Waiting'), '-ERR Agent not found!\n');
    assert.equal(await w.config('agent set state_if_waiting b2@default Reserved'), '-ERR Agent not found!\n');
    assert.equal(await w.config('agent set state_if_waiting a1 nonsense'), '-ERR Invalid Agent State!\n');
    assert.equal(await state(), 'Reserved');
  });

  it('F93: the open channel of a standby agent is named when it lives, and can be taken away', async () => {
    assert.equal(await w.config('agent set uuid b2 open-1'), '+OK\n');
    assert.equal(await w.config('agent get uuid b2'), 'open-1');
    assert.equal(await w.config("agent set uuid b2 ''"), '+OK\n');
    assert.equal(await w.config('agent get uuid b2'), '');

    assert.equal(await w.config('agent set uuid b2 gone'), '-ERR Session not found for uuid gone\n');
    assert.equal(await w.config('agent set uuid a1 open-1'), '-ERR agent a1 is of type callback\n');
  });

  it('F90, F91: an agent is added, and goes with its tiers', async () => {
    assert.equal(await w.config('agent add 1001@default callback'), '+OK\n');
    assert.equal(await w.config('agent add 1001@DEFAULT callback'), '-ERR Agent already exist!\n');
    assert.equal(await w.config('tier add support@default 1001@default 2 5'), '+OK\n');
    assert.match(await w.config('tier list'), /\nsupport@default\|1001@default\|Ready\|2\|5\n/);
    assert.equal(await w.config('agent del 1001'), '+OK\n');
    assert.equal(await w.config('agent list 1001@default'), '+OK\n');
    assert.doesNotMatch(await w.config('tier list'), /1001/);
    assert.equal(await w.config('agent del 1001'), '-ERR Agent not found!\n');
  });

  it('F90: names that no switch could read are refused: quotes, bars, paths, SQL, line ends', async () => {
    for (const name of ["'a b'", 'a|b', '../a', "\\'--", '\\"', 'a\\nb', 'a;b', '${x}', '@', "''", 'x'.repeat(200)])
      assert.match(await w.config(`agent add ${name} callback`), /^-ERR Invalid Agent Name: [^\n]+\n$/, name);
    assert.equal((await w.config('agent list')).split('\n').length, 5);
  });

  it('F100, F101, F103: tiers are added, changed and taken away', async () => {
    assert.equal(await w.config('tier add defaults@default a1'), '+OK\n');
    assert.equal(await w.config('tier set level defaults@default A1 3'), '+OK\n');
    assert.equal(await w.config('tier set position defaults a1 4'), '+OK\n');
    assert.equal(
      await w.config('queue list tiers defaults@default'),
      'queue|agent|state|level|position\ndefaults@default|a1|Ready|3|4\n+OK\n',
    );
    assert.equal(await w.config('tier del defaults@default a1'), '+OK\n');
    assert.equal(await w.config('tier del defaults@default a1'), '-ERR Tier not found!\n');
    assert.equal(await w.config('tier add support@default a1 10001 1'), '-ERR Tier already exist!\n');
    assert.equal(await w.config('tier add defaults@default a1 10001 1'), '-ERR Invalid Value!\n');
  });

  it('F102: a tier has no state On Break, and its state follows from calls', async () => {
    assert.equal(await w.config("tier set state support@default a1 'on break'"), '-ERR Invalid Tier State!\n');
    assert.equal(await w.config('tier set state support@default a1 READY'), '+OK\n');
    assert.match(await w.config('tier set state support@default a1 Standby'), /^-ERR the tier is Ready: its state follows/);
  });

  it('F96, F104 to F107: reload and load give what is provisioned to the engine', async () => {
    for (const args of [
      'agent reload a1',
      'tier reload support@default',
      'tier reload all a1',
      'queue load support@default',
      'queue reload support',
      'queue unload support',
    ])
      assert.equal(await w.config(args), '+OK\n', args);
    assert.equal(w.reloads.count, 6);

    for (const args of [
      'agent reload nobody',
      'tier reload nix',
      'tier reload support@default nobody',
      'queue load nix',
      'queue reload nix',
      'queue unload nix',
    ])
      assert.match(await w.config(args), /^-ERR /, args);
    assert.equal(w.reloads.count, 6);
  });

  it('B39: who may see some queues changes tiers of these alone', async () => {
    const who = onlyQueues('full@default');

    assert.equal(await w.config('tier add support@default a1', who), '-ERR Queue not found!\n');
    assert.equal(await w.config('tier del support@default a1', who), '-ERR Queue not found!\n');
    assert.equal(await w.config('tier set level support@default a1 5', who), '-ERR Unknown Error!\n');
    assert.equal(await w.config('tier reload all b2@default', who), '-ERR Unknown Error!\n');
    assert.equal(await w.config('queue load support@default', who), '-ERR Invalid Queue not found!\n');
    assert.equal(await w.config('tier set level full@default a1 5', who), '+OK\n');
  });

  it('F98: callcenter_break frees the agent with wrap-up as after any talk, and answers nothing', async () => {
    w.desk.call('support@default');
    const leg = w.desk.state.offers.get(w.desk.connect('m1'))?.leg ?? '';
    w.desk.advance(3_000);

    assert.equal(await w.commands.break(`agent ${leg}`, onlyQueues('full@default')), `-ERR Session not found for uuid ${leg}\n`);
    assert.equal(await w.commands.break(`agent ${leg}`, everybody), '');
    const ended = w.desk.effects.flatMap((effect) =>
      effect.type === 'notice' && effect.notice.type === 'talk-ended' ? [effect.notice.cause] : [],
    );
    assert.deepEqual(ended, ['callcenter_break']);

    assert.deepEqual([await state(), w.desk.state.members.size, w.desk.state.offers.size], ['Waiting', 0, 0]);
    assert.match(await w.config('agent list a1'), /\|1\|3\|0\|0\n/); // calls_answered, talk_time
    assert.equal(await w.commands.break(`agent ${leg}`, everybody), `-ERR Session not found for uuid ${leg}\n`);
  });

  it('F98: callcenter_break of a leg that rings, or without words, is refused', async () => {
    w.desk.call('support@default');
    const [offer] = [...w.desk.state.offers.values()];

    assert.match(await w.commands.break(`agent ${offer?.leg ?? ''}`, everybody), /^-ERR Session not found/);
    for (const args of ['', 'agent', 'member x', 'agent x y', `agent ${'x'.repeat(9_000)}`])
      assert.equal(await w.commands.break(args, everybody), '-ERR Usage: callcenter_break agent <uuid>\n');
  });

  it('F99: callcenter_track counts a live channel for an agent', async () => {
    assert.equal(await w.commands.track('a1 out-1', everybody), '+OK\n');
    assert.deepEqual(w.tracked, [['a1', channel('out-1')]]);

    assert.equal(await w.commands.track('nobody out-1', everybody), '-ERR Agent not found!\n');
    assert.equal(await w.commands.track('a1 gone', everybody), '-ERR Session not found for uuid gone\n');
    assert.equal(await w.commands.track('a1', everybody), '-ERR Usage: callcenter_track <agent> <uuid>\n');
  });

  it('F97: an answer is one line, whatever was typed', async () => {
    const answer = await w.commands.break('agent x\\n+OK\\r\\nfoo', everybody);

    assert.equal(answer, '-ERR Session not found for uuid x?+OK??foo\n');
  });
});
