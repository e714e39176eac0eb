/** `tandem doctor crm` (CRM-21) against the stand-in CRM of both editions with each fault: what it says, and what it advises. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CrmBinding } from '../core/crm/binding.js';
import { checkAsterisk } from '../sidecar/crm/doctor/asterisk.js';
import { checkCallback } from '../sidecar/crm/doctor/callback.js';
import type { Finding } from '../sidecar/crm/doctor/finding.js';
import { checkGravitel, checkWebhook } from '../sidecar/crm/doctor/other-crms.js';
import { checkLinks, checkRoots, dryRun } from '../sidecar/crm/doctor/own-side.js';
import { checkWebService } from '../sidecar/crm/doctor/web-service.js';
import { createCrmPost } from '../sidecar/crm/post.js';
import { createWebService } from '../sidecar/crm/web-service.js';
import { createAmiLink, type AmiLink } from '../sidecar/ami.js';
import { bindingOf, startReceiver, tellerOf, type Receiver } from './support/crm-teller.js';
import { createFakeAmi, type FakeAmi } from './support/fake-ami.js';
import { silentLog, silentMeter } from './support/observers.js';
import { startStandInCrm, type StandInCrm } from './support/stand-in-crm.js';
import { emptyRow } from './support/stand-in-rows.js';
import { binary } from './support/binary.js';

const secret = 's3cr3t+Key/&=1-and-longer';
const post = createCrmPost({ connectMsMax: 500, requestMsMax: 500, caFile: undefined });
const said = (findings: readonly Finding[]): readonly string[] => findings.map(({ verdict, what }) => `${verdict} ${what}`);
/** What is wrong, each with a remedy. */
function wrong(findings: readonly Finding[]): readonly string[] {
  for (const { verdict, remedy, what } of findings) assert.equal(remedy !== '', verdict !== 'ok', what);
  return findings.filter(({ verdict }) => verdict !== 'ok').map(({ verdict, what, detail }) => `${verdict} ${what}: ${detail}`);
}

for (const edition of ['vtiger', 'vtiger-sp'] as const)
  describe(`doctor crm: callback of ${edition}`, () => {
    let crm: StandInCrm;
    let binding: CrmBinding;
    beforeEach(async () => {
      crm = await startStandInCrm(edition, ['1011', '1012'], secret);
      binding = bindingOf({ dialect: edition, crm_url: crm.url });
    });
    afterEach(() => crm.stop());

    it('CRM-21: a CRM that is well is reached, takes the key and refuses others; nothing is stored', async () => {
      const findings = (await checkCallback(binding, post)).filter(({ what }) => what !== 'main: responsible person');
      assert.deepEqual(said(findings), ['ok main: callback', 'ok main: key', 'ok main: unsigned notifications']);
      assert.deepEqual(crm.rows, []);
    });

    it('CRM-21: a wrong key is named as such', async () => {
      crm.secret = 'another';
      const [finding] = wrong(await checkCallback(binding, post));
      assert.equal(finding, 'FAIL main: key: the CRM refuses it');
    });

    it('11.18: a CRM without a gateway takes unsigned notifications, and one that takes any key is told too', async () => {
      crm.isOpen = true;
      assert.deepEqual(wrong(await checkCallback(binding, post)).slice(0, 1), [
        'FAIL main: unsigned notifications: the CRM accepts them without a key',
      ]);
    });

    const moods: readonly (readonly [StandInCrm['mood'], RegExp])[] = [
      ['silent', /FAIL main: callback: .* does not answer: no answer within 500 ms/],
      ['cut', /FAIL main: callback: .* does not answer/],
      ['foreign', /FAIL main: callback: .* answers something else: Sorry!/],
      ['500-after-success', /FAIL main: callback: .* fails: 500/],
    ];
    for (const [mood, expected] of moods)
      it(`CRM-21: ${mood}`, async () => {
        crm.mood = mood;
        assert.match(wrong(await checkCallback(binding, post))[0] ?? '', expected);
      });

    it('CRM-21: away, at another address, behind a redirect', async () => {
      const receiver = await startReceiver();
      const at = async (status: number) => {
        receiver.reply = () => ({ status });
        return wrong(await checkCallback(bindingOf({ dialect: edition, crm_url: receiver.url }), post))[0] ?? '';
      };
      assert.match(await at(404), /FAIL main: callback: nothing is at http/);
      assert.match(await at(302), /FAIL main: callback: .* leads elsewhere/);
      await receiver.close();
      await crm.away();
      const findings = await checkCallback(binding, post);
      assert.match(wrong(findings)[0] ?? '', /FAIL main: callback: .* cannot be reached: .*ECONNREFUSED/);
      assert.match(findings[0]?.remedy ?? '', /start the CRM/);
      await crm.back();
    });

    it('CRM-18: no finding has the key in it', async () => {
      for (const mood of ['well', 'foreign', 'cut'] as const) {
        crm.mood = mood;
        const text = JSON.stringify(await checkCallback(binding, post));
        assert.ok(!text.includes('s3cr3t'), text);
      }
    });
  });

