/** Orders of a CRM on FreeSWITCH: the real link against a scripted event socket. Each command was tried on FreeSWITCH 1.10.12. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CrmAnswer, CrmSwitch } from '../core/crm-ports.js';
import { createCrmFreeswitch } from '../sidecar/crm/switch-freeswitch.js';
import { dialplanTakes } from '../sidecar/dial-freeswitch-facts.js';
import { createEslLink, type EslLink } from '../sidecar/esl.js';
import { eventually } from './support/eventually.js';
import { openEventSocket, type FakeEventSocket, type FakeEventSocketOptions } from './support/fake-event-socket.js';
import { createHandTimers, type HandTimers } from './support/hand-timers.js';
import { silentLog, silentMeter } from './support/observers.js';

const agent = { name: 'sofia/internal/101@192.0.2.7:5060', uniqueId: 'a0000000-0000-4000-8000-000000000001' };
const customer = { name: 'sofia/external/79161234567', uniqueId: 'c0000000-0000-4000-8000-000000000002' };
const colleague = { context: 'tandem-transfer', extension: '102' };
const click = {
  callId: 'tandem-crm-main-0123456789abcdef',
  channel: 'user/101@pbx.example',
  extension: '101',
  number: '+79161234567',
  context: 'outbound',
  binding: 'main',
  settleMs: 300,
  ringMs: 30_000,
};

describe('CRM on FreeSWITCH: orders', () => {
  let fake: FakeEventSocket;
  let link: EslLink;
  let timers: HandTimers;
  let crm: CrmSwitch;

  async function open(options: FakeEventSocketOptions = {}): Promise<void> {
    fake = await openEventSocket({ held: ['originate'], ...options });
    link = createEslLink({ name: 'fs', host: '127.0.0.1', port: fake.port, password: 'secret' }, { log: silentLog, meter: silentMeter });
    timers = createHandTimers();
    crm = createCrmFreeswitch('fs', { link, domain: 'default', timers, log: silentLog });
    link.start();
    await link.waitUp(2_000);
  }

  afterEach(async () => {
    link.stop();
    await fake.close();
  });

  const sent = (words: string): readonly string[] =>
    fake.commands.flatMap((command) => (command.startsWith(words) ? [command.split('\n')[0] ?? ''] : []));

  async function clicked(order = click): Promise<{ readonly command: string; readonly answer: Promise<CrmAnswer> }> {
    const before = sent('bgapi originate').length;
    const answer = crm.clickToCall(order);
    const [command = ''] = await eventually(
      () => sent('bgapi originate').slice(before),
      ({ length }) => length === 1,
    );
    return { command, answer };
  }

  it('P18 CRM-3: the user’s telephone rings first, then the number is dialled in the binding’s context; the page hears it in 300 ms', async () => {
    await open();
    const { command, answer } = await clicked();
    assert.equal(
      command,
      'bgapi originate {tandem_call=tandem-crm-main-0123456789abcdef,tandem_origin=crm,tandem_crm=main,' +
        'origination_caller_id_number=101,origination_caller_id_name=101,originate_timeout=30,ignore_early_media=true,' +
        'hangup_after_bridge=true,domain_name=pbx.example}user/101@pbx.example +79161234567 XML outbound',
    );
    timers.advance(300);
    assert.deepEqual(await answer, { ok: true });
    // the telephone is not answered later: the journal tells, nobody waits for it here
    fake.finish('originate', '-ERR NO_ANSWER\n');
    await link.api('status');
  });

  it('P19 B4: who ordered the click hears later that no telephone answered, but not where nobody knows', async () => {
    await open();
    let unreached = 0;
    const order = { ...click, onUnreached: () => (unreached += 1) };
    for (const [result, count] of [
      ['+OK 7b\n', 0],
      ['-ERR NO_ANSWER\n', 1],
    ] as const) {
      const { answer } = await clicked(order);
      timers.advance(300);
      assert.deepEqual(await answer, { ok: true });
      fake.finish('originate', result);
      await link.api('status');
      assert.equal(unreached, count);
    }
    const { answer } = await clicked(order);
    timers.advance(300);
    await answer;
    fake.drop(); // the order may be carried out all the same
    await eventually(
      () => crm.isUp(),
      (isUp) => !isUp,
    );
    assert.equal(unreached, 1);
  });

  it('P18: a telephone that makes one channel gets the id of the call', async () => {
    await open();
    const { command, answer } = await clicked({ ...click, channel: 'sofia/internal/101@192.0.2.7:5060', ringMs: 4_200 });
    assert.match(command, /^bgapi originate \{origination_uuid=tandem-crm-main-0123456789abcdef,tandem_call=tandem-crm-/);
    assert.match(command, /originate_timeout=5,/);
    fake.finish('originate', '+OK tandem-crm-main-0123456789abcdef\n');
    assert.deepEqual(await answer, { ok: true }, 'he answered before the time was over');
  });

  it('P19 CRM-3: a telephone that cannot be reached is an error for the CRM', async () => {
    await open();
    const { answer } = await clicked();
    fake.finish('originate', '-ERR USER_NOT_REGISTERED\n');
    assert.deepEqual(await answer, { ok: false, code: 'telephone-unreachable', status: 502 });
  });

  it('CRM-3: while the link is down nothing is ordered', async () => {
    await open();
    assert.equal(crm.isUp(), true);
    link.stop();
    assert.equal(crm.isUp(), false);
    assert.deepEqual(await crm.clickToCall(click), { ok: false, code: 'switch-down', status: 503 });
    assert.deepEqual(await crm.blindTransfer(agent, colleague), { ok: false, code: 'switch-down', status: 503 });
  });

  it('P23: a talking customer is taken from the agent’s channel, a waiting one from his own', async () => {
    await open();
    assert.deepEqual(await crm.blindTransfer(agent, colleague), { ok: true });
    assert.deepEqual(await crm.redirect(customer, colleague), { ok: true });
    assert.deepEqual(sent('api uuid_transfer'), [
      `api uuid_transfer ${agent.uniqueId} -bleg 102 XML tandem-transfer`,
      `api uuid_transfer ${customer.uniqueId} 102 XML tandem-transfer`,
    ]);
  });

  it('CRM-13: a channel that is gone is told', async () => {
    await open({ output: { uuid_transfer: '-ERR No such channel!\n' } });
    assert.deepEqual(await crm.blindTransfer(agent, colleague), { ok: false, code: 'refused', status: 409 });
  });

  it('P23: an attended transfer is taken back by ending the colleague’s leg, once', async () => {
    await open();
    assert.deepEqual(await crm.cancelAttended(agent), { ok: false, code: 'no-transfer', status: 409 });
    assert.deepEqual(await crm.attendedTransfer(agent, colleague), { ok: true });
    const [command = ''] = sent('api uuid_broadcast');
    const [, leg = ''] = /\{origination_uuid=(tandem-consult-[0-9a-f-]{36})\}/.exec(command) ?? [];
    assert.equal(command, `api uuid_broadcast ${agent.uniqueId} att_xfer::{origination_uuid=${leg}}loopback/102/tandem-transfer aleg`);
    assert.deepEqual(await crm.cancelAttended(agent), { ok: true });
    assert.deepEqual(sent('api uuid_kill'), [`api uuid_kill ${leg}`]);
    assert.deepEqual(await crm.cancelAttended(agent), { ok: false, code: 'no-transfer', status: 409 });
  });

  it('B57: silence on one recording, and its end', async () => {
    await open();
    const file = '/var/lib/freeswitch/recordings/c0000000.wav';
    assert.deepEqual(await crm.muteRecording(customer, file, true), { ok: true });
    assert.deepEqual(await crm.muteRecording(customer, file, false), { ok: true });
    assert.deepEqual(sent('api uuid_record'), [
      `api uuid_record ${customer.uniqueId} mask ${file}`,
      `api uuid_record ${customer.uniqueId} unmask ${file}`,
    ]);
    const bad: CrmAnswer = { ok: false, code: 'bad-value', status: 400 };
    for (const path of ['/rec/a b.wav', '/rec/../etc/x.wav', '/rec/${x}.wav', '/rec/a\nb.wav', '']) {
      assert.deepEqual(await crm.muteRecording(customer, path, true), bad, path);
    }
  });

  it('CRM-20: nothing of a request adds a word, a variable, a second target or a line to a command', async () => {
    await open();
    const hostile = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc
        .tuple(
          fc.constantFrom('101', '+7916', ''),
          fc.constantFrom(' ', '\n', '${x}', '}', '{', ',', '|', "'", '"', '&', '\\', '^', ';', '\0'),
        )
        .map((parts) => parts.join('')),
    );
    const plain = /^[A-Za-z0-9_*#+][A-Za-z0-9_.*#+-]*$/;
    await fc.assert(
      fc.asyncProperty(hostile, fc.constantFrom('number', 'context', 'uniqueId', 'extension'), async (text, field) => {
        if (plain.test(text)) return;
        const before = fake.commands.length;
        const answer =
          field === 'number' || field === 'context'
            ? await crm.clickToCall({ ...click, [field]: text })
            : field === 'uniqueId'
              ? await crm.blindTransfer({ ...agent, uniqueId: text }, colleague)
              : await crm.attendedTransfer(agent, { ...colleague, extension: text });
        assert.deepEqual(answer, { ok: false, code: 'bad-value', status: 400 }, JSON.stringify(text));
        assert.deepEqual(fake.commands.slice(before), []);
      }),
      { numRuns: 300 },
    );
  });

  it('CRM-13: a place that only prepares a call for the next one leads nowhere: the customer would be dropped', async () => {
    const context = `<context name="tandem-transfer">
      <extension name="all" continue="true"><condition field="destination_number" expression="."><action application="set" data="a=b"/></condition></extension>
      <extension name="agents"><condition field="destination_number" expression="^(10[0-9])$"><action application="bridge" data="user/$1"/></condition></extension>
    </context>`;
    assert.equal(dialplanTakes(context, '102'), true);
    assert.equal(dialplanTakes(context, '333'), false);
    await open({ output: { 'xml_locate dialplan context name tandem-transfer': context } });
    assert.equal(await crm.hasExtension('tandem-transfer', '102'), true);
    assert.equal(await crm.hasExtension('tandem-transfer', '333'), false);
  });
});
