/** Calls on a real Asterisk in the rows of a CRM: both editions of vTiger, clicks, transfers, recordings (crm-vtiger 10). */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CrmSide } from '../../sidecar/crm/side.js';
import type { AmiLink } from '../../sidecar/ami.js';
import { openStore, type Store } from '../../sql/store.js';
import { openCrmOnBed } from '../support/crm-on-bed.js';
import { eventually } from '../support/eventually.js';
import { silentLog, silentMeter } from '../support/observers.js';
import { startStandInCrm, type StandInCrm } from '../support/stand-in-crm.js';
import type { CrmRow } from '../support/stand-in-rows.js';
import { requireTestbed } from '../testbed/cache.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import type { SipCall } from '../testbed/sip-phone.js';

const secret = 's3cr3t+Key/&=1-and-longer';
const account = `
[crm]
secret = crm-bed-secret
permit = 127.0.0.1/255.255.255.255
read = system,call,dialplan,agent
write = call,originate,reporting
`;

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const include = (...files: readonly string[]): string => files.map((file) => `#include ${samples}${file}\n`).join('');

const dialplan = `${include('tandem-globals.conf', 'tandem-doors.conf', 'tandem-crm.conf')}
[from-phones](+)
exten => 200,1,MixMonitor(\${UNIQUEID}.wav)
 same => n,Dial(PJSIP/1011,20,t)
 same => n,Hangup()
exten => 300,1,Answer()
 same => n,Wait(20)
 same => n,Hangup()
exten => 400,1,Dial(PJSIP/1011&PJSIP/1012,20)
 same => n,Hangup()
exten => _+X.,1,Dial(PJSIP/1010,20)
 same => n,Hangup()
[tandem-transfer](+)
exten => _10XX,1,Dial(PJSIP/\${EXTEN},20)
 same => n,Hangup()
`;