describe('doctor crm: web service', () => {
  let crm: StandInCrm;
  beforeEach(async () => void (crm = await startStandInCrm('vtiger', ['1011', '1012'], secret)));
  afterEach(() => crm.stop());

  const look = (more: object = {}, isWriting = true) => {
    const binding = bindingOf({
      crm_url: crm.url,
      dialect: 'vtiger',
      timezone: 'UTC',
      ws: { user: 'tandem', access_key: 'access-key' },
      ...more,
    });
    return checkWebService(binding, createWebService(binding, post), { nowMs: Date.now, isWriting });
  };

  it('CRM-21: login, columns, clock, zone, recordings and users; the test row is gone afterwards', async () => {
    const findings = await look();
    assert.deepEqual(
      said(findings),
      ['web service', 'columns', 'clock', 'zone', 'recordings elsewhere', 'users'].map((what) => `ok main: ${what}`),
    );
    assert.deepEqual(crm.rows, []);
    assert.equal(crm.ws.elements.filter((element) => element['sourceuuid']?.startsWith('tandem-doctor-')).length, 1);
    assert.ok(!said(await look({}, false)).includes('ok main: zone'), 'without writing the zone is not looked at');
  });

  it('CRM-17: a zone that is not the CRM’s is said with its hours, west and east', async () => {
    crm.ws.zone = 'Europe/Moscow';
    assert.deepEqual(wrong(await look()), ["FAIL main: zone: the CRM's clock is 3 h ahead of UTC"]);
    assert.deepEqual(wrong(await look({ timezone: 'Asia/Yekaterinburg' })), [
      "FAIL main: zone: the CRM's clock is 2 h behind Asia/Yekaterinburg",
    ]);
    assert.deepEqual(wrong(await look({ timezone: 'Europe/Moscow' })), []);
  });

  it('CRM-21: a clock that is off is another thing than a zone', async () => {
    crm.ws.aheadS = 90;
    const [finding] = wrong(await look());
    assert.match(finding ?? '', /^warn main: clock: differs from ours by (89|90) s$/);
    assert.equal(wrong(await look()).length, 1);
  });

  it('CRM-21: a wrong account, a CRM that is away, one that breaks', async () => {
    assert.match(
      wrong(await look({ ws: { user: 'tandem', access_key: 'other' } }))[0] ?? '',
      /FAIL main: web service: .*INVALID_USER_CREDENTIALS/,
    );
    crm.mood = 'foreign';
    assert.match(wrong(await look())[0] ?? '', /FAIL main: web service: .*without an answer of the web service/);
    await crm.away();
    assert.match(wrong(await look())[0] ?? '', /FAIL main: web service: .*ECONNREFUSED/);
    await crm.back();
  });

  it('CRM-21: an account that may not make rows, or see the module, is told what it lacks; the rest is looked at all the same', async () => {
    const answer = crm.ws.answer.bind(crm.ws);
    crm.ws.answer = (fields) =>
      fields.get('operation') === 'create' ? '{"success":false,"error":{"code":"ACCESS_DENIED","message":"no"}}' : answer(fields);
    assert.deepEqual(wrong(await look()), ['warn main: zone: no test row could be made: the web service refuses: ACCESS_DENIED no']);
    crm.ws.denied.set('PBXManager', 'ACCESS_DENIED');
    assert.equal(wrong(await look()).length, 3);
  });

  it('11.16: links to foreign hosts in the table are named; our own are not', async () => {
    crm.rows.push({ ...emptyRow('a'), recording: 'http://127.0.0.1:5000/recording?id=a' });
    assert.deepEqual(wrong(await look()), []);
    crm.rows.push({ ...emptyRow('b'), recording: 'http://evil.example/r?id=b' }, { ...emptyRow('c'), recording: 'storage/x.mp3' });
    assert.deepEqual(wrong(await look()), ['warn main: recordings elsewhere: calls of the CRM link to evil.example']);
  });

  it('extensions that no user of the CRM has are named', async () => {
    const extensions = { '1011': 'PJSIP/1011', '1077': 'PJSIP/1077', '2XX': 'PJSIP/${EXT}' };
    assert.deepEqual(wrong(await look({ extensions })), ['warn main: users: no user of the CRM has 1077']);
  });
});

