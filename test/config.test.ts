import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAddressList } from '../core/address-list.js';
import { readConfig } from '../sidecar/config.js';
import { referencePages, type ReferencePage } from '../sidecar/commands/reference.js';

describe('settings', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tandem-config-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (text: string): Record<string, string> => {
    const name = join(folder, 'tandem.yaml');
    writeFileSync(name, text);
    return { TANDEM_CONFIG: name };
  };

  it('are safe without any: loopback, embedded database, no links', () => {
    const config = readConfig({});
    assert.deepEqual([config.http.host, config.agi.host, config.esl.host], ['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    assert.deepEqual([config.http.port, config.agi.port, config.esl.port], [8088, 4573, 8084]);
    assert.match(config.databaseUrl, /^sqlite:/);
    assert.deepEqual(config.amiLinks, []);
  });

  it('come from the file, and the environment wins', () => {
    const config = readConfig({ ...file('http_port: 9000\nagi_port: 9001\nagi_allow: [10.0.0.0/8, "::1"]\n'), TANDEM_HTTP_PORT: '0' });
    assert.deepEqual([config.http.port, config.agi.port, config.agi.allow], [0, 9001, ['10.0.0.0/8', '::1']]);
  });

  it('B63: every problem is reported at once, with file and line', () => {
    const env = {
      ...file('http_port: 99999\n\nlog_level: loud\nhtpp_host: x\nzone: Mars/Base\n'),
      TANDEM_AGI_PORT: 'many',
      TANDEM_NO_SUCH: '1',
    };
    assert.throws(
      () => readConfig(env),
      (e: Error) => {
        for (const part of [
          'tandem.yaml:1: http_port: must be a whole number from 0 to 65535',
          'tandem.yaml:3: log_level: must be one of debug, info, warn, error',
          'tandem.yaml:4: htpp_host: no such setting',
          'tandem.yaml:5: zone: "Mars/Base" is no IANA time zone',
          'environment: TANDEM_AGI_PORT: must be a whole number',
          'environment: TANDEM_NO_SUCH: no such setting',
        ])
          assert.ok(e.message.includes(part), `${part}\n--- not in ---\n${e.message}`);
        return true;
      },
    );
  });

  for (const [what, env] of [
    ['the FreeSWITCH default', { TANDEM_FREESWITCH_URLS: 'esl://:ClueCon@127.0.0.1:8021/fs1' }],
    ['the Asterisk sample', { TANDEM_AMI_URLS: 'ami://admin:amp111@127.0.0.1/pbx' }],
    ['no secret at all', { TANDEM_AMI_URLS: 'ami://tandem@127.0.0.1/pbx' }],
    ['the VICIdial database default', { TANDEM_DATABASE_URL: 'mysql://cron:1234@127.0.0.1:3306/asterisk' }],
  ] as const)
    it(`B4: refuses to start with ${what}, and never prints a secret`, () => {
      assert.throws(() => readConfig(env), /secret/);
      assert.throws(
        () => readConfig(env),
        (e: Error) => !/ClueCon|amp111|:1234@/.test(e.message),
      );
      assert.ok(readConfig({ ...env, TANDEM_ALLOW_DEFAULT_SECRETS: 'yes' }));
    });

  it('links have a node name, once each', () => {
    const { amiLinks } = readConfig({ TANDEM_AMI_URLS: 'ami://t:long-secret%3A1@10.0.0.1/alpha, ami://t:x-y-z@10.0.0.2:5039/beta' });
    assert.deepEqual(amiLinks[0], { name: 'alpha', host: '10.0.0.1', port: 5038, user: 't', secret: 'long-secret:1' });
    assert.equal(amiLinks[1]?.port, 5039);
    assert.throws(() => readConfig({ TANDEM_AMI_URLS: 'ami://t:x-y-z@10.0.0.1/a,ami://t:x-y-z@10.0.0.2/a' }), /used twice/);
  });

  it('a switch of one kind has not the name of one of the other', () => {
    const env = { TANDEM_AMI_URLS: 'ami://me:long-secret@10.0.0.1/west', TANDEM_FREESWITCH_URLS: 'esl://:long-secret@10.0.0.2/west' };

    assert.throws(() => readConfig(env), /"west" is used by ami_urls too/);
  });

  it('the queues have a spool beside their own database, or where it is said', () => {
    const spoolOf = (env: Readonly<Record<string, string>>) => readConfig(env).queues.spool.file;

    assert.equal(spoolOf({}), 'data/tandem-queues.spool');
    assert.equal(spoolOf({ TANDEM_DATABASE_URL: 'sqlite:/var/lib/tandem/site.db' }), '/var/lib/tandem/tandem-queues.spool');
    assert.equal(spoolOf({ TANDEM_DATABASE_URL: 'mysql://t:long-secret@db:3306/tandem' }), 'data/tandem-queues.spool');
    assert.equal(spoolOf({ TANDEM_QUEUE_SPOOL_FILE: '/spool/x' }), '/spool/x');
  });

  it('B63: settings of the queues are checked', () => {
    const wrong = {
      TANDEM_SUPERVISOR_PIN: '1111',
      TANDEM_CHAT_WEBHOOK_URL: 'ftp://x',
      TANDEM_AGI_SWITCH_ADDRESS: 'a b',
      TANDEM_FREESWITCH_CALLBACK_CONTACT: 'sofia/gateway/trunk/x',
      TANDEM_FREESWITCH_CALLBACK_TO: 'a@b@c',
      TANDEM_QUEUE_RECONCILE_S: '1',
    };
    assert.throws(
      () => readConfig(wrong),
      (e: Error) => Object.keys(wrong).every((name) => e.message.includes(name)),
    );
    const right = readConfig({
      TANDEM_FREESWITCH_CALLBACK_CONTACT: 'sofia/gateway/trunk/{number}',
      TANDEM_AGI_SWITCH_ADDRESS: '10.0.0.7:4573',
      TANDEM_CHAT_WEBHOOK_URL: 'https://desk.example/x',
    }).queues;
    assert.deepEqual(right.freeswitchCallBack, { contact: 'sofia/gateway/trunk/{number}', to: { door: '127.0.0.1:8084' }, callerId: '' });
    assert.equal(right.agiSwitchAddress, '10.0.0.7:4573');
  });

  it('allow-lists take addresses and networks of both kinds', () => {
    const allowed = createAddressList(['127.0.0.0/8', '10.1.2.3', '::1', 'fd00::/8'], 'list');
    for (const address of ['127.0.0.1', '127.9.9.9', '10.1.2.3', '::1', '::ffff:127.0.0.1', 'fd00::5'])
      assert.ok(allowed(address), address);
    for (const address of ['10.1.2.4', '128.0.0.1', '::2', 'fe80::1', '', 'localhost', '::ffff:10.1.2.4'])
      assert.ok(!allowed(address), address);
    assert.throws(() => readConfig({ TANDEM_AGI_ALLOW: '10.0.0.0/33' }), /no address and no network/);
  });

  for (const page of Object.keys(referencePages) as ReferencePage[])
    it(`docs/${page} is what the code says`, () => {
      const file = `${page}.${page === 'openapi' ? 'json' : 'md'}`;
      const docs = readFileSync(join(import.meta.dirname, '..', 'docs', file), 'utf8');
      assert.ok(docs === referencePages[page](), `run: npx tandem reference ${page} > docs/${file}`);
    });
});
