/** A pick-up and a transfer from the board on FreeSWITCH: engine, call control and link against a scripted event socket (B34). */
import assert from 'node:assert/strict';
import { agentId, memberId, switchId } from '../core/acd/ids.js';
import { createEslLink, type EslLink } from '../sidecar/esl.js';
import { createFreeswitchSwitch, type FreeswitchSwitch } from '../sidecar/switch-freeswitch.js';
import { createDesk, deskConfig, type Desk } from './support/engine-desk.js';
import { eventually } from './support/eventually.js';
import { openEventSocket, type FakeEventSocket } from './support/fake-event-socket.js';
import { createHandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

const chief = agentId('chief');
const limit = { max: 1, status: 'On Break' };
const site = {
  queues: { support: {} },
  agents: { chief: { contact: 'sofia/gateway/carrier/1013', no_answer: limit, rejected: limit, busy: limit } },
};
/** as `desk.call` names the first caller */
const caller = 'u1';
const call = { switch: switchId('west'), uniqueId: caller, channel: 'sofia/internal/1010' };

describe('pick-up on FreeSWITCH', () => {
  let fake: FakeEventSocket;
  let link: EslLink;
  let port: FreeswitchSwitch;
  let desk: Desk;
  let done = 0;

  beforeEach(async () => {
    fake = await openEventSocket({
      held: ['originate'],
      output: { uuid_: '+OK\n', 'show channels': '{"row_count":0}', 'show calls': '{"row_count":0}' },
    });
    desk = createDesk(deskConfig(site));
    done = 0;
    link = createEslLink({ name: 'west', host: '127.0.0.1', port: fake.port, password: 'secret' }, { log: silentLog, meter: silentMeter });
    port = createFreeswitchSwitch(
      { id: switchId('west') },
      {
        link,
        feed: (event) => {
          desk.step(event);
          perform();
        },
        log: silentLog,
        meter: silentMeter,
        timers: createHandTimers(),
        watchedAccounts: () => new Map(),
      },
    );
    link.start();
    await link.waitUp(3_000);
  });
  afterEach(async () => {
    port.close();
    link.stop();
    await fake.close();
  });

  /** What the loop does with the engine's orders. */
  function perform(): void {
    for (const effect of desk.effects.slice(done)) {
      done++;
      if (effect.type === 'ring') port.ring(effect.order);
      else if (effect.type === 'connect') port.connect(effect.order);
      else if (effect.type === 'cancel-ring') port.cancel(effect.leg, effect.reason);
    }
  }

  const commands = (start: string) =>
    fake.commands.filter((command) => command.startsWith(start)).map((command) => command.replace(/\nJob-UUID: .*/, ''));
  const sent = (start: string, count = 1) =>
    eventually(
      () => commands(start),
      (list) => list.length === count,
    );
  const chiefNow = () => desk.state.agents.get(chief) ?? assert.fail();
  const phaseIs = (kind: string) =>
    eventually(
      () => chiefNow().phase.kind,
      (now) => now === kind,
    );

  async function pickUp(member: string, count = 1) {
    const answer = desk.step({ type: 'pick-up-asked', member, agent: 'chief' });
    assert.equal(answer.ok, true);
    perform();
    await sent('bgapi originate', count);
    const offer = desk.state.members.get(memberId(member))?.offers[0] ?? assert.fail();
    const leg = `tandem-${offer}`;
    const onLeg = (name: string, headers: Readonly<Record<string, string>> = {}) =>
      fake.send(name, {
        'Unique-ID': leg,
        variable_tandem_leg: leg,
        variable_tandem_offer: offer,
        variable_cc_member_session_uuid: caller,
        ...headers,
      });
    onLeg('CHANNEL_CREATE');
    return { leg, onLeg };
  }

  it('B34: the supervisor answers and talks; the talk is sent on to an extension, and he is as before', async () => {
    const member = desk.call('support', { call });
    const { leg, onLeg } = await pickUp(member);
    assert.match(commands('bgapi originate')[0] ?? '', /sofia\/gateway\/carrier\/1013 /);
    onLeg('CHANNEL_ANSWER');
    fake.finish('originate', `+OK ${leg}\n`);
    onLeg('CUSTOM', { 'Event-Subclass': 'tandem::leg', 'Tandem-News': 'ready' });
    await sent('api uuid_bridge');
    const ends = { 'Unique-ID': caller, 'Bridge-A-Unique-ID': caller, 'Bridge-B-Unique-ID': leg };
    fake.send('CHANNEL_BRIDGE', ends);
    await phaseIs('talking');

    await port.transfer(call, { context: 'agent-transfers', extension: '200' });
    assert.deepEqual(commands('api uuid_transfer'), [`api uuid_transfer ${caller} 200 XML agent-transfers`]);
    fake.send('CHANNEL_UNBRIDGE', { ...ends, variable_transfer_source: '1795287936:x:bl_xfer:200/agent-transfers/XML' });
    onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': 'NORMAL_CLEARING', variable_endpoint_disposition: 'ANSWER' });
    await phaseIs('idle');
    const ended = desk.effects.flatMap((effect) =>
      effect.type === 'notice' && effect.notice.type === 'talk-ended' ? [effect.notice.by] : [],
    );
    assert.deepEqual([ended, chiefNow().status, desk.state.members.size], [['transfer'], 'Logged Out', 0]);
  });

  it('B34: rejected, busy, not answered: the caller keeps his place, and the supervisor is blamed for nothing', async () => {
    const [member, next] = [desk.call('support', { call }), desk.call('support')];
    const causes = ['CALL_REJECTED', 'USER_BUSY', 'NO_ANSWER', 'USER_NOT_REGISTERED'];
    for (const [n, cause] of causes.entries()) {
      const { onLeg } = await pickUp(member, n + 1);
      onLeg('CHANNEL_HANGUP', { 'Hangup-Cause': cause });
      fake.finish('originate', `-ERR ${cause}\n`);
      await phaseIs('resting');
      desk.advance(1_000);
      const { status, phase, noAnswerCount, rejectedCount, busyCount, notRegisteredCount } = chiefNow();
      assert.deepEqual(
        [status, phase.kind, noAnswerCount, rejectedCount, busyCount, notRegisteredCount],
        ['Logged Out', 'idle', 0, 0, 0, 0],
      );
    }
    const [first, second] = [member, next].map((id) => desk.state.members.get(memberId(id)) ?? assert.fail());
    assert.deepEqual([first?.phase.kind, first?.offers, first?.rejections], ['waiting', [], 0]);
    assert.ok((first?.rank ?? 0) < (second?.rank ?? 0) || (first?.serial ?? 0) < (second?.serial ?? 0));
  });
});