describe('doctor crm: other CRMs and this side', () => {
  let receiver: Receiver;
  beforeEach(async () => void (receiver = await startReceiver()));
  afterEach(() => receiver.close());
  const key = `whsec_${Buffer.from('a'.repeat(32)).toString('base64')}`;

  it('CRM-21: a webhook gets a signed crm.ping', async () => {
    const binding = bindingOf({ dialect: 'webhook', crm_url: receiver.url, secret: key });
    assert.equal((await checkWebhook(binding, post, Date.now)).verdict, 'ok');
    assert.equal((JSON.parse(receiver.got[0]?.body ?? '{}') as { readonly type?: string }).type, 'crm.ping');
    for (const [status, words] of [
      [410, 'wants no more'],
      [401, 'refuses the signature'],
      [500, 'answers 500'],
    ] as const) {
      receiver.reply = () => ({ status });
      const finding = await checkWebhook(binding, post, Date.now);
      assert.deepEqual([finding.verdict, finding.detail.includes(words), finding.remedy === ''], ['FAIL', true, false]);
    }
  });

  it('CRM-21: Gravitel’s convention is asked for a contact', async () => {
    const binding = bindingOf({ dialect: 'gravitel', crm_url: receiver.url });
    const verdicts: string[] = [];
    for (const status of [200, 400, 401, 404]) {
      receiver.reply = () => ({ status, body: '{}' });
      verdicts.push((await checkGravitel(binding, post)).verdict);
    }
    assert.deepEqual(verdicts, ['ok', 'warn', 'FAIL', 'FAIL']);
  });

  it('CRM-12: links are measured, and asked for whether Tandem answers there', async () => {
    receiver.reply = () => ({ body: 'pong\n' });
    const base = receiver.url.replace('/hook', '');
    const good = await checkLinks(bindingOf({ dialect: 'yetiforce', public_url: base }), post, Date.now);
    assert.deepEqual(said(good), ['ok main: links']);
    receiver.reply = () => ({ body: '<html>' });
    assert.match(
      wrong(await checkLinks(bindingOf({ dialect: 'yetiforce', public_url: base }), post, Date.now))[0] ?? '',
      /not as Tandem does/,
    );
    const tooLong = { ...bindingOf({ dialect: 'yetiforce' }), public_url: `${base}/${'x'.repeat(150)}` };
    assert.match(wrong(await checkLinks(tooLong, post, Date.now))[0] ?? '', /FAIL main: links: they have \d+ characters/);
    const { public_url: none, ...without } = bindingOf({ dialect: 'yetiforce' });
    assert.ok(none);
    assert.deepEqual(wrong(await checkLinks(without as CrmBinding, post, Date.now)).length, 1);
  });

  it('folders of recordings that are not there, or are no folders, are named', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'crm-'));
    await mkdir(join(dir, 'monitor'));
    await writeFile(join(dir, 'file'), '');
    assert.deepEqual(wrong(checkRoots([join(dir, 'monitor')])), []);
    assert.equal(wrong(checkRoots([join(dir, 'file'), join(dir, 'none')])).length, 2);
    assert.deepEqual(wrong(checkRoots([])), ['warn recordings: no recording is served']);
    await rm(dir, { recursive: true });
  });

  it('CRM-21: a sample call is told as each dialect tells it, and nothing is sent', () => {
    const events = (more: object) => {
      const binding = bindingOf({ crm_url: receiver.url, ...more });
      return dryRun(binding, binding.dialect === 'yetiforce' ? undefined : tellerOf(binding), Date.now());
    };
    const detail = (more: object): string => events(more).finding.detail;
    assert.equal(detail({ dialect: 'vtiger' }), 'to 1011: StartApp, DialAnswer, Hangup, EndCall, Record');
    assert.equal(detail({ dialect: 'vtiger-sp' }), 'to 1011: DialBegin, DialAnswer, Hangup, EndCall, Record');
    const ws = { user: 'tandem', access_key: 'access-key' };
    assert.equal(detail({ dialect: 'vtiger-ws', ws }), 'to 1011: ws.create, ws.revise, ws.revise, ws.revise');
    assert.match(detail({ dialect: 'webhook', secret: key }), /call\.started.*call\.ended/);
    assert.match(detail({ dialect: 'gravitel' }), /event INCOMING.*history in/);
    assert.equal(events({ dialect: 'yetiforce' }).finding.verdict, 'ok');
    assert.equal(events({ dialect: 'vtiger', extensions: {} }).finding.verdict, 'FAIL');
    assert.equal(
      detail({ dialect: 'vtiger', extensions: { '2XX': 'PJSIP/${EXT}' } }),
      'to 222: StartApp, DialAnswer, Hangup, EndCall, Record',
    );
    assert.equal(receiver.got.length, 0);
  });
});

