/** Clients as they are in use, against our event socket: the Node library, our own link, and what monitors ask. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createEslLink } from '../sidecar/esl.js';
import { heartbeatEveryMs } from '../sidecar/event-socket/heartbeat.js';
import { openEventSocketDesk, socketPassword, type EventSocketDesk } from './support/event-socket-desk.js';
import { eventually } from './support/eventually.js';
import { silentLog, silentMeter } from './support/observers.js';

/** What the library's classes have, as far as used here. */
interface LibraryEvent {
  getHeader(name: string): string | undefined;
  getBody(): string;
}
interface LibraryConnection {
  api(command: string, args: string, done: (answer: LibraryEvent) => void): void;
  bgapi(command: string, args: string, done: (answer: LibraryEvent) => void): void;
  subscribe(events: string, done: () => void): void;
  on(event: string, listener: (event: LibraryEvent) => void): void;
  disconnect(): void;
}
type Connection = new (host: string, port: number, password: string, ready: () => void) => LibraryConnection;

/** As it comes: our own doors put a parser of theirs into the copy that they use. */
function untouchedLibrary(): Connection {
  const require = createRequire(import.meta.url);
  const before = Object.entries(require.cache).filter(([file]) => file.includes('/node_modules/node-esl/'));
  for (const [file] of before) Reflect.deleteProperty(require.cache, file);
  const { Connection: found } = require('node-esl') as { readonly Connection: Connection };
  for (const [file, module] of before) require.cache[file] = module;
  return found;
}

