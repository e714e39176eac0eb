/** The dialer's settings and the reference's names of them (dialer.md A4, E80). */
import assert from 'node:assert/strict';
import type { Decision } from '../core/dialer/pacing/index.js';
import { openConfiguredStore } from '../sidecar/commands/context.js';
import { readConfig } from '../sidecar/config.js';
import { profilesFor } from '../sidecar/dialer-configured.js';
import { silentLog, silentMeter } from './support/observers.js';

const dayMs = 86_400_000;

const link = { TANDEM_FREESWITCH_URLS: 'esl://:not-a-default@10.0.0.20:8021/fs1' };
const on = { TANDEM_DIALER: 'yes', ...link };
const problemsOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
    return '';
  } catch (e) {
    return (e as Error).message;
  }
};

describe('dialer: settings', () => {
  it('is off unless it is wished, and then dials as the reference does, every second', () => {
    assert.equal(readConfig({}).dialer.isOn, false);
    const { isOn, settings, journal, allow } = readConfig(on).dialer;
    assert.equal(isOn, true);
    assert.deepEqual(allow, []);
    assert.equal(journal.file, 'data/tandem-dialer.journal');
    assert.equal(settings.cycleMs, 1_000);
    assert.equal(settings.callsPerSecond, 10);
    assert.equal(settings.slotsMax, 10);
    assert.equal(settings.callMsMax, 3_600_000);
    assert.equal(settings.defaultSwitch, 'fs1');
    assert.equal(settings.domain, '10.0.0.20', 'EFSWITCH-IP is the address of the default switch');
  });

  it('E80: the literal names are read where ours is not set', () => {
    const config = readConfig({
      ...on,
      DEFAULT_IVR: '*9664',
      SERVICE_IDENTIFIER: '1218',
      VOICE_CONNECTOR: 'http://127.0.0.1:8080/vc/',
      CONTACT_RETRIEVAL_DELAY: '20',
      CALLS_PER_SECOND: '30',
      MAX_CONCURRENT_CALLS: '120',
      MAX_CALL_TIME: '45',
      ESL_CONNECT_DELAY: '60',
      LOG_LEVEL: 'DEBUG',
      TANDEM_DIALER_CALLS_PER_SECOND: '25',
    });
    const { settings } = config.dialer;
    assert.equal(settings.defaultIvr, '*9664');
    assert.equal(settings.serviceIdentifier, '1218');
    assert.equal(settings.voiceConnector, 'http://127.0.0.1:8080/vc');
    assert.equal(settings.cycleMs, 20_000);
    assert.equal(settings.callsPerSecond, 25, 'ours counts');
    assert.equal(settings.slotsMax, 120);
    assert.equal(settings.callMsMax, 45 * 60_000);
    assert.equal(config.freeswitchRetryMs, 60_000);
    assert.equal(config.logLevel, 'debug');
  });

  it('E80: the database and the event socket of the reference are ours', () => {
    const config = readConfig({
      TANDEM_DIALER: 'yes',
      ESL_IP: '10.0.0.20',
      ESL_PASSWORD: 'not a default',
      DB_URL: '10.0.0.5',
      DB_NAME: 'dialer',
      DB_USERNAME: 'tandem',
      DB_PASS: 's3cr@t',
    });
    assert.deepEqual(config.freeswitchLinks, [{ name: '10.0.0.20', host: '10.0.0.20', port: 8021, user: '', secret: 'not a default' }]);
    assert.equal(config.databaseUrl, 'mysql://tandem:s3cr%40t@10.0.0.5:3306/dialer');
    assert.equal(config.dialer.settings.domain, '10.0.0.20');
    const { databaseUrl } = readConfig({ ...on, DB_URL: 'jdbc:mysql://db1:3307/calls?useSSL=false', DB_USERNAME: 'a', DB_PASS: 'b' });
    assert.equal(databaseUrl, 'mysql://a:b@db1:3307/calls');
  });

  it('E80: without a dialer the literal names are somebody else’s', () => {
    const config = readConfig({ ...link, LOG_LEVEL: 'trace', DB_URL: 'elsewhere', DB_NAME: 'x', CALLS_PER_SECOND: 'many' });
    assert.equal(config.logLevel, 'info');
    assert.equal(config.databaseUrl, 'sqlite:./data/tandem.db');
    assert.equal(config.dialer.settings.callsPerSecond, 10);
  });

  it('B7: how long calls, audit, contacts and decisions are kept is what the store removes by', async () => {
    const days = { CALLS: '31', AUDIT: '60', CONTACTS: '2', DECISIONS: '1' };
    const env = Object.fromEntries(Object.entries(days).map(([what, kept]) => [`TANDEM_DIALER_${what}_DAYS`, kept]));
    const config = readConfig({ ...env, TANDEM_DATABASE_URL: 'sqlite::memory:' });
    assert.deepEqual(config.dialer.retention, {
      ...{ dialerCallsMsMax: 31 * dayMs, dialerAuditMsMax: 60 * dayMs },
      ...{ dialerContactsMsMax: 2 * dayMs, dialerDecisionsMsMax: dayMs },
    });
    const store = await openConfiguredStore(config, silentLog, silentMeter);
    try {
      await store.migrate();
      const atMs = Date.UTC(2026, 11, 1);
      await store.dialer.saveDecisions([{ atMs, group: 'sales', decision: { now: 1 } as Decision }]);
      await store.dialer.writeAudit([{ atMs, actor: 'test', object: 'o', action: 'a', before: undefined, after: undefined, reason: '' }]);
      const expired = async (ms: number): Promise<number> => (await store.runRetention(atMs + ms)).dialerExpired;
      assert.deepEqual([await expired(dayMs), await expired(dayMs + 1)], [0, 1], 'the decision');
      assert.deepEqual([await expired(60 * dayMs), await expired(60 * dayMs + 1)], [0, 1], 'the row of the audit');
    } finally {
      await store.close();
    }
    assert.match(problemsOf({ TANDEM_DIALER_CALLS_DAYS: '30' }), /CALLS_DAYS.*31 to 10000/);
  });

  it('a wrong value is refused and names the place it came from', () => {
    assert.match(problemsOf({ ...on, CALLS_PER_SECOND: 'many' }), /CALLS_PER_SECOND.*whole number from 1 to 1000/);
    assert.match(problemsOf({ ...on, DB_URL: 'jdbc:postgresql://db1/x', DB_NAME: 'x' }), /DB_URL.*sqlite:FILE or mysql/);
    assert.match(problemsOf({ TANDEM_DIALER: 'yes' }), /TANDEM_DIALER.*needs a switch/);
    assert.match(problemsOf({ ...on, TANDEM_DIALER_DEFAULT_SWITCH: 'fs9' }), /"fs9" is no switch/);
    assert.match(problemsOf({ ...on, TANDEM_DIALER_DEFAULT_IVR: '1,2' }), /must be an extension/);
    assert.match(problemsOf({ ...on, TANDEM_DIALER_SERVICE_IDENTIFIER: "1'}" }), /must be letters/);
    assert.match(problemsOf({ ...on, TANDEM_DIALER_DOMAIN: 'a b' }), /must be a host/);
    assert.match(problemsOf({ ...on, TANDEM_DIALER_VOICE_CONNECTOR: 'ftp://x' }), /must begin with http/);
    assert.match(problemsOf({ ...on, MAX_CALL_TIME: '2', TANDEM_DIALER_RESERVATION_S: '180' }), /must be longer than an agent request/);
    assert.match(problemsOf({ TANDEM_DIALER: 'yes', ESL_IP: '10.0.0.1' }), /ESL_IP.*well-known default secret/);
  });

  it('B4: a profile of the reference’s campaigns that there is not is refused; they would never be dialled', () => {
    const { dialer } = readConfig({ ...on, TANDEM_DIALER_REFERENCE_PROFILE: 'uk-telemarketing' });
    assert.throws(() => profilesFor(dialer), /dialer_reference_profile: there is no profile "uk-telemarketing"/);
    assert.ok(profilesFor(readConfig(on).dialer).has('reference'));
  });

  it("B4: without caps of their own the dialer's slots may talk all day; a cap that stands there is kept, be it the default's figure", () => {
    const capsOf = (env: Record<string, string>) => readConfig({ ...on, TANDEM_DIALER_MAX_CONCURRENT_CALLS: '300', ...env }).toll.general;
    const byDefault = capsOf({});
    assert.deepEqual([byDefault.callsMax, byDefault.minutesPerDay, byDefault.isSet.size], [300, 300 * 1_440, 0]);
    const given = capsOf({ TANDEM_TOLL_CALLS_MAX: '100', TANDEM_TOLL_MINUTES_PER_DAY: '50000' });
    assert.deepEqual([given.callsMax, given.minutesPerDay], [100, 50_000]);
    assert.deepEqual([...given.isSet], ['callsMax', 'minutesPerDay']);
    assert.equal(readConfig(on).toll.general.minutesPerDay, 50_000);
  });
});