describe('doctor crm: manager account', () => {
  let ami: FakeAmi;
  let link: AmiLink;
  let commands: Readonly<Record<string, string>>;
  let isHeard = true;
  const binding = bindingOf({ dialect: 'yetiforce', contexts: ['from-internal'] });
  const all = ['Originate', 'BlindTransfer', 'Redirect', 'Atxfer', 'CoreShowChannels', 'ShowDialPlan', 'MixMonitorMute'];
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 300)));

  beforeEach(async () => {
    ami = await createFakeAmi();
    commands = Object.fromEntries(all.map((name) => [name, 'yes']));
    isHeard = true;
    const states: Readonly<Record<string, string>> = { 'PJSIP/1011': 'NOT_INUSE', 'PJSIP/1012': 'NOT_INUSE' };
    ami.on('CoreSettings', ({ ActionID }, session) => session.send({ Response: 'Success', ActionID, AsteriskVersion: '16.2.1' }));
    ami.on('ListCommands', ({ ActionID }, session) => session.send({ Response: 'Success', ActionID, ...commands }));
    ami.on('Getvar', ({ ActionID, Variable = '' }, session) =>
      session.send({ Response: 'Success', ActionID, Variable, Value: states[/\((.*)\)/.exec(Variable)?.[1] ?? ''] ?? 'INVALID' }),
    );
    ami.on('ShowDialPlan', ({ ActionID, Context }, session) => {
      if (Context !== 'from-internal') {
        session.send({ Response: 'Error', ActionID, Message: 'Did not find context x' });
        return;
      }
      session.send(
        { Response: 'Success', ActionID, EventList: 'start' },
        { Event: 'ListDialplan', ActionID, Context, Extension: '1' },
        { Event: 'ShowDialPlanComplete', ActionID, EventList: 'Complete', ListItems: '1' },
      );
    });
    ami.on('Originate', ({ ActionID, Channelid: id }, session) => {
      session.send({ Response: 'Success', ActionID });
      if (isHeard) session.send({ Event: 'Newchannel', Channel: 'Local/s@tandem-doctor-nowhere-1;1', Uniqueid: id, Linkedid: id });
    });
    link = createAmiLink(
      { name: 'pbx', host: '127.0.0.1', port: ami.port, user: 'tandem', secret: 'fake-ami-secret' },
      { log: silentLog, meter: silentMeter },
    );
    link.start();
    await link.waitUp(5_000);
  });
  afterEach(async () => {
    link.stop();
    await ami.close();
  });

  it('CRM-21: missing rights, times, contexts and telephones are named, each with what to write where', async () => {
    commands = { Originate: 'yes' };
    const other = { ...binding, extensions: { '1011': 'PJSIP/1011', '1099': 'PJSIP/1099' } };
    assert.deepEqual(wrong(await checkAsterisk('pbx', link, [other], wait)), [
      `FAIL pbx: orders: the account may not: ${all.slice(1).join(', ')}`,
      'warn pbx: times: events carry no time',
      'warn pbx: recordings: Asterisk 16 may not say by itself what MixMonitor records',
      'FAIL pbx: contexts of main: not in the dialplan: tandem-transfer',
      'FAIL pbx: telephones of main: no such endpoint: PJSIP/1099',
    ]);
  });

  it('CRM-21: an account that hears nothing of calls', async () => {
    isHeard = false;
    const findings = wrong(await checkAsterisk('pbx', link, [], wait));
    assert.deepEqual(findings, ['FAIL pbx: events: the account hears nothing of calls']);
  });
});