const dialogue: readonly (readonly [command: string, answer: RegExp])[] = [
  ['callcenter_config queue list', /^name\|strategy\|moh_sound\|[^]*\nsupport@default\|[^]*\+OK\n$/],
  ['callcenter_config queue list agents support@default', /^name\|[^]*\nb2@default\|single_box\|[^]*\+OK\n$/],
  ['callcenter_config queue list members support@default', /^queue\|[^]*\nsupport@default\|single_box\|m1\|u1\|[^]*\+OK\n$/],
  ['callcenter_config queue list tiers support@default', /^queue\|agent\|state\|level\|position\n[^]*\+OK\n$/],
  ['callcenter_config agent list', /^name\|[^]*\nb2@default\|[^]*\+OK\n$/],
  ['callcenter_config tier list', /^queue\|[^]*\nfull@default\|a1\|[^]*\+OK\n$/],
  ['callcenter_config queue count members support@default', /^1\n$/],
  ['callcenter_config agent get status a1', /^On Break$/],
  [
    'status',
    /^UP 0 years, 0 days, 0 hours, 0 minutes, \d+ seconds, \d+ milliseconds, 0 microseconds\nTandem \(Version 1\.2\.3\) is ready\n/,
  ],
  ['version', /^Tandem Version 1\.2\.3\n$/],
  ['uptime', /^\d+\n$/],
  ['show channels', /^uuid,direction,created,[^]*\nu1,inbound,[^]*\n\n1 total\.\n$/],
  ['show channels count', /^\n1 total\.\n$/],
  ['show calls as json', /^\{"row_count": 0\}\n$/],
  ['show channels as json', /^\{"row_count":1,"rows":\[\{"uuid":"u1",/],
  ['show channels as delim |', /^uuid\|direction\|/],
  ['show modules', /^-USAGE: /],
  ['global_getvar hostname', /^\S+$/],
  ['eval ${hostname}!', /^\S+!$/],
  ['strftime %Y-%m-%d %q', /^2026-11-22 %q$/],
  ['uuid_exists u1', /^true$/],
  ['uuid_getvar u1 caller_id_number', /^5551$/],
  ['uuid_getvar u1 nothing', /^_undef_$/],
  ['module_exists mod_callcenter', /^true$/],
  ['load mod_callcenter', /^\+OK Reloading XML\n-ERR \[Module already loaded\]\n$/],
  ['reload mod_callcenter', /^\+OK Reloading XML\n\+OK module unloaded\n\+OK module loaded\n$/],
  ['reload mod_sofia', /^-ERR No such module!\n$/],
  ['json {"command":"callcenter_config","data":{"arguments":"queue list"}}', /^\{"command":"callcenter_config",[^]*"status":"success"/],
  ['help', /^Valid commands:\n\n[^]*callcenter_config\n/],
  ['uuid_broadcast u1 x.wav', /^-ERR uuid_broadcast Command not found!\n$/],
];

describe('event socket: clients', () => {
  let w: EventSocketDesk;
  beforeEach(async () => (w = await openEventSocketDesk()));
  afterEach(() => w.close());

  it('B61: the Node library logs in, asks, has jobs done and hears events', async () => {
    const Library = untouchedLibrary();
    const client = await new Promise<LibraryConnection>((resolve) => {
      const made = new Library('127.0.0.1', w.port, socketPassword, () => resolve(made));
    });
    try {
      const ask = (how: 'api' | 'bgapi', command: string, args: string): Promise<string> =>
        new Promise((resolve) => client[how](command, args, (answer) => resolve(answer.getBody())));
      assert.equal(await ask('api', 'callcenter_config', 'agent get status a1'), 'Available');
      const heard: LibraryEvent[] = [];
      await new Promise<void>((resolve) => client.subscribe('BACKGROUND_JOB CUSTOM callcenter::info', resolve));
      client.on('esl::event::CUSTOM::**', (event) => heard.push(event));
      assert.equal(await ask('bgapi', 'callcenter_config', 'agent list nobody'), '+OK\n');

      w.desk.call('support@default', { name: 'Smith & Co' });
      await eventually(
        () => heard.length,
        (count) => count >= 2,
        { everyMs: 1 },
      );
      const [first] = heard.filter((event) => event.getHeader('CC-Action') === 'member-queue-start');
      assert.equal(first?.getHeader('CC-Member-CID-Name'), 'Smith & Co');
      assert.equal(first.getHeader('CC-Queue'), 'support@default');
    } finally {
      client.disconnect();
    }
  });

  it('B61: our own link to a FreeSWITCH takes us for one, and stays up by our heartbeat', async () => {
    const link = createEslLink(
      { name: 'fs', host: '127.0.0.1', port: w.port, password: socketPassword },
      { log: silentLog, meter: silentMeter },
    );
    const heard: string[] = [];
    link.on(['CUSTOM callcenter::info', 'HEARTBEAT'], (event) => void heard.push(event.get('CC-Action') ?? event.get('Event-Info') ?? ''));
    link.start();
    try {
      await link.waitUp(3_000);
      assert.equal(await link.api('callcenter_config queue count'), '3\n');
      assert.match(await link.bgapi('callcenter_config queue list'), /\nfull@default\|/);
      await assert.rejects(link.command('sendmsg u1', { 'call-command': 'hangup' }), { code: 'TDM_SWITCH_REFUSED' });
      w.desk.call('support@default');
      w.hand.advance(2 * heartbeatEveryMs);
      await eventually(
        () => heard,
        (list) => list.filter((text) => text === 'System Ready').length === 2,
        { everyMs: 1 },
      );
      assert.deepEqual(
        [heard.slice(0, 2), heard.slice(-2)],
        [
          ['member-queue-start', 'members-count'],
          ['System Ready', 'System Ready'],
        ],
      );
    } finally {
      link.stop();
    }
  });

  it('F161: what status monitors and consoles ask is answered in the form they read', async () => {
    await w.config("agent set status a1 'On Break'");
    w.desk.call('support@default');
    const monitor = await w.client();
    await monitor.ask(`auth ${socketPassword}`);
    for (const [command, answer] of dialogue) assert.match(await monitor.text(`api ${command}`), answer, command);
  });

  it('F155: a monitor that prints every callcenter::info event, in all three forms', async () => {
    const [plain, json, xml] = await Promise.all(['plain', 'json', 'xml'].map((form) => w.listener(`${form} CUSTOM callcenter::info`)));
    const other = await w.listener('plain CUSTOM sofia::register');
    await w.config("agent set status a1 'On Break'");
    await w.config("agent set status a1 'Available'");
    w.desk.connect(w.desk.call('support@default', { name: '<Bob> "&"' }));
    for (const one of [plain, json, xml, other]) await one?.settled();

    const actions = plain?.events().map((headers) => headers.find(([name]) => name === 'CC-Action')?.[1]) ?? [];
    assert.deepEqual(actions, [
      'agent-status-change',
      'agent-status-change',
      'member-queue-start',
      'members-count',
      'agent-state-change',
      'agent-offering',
      'bridge-agent-start',
      'members-count',
      'agent-state-change',
    ]);
    const parsed = (json?.frames ?? []).filter((frame) => frame.includes('event-json')).map((frame) => JSON.parse(frame.slice(frame.indexOf('\n\n'))) as Record<string, string>); // prettier-ignore
    assert.deepEqual(
      parsed.map((fields) => fields['CC-Action']),
      actions,
    );
    assert.equal(parsed[2]?.['CC-Member-CID-Name'], '<Bob> "&"');
    assert.equal((xml?.bytes.match(/<CC-Action>/g) ?? []).length, actions.length);
    assert.match(xml?.bytes ?? '', /<CC-Member-CID-Name>%3CBob%3E%20%22%26%22<\/CC-Member-CID-Name>/);
    const numbers = plain?.events().map((headers) => Number(headers.find(([name]) => name === 'Event-Sequence')?.[1])) ?? [];
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    assert.equal(other.events().length, 0);
  });

  it('F153: what agent get answers is told to everybody, from whatever door it was asked', async () => {
    const monitor = await w.listener('plain CUSTOM callcenter::info');
    for (const key of ['status', 'STATE', 'uuid', 'nonsense']) await w.config(`agent get ${key} A1`);
    await w.config('agent get status nobody');
    await monitor.settled();
    assert.deepEqual(
      monitor.events().map((headers) => headers.slice(-3)),
      [
        [['CC-Agent', 'a1'], ['CC-Action', 'agent-status-get'], ['CC-Agent-Status', 'Available']], // prettier-ignore
        [['CC-Agent', 'a1'], ['CC-Action', 'agent-state-get'], ['CC-Agent-State', 'Waiting']], // prettier-ignore
        [['CC-Agent', 'a1'], ['CC-Action', 'agent-uuid-get'], ['CC-Agent-UUID', '']], // prettier-ignore
      ],
    );
  });

  it('B61: a process that does not own the queues says so, and tells nothing', async () => {
    const monitor = await w.listener('plain CUSTOM callcenter::info');
    w.desk.isOwner = false;
    assert.match(await monitor.text('api callcenter_config queue list'), /^-ERR TDM_STANDBY /);
    assert.match(await monitor.text('api status'), /does not own the queues\n$/);
    assert.equal(await monitor.text('api uuid_exists u1'), 'false');
    assert.match(await monitor.text('api show channels'), /^-ERR TDM_STANDBY /);
    assert.equal(monitor.events().length, 0);
  });
});
