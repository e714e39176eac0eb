/** A real process that is killed by SIGKILL in the middle of deliveries, and loses its manager during calls (CRM-14 to CRM-16, B10). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../sql/store.js';
import { eventually } from './support/eventually.js';
import { createFakeAmi, type FakeAmi, type FakeFields } from './support/fake-ami.js';
import { silentLog, silentMeter } from './support/observers.js';
import { startStrictCrm, type StrictCrm } from './support/strict-crm.js';
import { startTandem, type TandemProcess } from './support/tandem-process.js';
import { requireTestbed, startMariaDb, type TestMariaDb } from './testbed/mariadb.js';

const secret = 'a-key-of-the-crm-that-is-long';
const message = ['StartApp', 'DialAnswer', 'Hangup', 'EndCall'];

for (const kind of ['SQLite', 'MariaDB'] as const)
  describe(`CRM: killed and cut off (${kind})`, function () {
    this.timeout(120_000);
    let dir: string;
    let url: string;
    let database: TestMariaDb | undefined;
    let ami: FakeAmi;
    let crm: StrictCrm;
    let tandem: TandemProcess;
    let lists = 0;
    let store: Store;

    before(async function () {
      if (kind === 'MariaDB') {
        await requireTestbed(this, 'mariadb');
        database = await startMariaDb({ strict: true });
      }
      dir = mkdtempSync(join(tmpdir(), 'tandem-crm-faults-'));
      url = database?.url ?? `sqlite:${join(dir, 'tandem.db')}`;
      ami = await createFakeAmi();
      crm = await startStrictCrm(secret);
      writeFileSync(
        join(dir, 'crm.yaml'),
        `crm:
  - name: main
    dialect: vtiger
    crm_url: ${crm.url}
    secret: ${secret}
    timezone: UTC
    extensions: { '1XX': 'PJSIP/\${EXT}' }
    ws: { user: admin, access_key: key }
`,
      );
      tandem = await start();
      store = await openStore({ url, zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
    });

    after(async () => {
      await (tandem as TandemProcess | undefined)?.stop();
      await (store as Store | undefined)?.close();
      await (crm as StrictCrm | undefined)?.stop();
      await (ami as FakeAmi | undefined)?.close();
      await database?.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    function start(): Promise<TandemProcess> {
      return startTandem({
        dir,
        ports: { http: 0, agi: 0, esl: 0 },
        provisioning: {},
        settings: {
          TANDEM_DATABASE_URL: url,
          TANDEM_AMI_URLS: `ami://tandem:fake-ami-secret@127.0.0.1:${String(ami.port)}/alpha`,
          TANDEM_CRM_FILE: join(dir, 'crm.yaml'),
          TANDEM_CRM_PORT: '0',
        },
      });
    }

    /** The journal has asked which channels live: from now on it hears everything. */
    async function listening(): Promise<void> {
      const before = lists;
      living();
      await eventually(
        () => lists > before,
        (hasAsked) => hasAsked,
        { msMax: 20_000 },
      );
    }

    const channel = (call: string, side: 'c' | 'a', prefix = ''): FakeFields => ({
      [`${prefix}Channel`]: side === 'c' ? `PJSIP/trunk-${hex(call)}` : `PJSIP/101-${hex(call)}`,
      [`${prefix}CallerIDNum`]: side === 'c' ? '79123456789' : '101',
      [`${prefix}Exten`]: '5001',
      [`${prefix}Uniqueid`]: `${call}.${side === 'c' ? '1' : '2'}`,
      [`${prefix}Linkedid`]: `${call}.1`,
    });
    const hex = (text: string): string => Number(text).toString(16).padStart(8, '0');
    const bridge = (call: string, side: 'c' | 'a', Event: string): FakeFields => ({
      Event,
      BridgeUniqueid: `B${call}`,
      ...channel(call, side),
    });

    function begin(call: string): void {
      ami.event({ Event: 'Newchannel', ChannelState: '4', ...channel(call, 'c') });
      ami.event({ Event: 'DialBegin', DialString: '101', ...channel(call, 'c'), ...channel(call, 'a', 'Dest') });
      ami.event({ Event: 'DialEnd', DialStatus: 'ANSWER', ...channel(call, 'c'), ...channel(call, 'a', 'Dest') });
      for (const side of ['a', 'c'] as const) ami.event(bridge(call, side, 'BridgeEnter'));
    }

    function end(call: string): void {
      for (const side of ['c', 'a'] as const) ami.event(bridge(call, side, 'BridgeLeave'));
      for (const side of ['c', 'a'] as const) ami.event({ Event: 'Hangup', Cause: '16', ...channel(call, side) });
    }

    /** What CoreShowChannels answers from now on. */
    function living(...calls: readonly string[]): void {
      ami.on('CoreShowChannels', (action, session) => {
        lists += 1;
        const ActionID = action['ActionID'];
        const events = calls.flatMap((call) =>
          (['c', 'a'] as const).map((side) => ({
            Event: 'CoreShowChannel',
            ActionID,
            BridgeId: `B${call}`,
            Duration: '00:00:05',
            ...channel(call, side),
          })),
        );
        session.send({ Response: 'Success', ActionID, EventList: 'start', Message: 'Channels will follow' }, ...events, {
          Event: 'CoreShowChannelsComplete',
          ActionID,
          EventList: 'Complete',
          ListItems: String(events.length),
        });
      });
    }

    const stored = async (calls: readonly string[]): Promise<number> => {
      const found = await Promise.all(calls.map((call) => store.crm.call(`alpha-${call}.1`)));
      return found.filter((call) => call?.state === 'done').length;
    };
    const waitingMessages = async (): Promise<number> => (await store.crm.counts('main')).pending;

    /** Each call once, its messages in order; one that was under way when the process died may be there twice, one after the other. */
    async function agreed(calls: readonly string[]): Promise<void> {
      for (const call of calls) {
        const id = `alpha-${call}.1`;
        const words = (crm.told.get(id) ?? []).map((fields) => fields.get('callstatus') ?? '');
        assert.deepEqual(
          words.filter((word, n) => word !== words[n - 1]),
          message,
          `${id}: ${words.join(' ')}`,
        );
        assert.equal(crm.rows.filter((row) => row === id).length, 1, `rows of ${id}: ${words.join(' ')}`);
        const last = crm.told.get(id)?.at(-1);
        const known = await store.crm.call(id);
        assert.equal(known?.outcome, 'answered');
        const seconds = Math.floor((known.endedAtMs ?? 0) / 1000) - Math.floor((known.customerAtMs ?? 0) / 1000);
        assert.equal(last?.get('duration'), String(seconds), 'the CRM has what the journal has');
      }
      assert.deepEqual(await store.crm.counts('main'), { pending: 0, oldestMs: undefined, dead: 0 });
    }

    it('CRM-14, CRM-15, CRM-16: killed three times while it delivers: afterwards every call is in the CRM once, and whole', async () => {
      await listening();
      const calls = Array.from({ length: 40 }, (_, n) => String(1_000 + n));
      crm.answer(8);
      for (const call of calls) begin(call);
      for (const call of calls) end(call);
      await eventually(
        () => stored(calls),
        (count) => count === calls.length,
        { msMax: 30_000 },
      );
      for (let n = 1; n <= 3; n++) {
        crm.answer(8);
        await eventually(
          () => crm.unanswered,
          (messages) => messages > 0,
          { msMax: 20_000 },
        );
        await tandem.kill9();
        assert.ok((await waitingMessages()) > 0, 'it died too late');
        tandem = await start();
      }
      crm.answer(Infinity);
      await eventually(waitingMessages, (count) => count === 0, { msMax: 60_000 });
      await agreed(calls);
    });

    it('CRM-15, B10: killed, and then cut off, during calls: those that go on are told once, those that ended meanwhile end', async () => {
      await tandem.kill9(); // one that has been there for long has asked, and does not ask again
      tandem = await start();
      await listening();
      const goesOn = ['3001', '3002'];
      const ends = ['3003', '3004'];
      for (const call of [...goesOn, ...ends]) begin(call);
      await eventually(
        () => [...goesOn, ...ends].every((call) => crm.told.get(`alpha-${call}.1`)?.length === 2),
        (isTold) => isTold,
        { msMax: 20_000 },
      );
      await eventually(waitingMessages, (count) => count === 0, { msMax: 20_000 });
      await tandem.kill9();
      living(...goesOn, '3003');
      tandem = await start();
      await eventually(
        () => stored(['3004']),
        (count) => count === 1,
        { msMax: 20_000 },
      );
      await ami.down();
      living(...goesOn);
      await ami.restart();
      await eventually(
        () => stored(ends),
        (count) => count === 2,
        { msMax: 40_000 },
      );
      for (const call of goesOn) end(call);
      await eventually(
        () => stored([...goesOn, ...ends]),
        (count) => count === 4,
        { msMax: 20_000 },
      );
      await eventually(waitingMessages, (count) => count === 0, { msMax: 20_000 });
      await agreed([...goesOn, ...ends]);
    });
  });
