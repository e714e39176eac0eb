/** What `tandem doctor crm` finds at a FreeSWITCH (CRM-21); the answers are those of FreeSWITCH 1.10.12. */
import assert from 'node:assert/strict';
import { checkFreeswitch } from '../sidecar/crm/doctor/freeswitch.js';
import { createEslLink } from '../sidecar/esl.js';
import { bindingOf } from './support/crm-teller.js';
import { eventually } from './support/eventually.js';
import { openEventSocket } from './support/fake-event-socket.js';
import { silentLog, silentMeter } from './support/observers.js';

const orders = ['originate', 'uuid_transfer', 'uuid_broadcast', 'uuid_kill', 'uuid_record', 'uuid_dump'];
const whole: Readonly<Record<string, string>> = {
  ...Object.fromEntries(orders.map((order) => [order, '-USAGE: <uuid>\n'])),
  version: 'FreeSWITCH Version 1.10.12-release 64bit (git a88d069)\n\n',
  'show channels': '{"row_count": 0}\n',
  'xml_locate dialplan context name outbound': '<context name="outbound"></context>',
  'xml_locate dialplan context name tandem-transfer': '<context name="tandem-transfer"></context>',
  xml_locate: "can't find anything",
  'global_getvar domain': 'pbx.example',
  'user_exists id 1011 pbx.example': 'true',
  'user_exists id 1012 pbx.example': 'true',
  user_exists: 'false',
  'sofia_contact */1011@pbx.example': 'sofia/internal/sip:1011@192.0.2.7:5060',
  sofia_contact: 'error/user_not_registered',
};
const extensions = { '1011': 'user/1011', '1013': 'sofia/internal/1013@192.0.2.9:5060' };
const nowMs = Date.UTC(2026, 10, 21, 12);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 300)));

/** What is wrong at a switch that answers so and whose events are so late; null: none comes. */
async function wrongAt(answers: Readonly<Record<string, string>>, binding: object, lateMs: number | null = 0): Promise<readonly string[]> {
  const fake = await openEventSocket({ held: ['originate {'], output: { ...answers, ...whole, ...answers } });
  const link = createEslLink(
    { name: 'fs', host: '127.0.0.1', port: fake.port, password: 'secret' },
    { log: silentLog, meter: silentMeter },
  );
  try {
    link.start();
    await link.waitUp(5_000);
    const own = bindingOf({ dialect: 'yetiforce', contexts: ['outbound'], extensions, ...binding });
    const looked = checkFreeswitch('fs', link, [own], { domain: 'default', wait, nowMs: () => nowMs });
    const order = await eventually(
      () => fake.commands.find((command) => command.startsWith('bgapi originate {')),
      (command) => command !== undefined,
    );
    const id = /origination_uuid=([^}]*)\}loopback\/s\/tandem-doctor-nowhere &hangup/.exec(order ?? '')?.[1] ?? '';
    if (lateMs !== null) fake.send('CHANNEL_CREATE', { 'Unique-ID': id, 'Event-Date-Timestamp': String((nowMs - lateMs) * 1000) });
    fake.finish('originate {', '-ERR NO_ROUTE_DESTINATION\n');
    return (await looked).flatMap(({ verdict, what, detail }) => (verdict === 'ok' ? [] : [`${verdict} ${what}: ${detail}`]));
  } finally {
    link.stop();
    await fake.close();
  }
}

describe('doctor crm: FreeSWITCH', () => {
  it('CRM-21: nothing is wrong where all is there', async () => assert.deepEqual(await wrongAt({}, {}), []));

  it('CRM-21: missing rights, contexts, accounts and telephones, and a clock that differs, are named', async () => {
    const denied = { uuid_kill: '-ERR permission denied\n', 'show channels': '-ERR permission denied\n' };
    assert.deepEqual(await wrongAt(denied, { contexts: ['outbound', 'from-crm'] }, 4_200), [
      'FAIL fs: orders: the account may not, or FreeSWITCH has not: uuid_kill, show',
      'warn fs: clock: 4.2 s behind',
      'FAIL fs: contexts of main: not in the dialplan: from-crm',
    ]);
    assert.deepEqual(await wrongAt({}, { extensions: { '1099': 'user/1099@other.example' } }, -3_000), [
      'warn fs: clock: 3.0 s ahead',
      'FAIL fs: telephones of main: no such account: 1099@other.example',
    ]);
    assert.deepEqual(await wrongAt({}, { extensions: { '1011': 'user/1011', '1012': 'user/1012' } }), [
      'warn fs: telephones of main: not registered: 1012@pbx.example',
    ]);
  });

  it('CRM-21: an account that hears nothing of calls', async () =>
    assert.deepEqual(await wrongAt({}, {}, null), ['FAIL fs: events: the account hears nothing of calls']));
});