describe('tandem doctor crm', function () {
  this.timeout(200_000); // each command is a process of its own
  it('CRM-21: says what it has found, with remedies; 1 when something is broken; an unknown binding, and no connector, are refused', async () => {
    const crm = await startStandInCrm('vtiger', ['1011'], 'another-key');
    const dir = await mkdtemp(join(tmpdir(), 'crm-'));
    const file = join(dir, 'crm.yaml');
    await writeFile(
      file,
      `crm:\n  - { name: main, dialect: vtiger, crm_url: '${crm.url}', secret: '${secret}', timezone: UTC, extensions: { '1011': PJSIP/1011 } }\n`,
    );
    const doctor = async (more: readonly string[], own: object = { TANDEM_CRM_FILE: file }) => {
      const env = { PATH: process.env['PATH'], TANDEM_DATABASE_URL: 'sqlite::memory:', ...own };
      const { stdout, stderr, code } = await promisify(execFile)(process.execPath, [binary, 'doctor', 'crm', ...more], {
        env,
        timeout: 90_000,
      }).then(
        (done) => ({ ...done, code: 0 }),
        (e: unknown) => e as { readonly stdout: string; readonly stderr: string; readonly code: number },
      );
      return { stdout, stderr, code };
    };
    const found = await doctor(['main', '--sample']);
    assert.equal(found.code, 1);
    assert.match(found.stdout, /^FAIL {2}main: key: the CRM refuses it\n {6}-> make "secret" of the binding the same/m);
    assert.match(found.stdout, /^ok {4}main: sample call: to 1011: StartApp/m);
    assert.match(found.stdout, /^StartApp \[\["callstatus","StartApp"\]/m);
    assert.match(found.stdout, /^FAIL {2}switches: none is configured$/m);
    assert.ok(!found.stdout.includes('s3cr3t'), found.stdout);
    assert.match((await doctor(['other'])).stderr, /TDM_NOT_FOUND: CRM binding "other"/);
    const without = await doctor([], {});
    assert.deepEqual([without.code, /TDM_CRM_OFF/.test(without.stderr)], [1, true]);
    await crm.stop();
    await rm(dir, { recursive: true });
  });
});