for (const edition of ['vtiger', 'vtiger-sp'] as const)
  describe(`real: CRM, ${edition}`, function () {
    this.timeout(60_000);
    let asterisk: Asterisk;
    let release: () => void;
    let crm: StandInCrm;
    let store: Store;
    let link: AmiLink;
    let side: CrmSide;
    let port = 0;

    before(async function () {
      await requireTestbed(this, 'asterisk');
      const claim = await claimPorts(1);
      release = claim.release;
      asterisk = await startAsterisk({ name: edition === 'vtiger' ? 'crmstock' : 'crmsales', base: claim.bases[0] ?? 0 });
      await asterisk.addConfig('extensions', '50-crm', dialplan);
      await asterisk.addConfig('manager', '50-crm', account);
      await asterisk.reload();
      await asterisk.cli('manager reload');
      crm = await startStandInCrm(edition, ['1011', '1012'], secret);
      await writeFile(join(asterisk.dir, 'crm.yaml'), bindings());
      store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
      await store.migrate();
      await start();
    });

    after(async () => {
      await (side as CrmSide | undefined)?.stop();
      (link as AmiLink | undefined)?.stop();
      await (store as Store | undefined)?.close();
      await (crm as StandInCrm | undefined)?.stop();
      await (asterisk as Asterisk | undefined)?.stop();
      (release as (() => void) | undefined)?.();
    });

    afterEach(async () => {
      for (const nn of [10, 11, 12]) for (const call of (await asterisk.phone(nn)).calls.values()) call.hangup();
      await eventually(
        () => asterisk.channels(),
        (channels) => channels.length === 0,
      );
    });

    function bindings(): string {
      return `recording_roots: [${asterisk.dir}]
crm:
  - name: main
    dialect: ${edition}
    crm_url: ${crm.url}
    secret: '${secret}'
    timezone: UTC
    public_url: http://127.0.0.1:5000
    contexts: [from-phones]
    extensions: { '1011': PJSIP/1011, '1012': PJSIP/1012 }
    missed_owner: '1012'
    short_numbers: ['1010']
`;
    }

    async function start(): Promise<void> {
      ({ link, side } = await openCrmOnBed(asterisk, store, { user: 'crm', secret: 'crm-bed-secret' }));
      port = await side.listen();
    }

    /** The customer calls `to`, and phone 1011 or 1012 answers. */
    async function talk(to: string, agent = 11): Promise<{ readonly call: SipCall; readonly atAgent: SipCall }> {
      const rings = (await asterisk.phone(agent)).nextCall();
      const call = await (await asterisk.phone(10)).call(to);
      const atAgent = await rings;
      await call.answered;
      return { call, atAgent };
    }

    const newRows = (since: number): readonly CrmRow[] => crm.rows.slice(since);
    const settled = (since: number, fits: (rows: readonly CrmRow[]) => boolean, msMax = 8_000): Promise<readonly CrmRow[]> =>
      eventually(() => newRows(since), fits, { msMax });

    async function ask(
      path: string,
      method = 'POST',
    ): Promise<{ readonly status: number; readonly body: string; readonly error: string | null }> {
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, { method });
      return { status: response.status, body: await response.text(), error: response.headers.get('x-tandem-error') };
    }

    const key = encodeURIComponent(secret);

    it('P6 P7 P8 P9 P22: an answered call is one row with times and a link, and the link plays the recording', async () => {
      const since = crm.rows.length;
      const { call } = await talk('200');
      await new Promise((resolve) => setTimeout(resolve, 1_500)); // something to hear
      call.hangup();
      const [row] = await settled(since, (rows) => rows[0]?.recording !== undefined && rows[0].recording !== '');
      assert.ok(row);
      assert.deepEqual([row.direction, row.status, row.user, row.customer], ['inbound', 'completed', '1011', '1010']);
      assert.ok(Number(row.billed) >= 1 && Number(row.duration) >= Number(row.billed), JSON.stringify(row));
      assert.equal(newRows(since).length, 1);
      assert.match(row.recording, /^http:\/\/127\.0\.0\.1:5000\/recording\?id=alpha-[0-9.]+&sig=[0-9a-f]{32}$/);
      const place = new URL(row.recording);
      const played = await fetch(`http://127.0.0.1:${String(port)}${place.pathname}${place.search}`, { headers: { range: 'bytes=0-43' } });
      assert.deepEqual([played.status, played.headers.get('content-type')], [206, 'audio/x-wav']);
      assert.equal(Buffer.from(await played.arrayBuffer()).toString('latin1', 0, 4), 'RIFF');
      // as SalesPlatform's server asks: the key appended to the link
      const whole = await fetch(`http://127.0.0.1:${String(port)}${place.pathname}${place.search}&secret=${key}`);
      assert.equal(whole.status, 200);
      assert.ok(Number(whole.headers.get('content-length')) > 44);
      await whole.arrayBuffer();
      assert.equal((await ask(`/recording?id=${place.searchParams.get('id') ?? ''}&sig=${'0'.repeat(32)}`, 'GET')).status, 401);
    });

    it('P12: a caller who leaves before anybody was rung is a missed call', async () => {
      const since = crm.rows.length;
      const call = await (await asterisk.phone(10)).call('300');
      await call.answered;
      call.hangup();
      const [row] = await settled(since, (rows) => rows[0]?.status === 'no-answer' && rows[0].billed !== '');
      assert.deepEqual([row?.direction, row?.customer, row?.billed], ['inbound', '1010', '0']);
    });

    it('ring group: who answered has the call, and nobody missed it', async () => {
      const since = crm.rows.length;
      (await asterisk.phone(12)).onCall = (call) => call.ring();
      const { call } = await talk('400', 11);
      call.hangup();
      const rows = await settled(since, (all) => all.length > 0 && all.every(({ status }) => !['ringing', 'in-progress'].includes(status)));
      const byUser = Object.fromEntries(rows.map(({ user, status }) => [user, status]));
      assert.deepEqual(byUser, edition === 'vtiger' ? { '1011': 'completed' } : { '1011': 'completed', '1012': 'Answered elsewhere' });
      (await asterisk.phone(12)).onCall = (call2) => {
        call2.ring();
        void call2.answer();
      };
    });

    it('P18 P19 P20: a click as the CRM sends it, byte by byte: the user’s telephone first, then the number', async () => {
      const since = crm.rows.length;
      const atAgent = (await asterisk.phone(11)).nextCall();
      const atCustomer = (await asterisk.phone(10)).nextCall();
      const request = [
        `POST //makecall?event=OutgoingCall&secret=${key}&from=1011&to=%2B7+%28912%29+345-67-89&context=from-phones HTTP/1.1`,
        'User-Agent: PEAR HTTP_Request class ( http://pear.php.net/ )',
        'Connection: close',
        'Accept-Encoding: gzip',
        'Referer: http://crm.example/index.php',
        `Host: 127.0.0.1:${String(port)}`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
      const answer = await raw(port, request);
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nSuccess\n$/);
      await atAgent;
      const customer = await atCustomer;
      const [row] = await settled(since, (rows) => rows[0]?.status === 'in-progress');
      assert.deepEqual([row?.direction, row?.user], ['outbound', '1011']);
      customer.hangup();
      await settled(since, (rows) => rows[0]?.status === 'completed');
      assert.equal(newRows(since).length, 1);
    });

    it('CRM-3 CRM-4 CRM-5: what is refused is Error and nothing else, within two seconds', async () => {
      const cases: readonly (readonly [string, number, string, string | null])[] = [
        [`/makecall?secret=${key}&from=1011&to=&context=from-phones`, 400, 'Error\n', 'empty-number'],
        [`/makecall?secret=${key}&from=1011&to=79123456789%0AX%3A+y&context=from-phones`, 400, 'Error\n', 'bad-number'],
        [`/makecall?secret=${key}&from=1099&to=79123456789&context=from-phones`, 400, 'Error\n', 'unknown-extension'],
        [`/makecall?secret=${key}&from=1011&to=79123456789&context=default`, 403, 'Error\n', 'foreign-context'],
        ['/makecall?secret=wrong&from=1011&to=79123456789', 401, 'Authentication Failure\n', null],
        ['/makecall?from=1011&to=79123456789', 401, 'Authentication Failure\n', null],
        [`/transfer?secret=${key}&callid=alpha-1.2&to=1012`, 404, 'Error\n', 'unknown-call'],
      ];
      for (const [path, status, body, error] of cases) assert.deepEqual(await ask(path), { status, body, error }, path);
      assert.deepEqual(await asterisk.channels(), []);
    });

    it('P23: a transfer from the pop-up gives the customer to the colleague; to a place that is not there nothing happens', async () => {
      const since = crm.rows.length;
      const { call } = await talk('200');
      const [row] = await settled(since, (rows) => rows[0]?.status === 'in-progress');
      const id = encodeURIComponent(row?.callUUID ?? '');
      assert.deepEqual(await ask(`/transfer?secret=${key}&callid=${id}&to=99999`), {
        status: 404,
        body: 'Error\n',
        error: 'no-such-place',
      });
      assert.equal(call.state, 'up', 'the customer keeps talking');
      const atColleague = (await asterisk.phone(12)).nextCall();
      assert.deepEqual(await ask(`/transfer?secret=${key}&callid=${id}&to=1012`), { status: 200, body: 'Success\n', error: null });
      await atColleague;
      await settled(since, (rows) => rows.some(({ user, status }) => user === '1012' && status === 'in-progress'));
      call.hangup();
      const rows = await settled(since, (all) => all.every(({ status }) => status === 'completed'));
      assert.deepEqual(
        rows.map(({ user }) => user),
        edition === 'vtiger' ? ['1012'] : ['1011', '1012'],
      );
    });

    it('B57: the recording of a running call is paused and resumed on request, and nothing else is done with it', async () => {
      const since = crm.rows.length;
      const { call } = await talk('200');
      const [row] = await settled(since, (rows) => rows[0]?.status === 'in-progress');
      const id = encodeURIComponent(row?.callUUID ?? '');
      for (const change of ['pause', 'resume'])
        assert.deepEqual(await ask(`/recording/${change}?secret=${key}&id=${id}`), { status: 200, body: 'Success\n', error: null });
      assert.equal((await ask(`/recording/erase?secret=${key}&id=${id}`)).status, 404);
      call.hangup();
      await settled(since, (rows) => rows[0]?.status === 'completed');
    });

    it('P16: ping answers pong to everybody, and the state to one who has the key', async () => {
      assert.deepEqual(await ask('/ping', 'GET'), { status: 200, body: 'pong\n', error: null });
      assert.equal((await ask('/ping?secret=wrong', 'GET')).status, 401);
      const health = JSON.parse((await ask(`/ping?secret=${key}`, 'GET')).body) as { status: string; ami: string };
      assert.deepEqual([health.status, health.ami], ['ok', 'up']);
    });

    it('CRM-14 CRM-16: a CRM that is away, and a connector that dies meanwhile: afterwards every call is there once', async () => {
      const since = crm.rows.length;
      (await asterisk.phone(12)).onCall = (call) => call.ring(); // his colleague takes the call of the group
      await crm.away();
      const first = await talk('200');
      await new Promise((resolve) => setTimeout(resolve, 300));
      first.call.hangup();
      const second = await talk('400', 11);
      // killed in the middle of the second call: nothing is stopped in order but the link
      link.stop();
      await side.stop();
      await start();
      await crm.back();
      await settled(since, (all) => all.some(({ status }) => status === 'in-progress'), 25_000);
      second.call.hangup();
      const rows = await settled(
        since,
        (all) => new Set(all.map(({ callUUID }) => callUUID)).size === 2 && all.every(({ end }) => end !== ''),
        25_000,
      );
      const answered = rows.filter(({ status }) => status === 'completed').map(({ user }) => user);
      assert.deepEqual(answered, ['1011', '1011'], JSON.stringify(rows));
      assert.equal(rows.length, edition === 'vtiger' ? 2 : 3);
    });
  });

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (part) => (answer += part.toString('utf8')));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
