/** Lookup and insert end to end: both doors, HTTP to an origin, the store (vicidial-ccc 4.6, 11 items 3, 5, 6). */
import assert from 'node:assert/strict';
import { createAgiCallerCode } from '../agi/caller-code.js';
import { agiServerDefaults, createAgiServer } from '../agi/server.js';
import { createAgiLookupInsert } from '../agi/lookup-insert.js';
import { leadFields } from '../core/leads/lead.js';
import type { LookupCallOptions } from '../core/services/lookup-call.js';
import { createLookupInsert } from '../core/services/lookup-insert.js';
import type { LookupInsertSettings } from '../core/services/lookup-insert.js';
import { createEslCallerCode } from '../esl-outbound/caller-code.js';
import { createEslLookupInsert } from '../esl-outbound/lookup-insert.js';
import { createEslServer } from '../esl-outbound/server.js';
import { createPeerClient } from '../sidecar/peer-client.js';
import { systemTimers } from '../sidecar/timers.js';
import type { Db } from '../sql/db.js';
import { openSqlite } from '../sql/sqlite.js';
import { createStore, storeDefaults } from '../sql/store.js';
import type { Store } from '../sql/store.js';
import { eventually } from './support/eventually.js';
import { dialAgi } from './support/fake-asterisk.js';
import type { DialOptions } from './support/fake-asterisk.js';
import { dialEsl } from './support/fake-freeswitch.js';
import { startFakeOrigin, stockLine } from './support/fake-origin.js';
import type { FakeOrigin } from './support/fake-origin.js';
import { stockQuery, worldClockMs } from './support/lookup-world.js';
import { recordingMeter, silentLog } from './support/observers.js';

const name = 'V1211903090001000123';
const script = 'cm_sc_ccc_lookup_insert.agi';

describe('lookup and insert through the doors', () => {
  const closing: (() => unknown)[] = [];
  let origin: FakeOrigin;
  let store: Store;
  let db: Db;
  let clockMs = worldClockMs;
  const meter = recordingMeter();

  /** Both doors in front of one service and one SQLite store with the container `ccc_test`. */
  async function open(settings: Partial<LookupInsertSettings> = {}, options: Partial<LookupCallOptions> = {}) {
    const nowMs = () => clockMs;
    const peers = createPeerClient({ nowMs: Date.now, env: {} });
    const deps = {
      ...store,
      peers,
      log: silentLog,
      meter,
      nowMs,
      after: (ms: number, run: () => void) => systemTimers.after(ms, run),
      zone: 'UTC',
    };
    const lookup = createLookupInsert(deps, { serverIp: '10.0.0.5', ...settings });
    const doorDeps = { lookup, log: silentLog };
    const agi = createAgiServer(
      { ...agiServerDefaults, port: 0 },
      { ...createAgiLookupInsert(doorDeps, options), ...createAgiCallerCode(deps) },
      { log: silentLog, meter },
    );
    const esl = createEslServer(
      { port: 0 },
      { ...createEslLookupInsert(doorDeps, options), ...createEslCallerCode(deps) },
      { log: silentLog, meter, clock: systemTimers },
    );
    closing.push(() => peers.close());
    closing.push(() => agi.close(0));
    closing.push(() => esl.close(0));
    return { agi: await agi.listen(), esl: await esl.listen() };
  }
  const addContainer = (id: string, entry: string) =>
    store.provisioning.write([
      {
        table: 'vicidial_settings_containers',
        action: 'insert',
        key: { container_id: id },
        values: { container_notes: '', container_entry: entry },
      },
    ]);
  const dial = (port: number, given: Partial<DialOptions> = {}) =>
    dialAgi({ port, script, args: ['ccc_test---8199'], fields: { calleridname: name, callerid: '0301234567' }, ...given });
  const leads = () => db.all('SELECT * FROM vicidial_list');
  const urlLog = () => db.all('SELECT * FROM vicidial_url_log ORDER BY url_log_id');

  beforeEach(async () => {
    clockMs = worldClockMs;
    origin = await startFakeOrigin();
    closing.push(() => origin.stop());
    db = await openSqlite(':memory:', { ...storeDefaults, nowMs: Date.now, onFailure: () => undefined });
    store = createStore(
      db,
      { url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter, nowMs: () => clockMs },
      { ...storeDefaults, logWaitMsMax: 100 },
    );
    closing.push(() => store.close());
    await store.migrate();
    await addContainer('ccc_test', `${origin.base}/vicidial/non_agent_api.php?${stockQuery}\n`);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    meter.clear();
  });

  describe('FastAGI', () => {
    it('AGI-1 V10 V22 V23 V24: exit A: the lead is ours, the rows are written, the last three commands lead to A', async () => {
      const { agi } = await open();
      const call = await dial(agi);
      await call.ended;

      const [lead] = await leads();
      assert.ok(lead);
      const leadId = Number(lead['lead_id']);
      const code = `Y121190309${String(leadId).padStart(10, '0')}`;
      assert.deepEqual(call.commands, [
        `SET CALLERID "${code} <9998887112>"`,
        `SET VARIABLE ccc_lead_id "${leadId}"`,
        'SET VARIABLE ccc_remote_lead_id "1000123"',
        'SET VARIABLE TANDEM_REASON "found"',
        'SET VARIABLE ccc_result "A"',
        'SET VARIABLE TANDEM_RESULT "A"',
        'SET CONTEXT ccc_menu',
        'SET EXTENSION A',
        'SET PRIORITY 1',
      ]);
      const fields = stockLine.trimEnd().split('|');
      for (const [i, field] of leadFields.entries()) {
        if (['list_id', 'gmt_offset_now'].includes(field)) continue;
        assert.equal(String(lead[field]), fields[i], field);
      }
      assert.deepEqual([lead['list_id'], lead['entry_list_id'], Number(lead['gmt_offset_now'])], [8199, 501, -4]);
      const [log] = await db.all('SELECT * FROM vicidial_ccc_log');
      assert.deepEqual(
        [
          log?.['remote_call_id'],
          log?.['local_call_id'],
          log?.['lead_id'],
          log?.['uniqueid'],
          log?.['channel'],
          log?.['server_ip'],
          log?.['container_id'],
          log?.['remote_lead_id'],
        ],
        [name, code, leadId, '1795289098.367', 'IAX2/alpha-1234', '10.0.0.5', 'ccc_test', 1000123],
      );
      const [url] = await urlLog();
      assert.equal(url?.['url_type'], 'ccc_look');
      assert.equal(
        url['url'],
        `${origin.base}/vicidial/non_agent_api.php?user=6666&pass=***&source=test&function=ccc_lead_info&call_id=${name}`,
      );
    });

    it('AGI-1: our own name and query parameters mean the same', async () => {
      const { agi } = await open();
      const call = await dial(agi, { script: 'ccc_lookup_insert?container=ccc_test&list_id=8200', args: [] });
      await call.ended;
      assert.equal(call.variables.get('TANDEM_RESULT'), 'A');
      assert.equal((await leads())[0]?.['list_id'], 8200);
    });

    for (const [what, given, body, letter, reason] of [
      ['not found', {}, 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n', 'B', 'not-found'],
      ['wrong login', {}, 'ERROR: Login incorrect, please try again: |6666|1234|BAD|\n', 'B', 'auth'],
      ['unknown container', { args: ['nosuch---8199'] }, '', 'C', 'container-unknown'],
      ['no argument', { args: [] }, '', 'C', 'no-container'],
      ['argument of one character', { args: ['x'] }, '', 'C', 'no-container'],
      ['no code', { fields: { calleridname: 'Anna' } }, '', 'D', 'code-no-code'],
    ] as const) {
      it(`V26 V27 V28: ${what} ends at ${letter}, with no caller id change and no lead`, async () => {
        const { agi } = await open();
        if (body !== '') origin.reply(body);
        const call = await dial(agi, given);
        await call.ended;
        assert.deepEqual(call.commands.slice(-3), ['SET CONTEXT ccc_menu', `SET EXTENSION ${letter}`, 'SET PRIORITY 1']);
        assert.equal(call.variables.get('TANDEM_REASON'), reason);
        assert.equal(call.variables.get('ccc_lead_id'), undefined);
        assert.ok(!call.commands.some((command) => command.startsWith('SET CALLERID')));
        assert.equal((await leads()).length, 0);
        assert.equal((await urlLog()).length, letter === 'B' ? 1 : 0);
      });
    }

    it('AGI-2: exit letters and context may be others, goto=no only sets the variables', async () => {
      const { agi } = await open({}, { exits: { A: 'found', B: 'lost', C: 'C', D: 'D' } });
      const first = await dial(agi);
      await first.ended;
      assert.deepEqual(first.commands.slice(-3), ['SET CONTEXT ccc_menu', 'SET EXTENSION found', 'SET PRIORITY 1']);
      const second = await dial(agi, { script: `${script}?context=other&exit_a=700` });
      await second.ended;
      assert.deepEqual(second.commands.slice(-3), ['SET CONTEXT other', 'SET EXTENSION 700', 'SET PRIORITY 1']);
      const third = await dial(agi, { script: `${script}?goto=no` });
      await third.ended;
      assert.equal(third.commands.at(-1), 'SET VARIABLE TANDEM_RESULT "A"');
      const fourth = await dial(agi, { script: `${script}?context=a%20b&exit_a=x%22y` });
      await fourth.ended;
      assert.deepEqual(fourth.commands.slice(-3), ['SET CONTEXT ccc_menu', 'SET EXTENSION found', 'SET PRIORITY 1']);
    });

    it('AGI-10: three silences before the lookup when asked for, none for a call without a code', async () => {
      const { agi } = await open();
      const call = await dial(agi, { script: `${script}?silence=yes` });
      await call.ended;
      assert.deepEqual(call.commands.slice(0, 3), Array(3).fill('STREAM FILE sip-silence ""'));
      const without = await dial(agi, { script: `${script}?silence=yes`, fields: { calleridname: 'Anna' } });
      await without.ended;
      assert.ok(!without.commands.some((command) => command.startsWith('STREAM')));
    });

    it('TRK-3: the code from TANDEM_CCC_CODE or the SIP header when the name was rewritten', async () => {
      const { agi } = await open();
      const byVariable = await dial(agi, { fields: { calleridname: 'ACME Ltd' }, variables: { TANDEM_CCC_CODE: name } });
      await byVariable.ended;
      assert.equal(byVariable.variables.get('TANDEM_RESULT'), 'A');
      const header = 'PJSIP_HEADER(read,X-CCC-Code)';
      const sip = { channel: 'PJSIP/alpha-0000001a', type: 'PJSIP', calleridname: 'ACME Ltd', uniqueid: '2' };
      const byHeader = await dial(agi, {
        fields: sip,
        answer: (command) => (command.includes(header) ? `200 result=1 (M1211903090001000999)` : undefined),
      });
      await byHeader.ended;
      assert.equal(byHeader.variables.get('TANDEM_RESULT'), 'A');
      assert.equal(origin.asked.at(-1)?.parameters.get('call_id'), 'M1211903090001000999');
    });

    it('AGI-5 W-15: the same call twice gives one lead and the same code, also after a restart', async () => {
      const first = await dial((await open()).agi);
      await first.ended;
      clockMs += 5_000;
      const second = await dial((await open()).agi);
      await second.ended;
      assert.equal((await leads()).length, 1);
      assert.equal(first.commands[0], second.commands[0]);
      assert.equal((await db.all('SELECT * FROM vicidial_ccc_log')).length, 1);
    });

    it('AGI-3 B9: an origin that accepts and never answers: B within the deadline + 100 ms', async () => {
      const { agi } = await open({ requestMsMax: 300 });
      origin.reply(null);
      const tookMs: number[] = [];
      // one of three: the machine may be busy with something else just then
      while (tookMs.length < 3 && !tookMs.some((ms) => ms < 400)) {
        const startedMs = performance.now();
        const call = await dial(agi);
        await call.ended;
        tookMs.push(performance.now() - startedMs);
        assert.deepEqual([call.variables.get('TANDEM_RESULT'), call.variables.get('TANDEM_REASON')], ['B', 'peer-slow']);
        assert.equal(call.commands.at(-1), 'SET PRIORITY 1');
      }
      assert.ok(Math.min(...tookMs) < 400, tookMs.join(' '));
      assert.equal((await urlLog()).length, tookMs.length);
      await eventually(origin.open, (count) => count === 0);
    });

    it('AGI-3: hang-up during the lookup frees the request and the session at once, and nothing more is sent', async () => {
      const { agi } = await open();
      origin.reply(null);
      const call = await dial(agi);
      await origin.received(1);
      assert.equal(origin.open(), 1);
      const hungUpMs = performance.now();
      call.hangUp();
      await call.ended;
      await eventually(origin.open, (count) => count === 0);
      assert.ok(performance.now() - hungUpMs < 1_000);
      assert.deepEqual(call.commands, []);
      assert.deepEqual(meter.counted('tandem_handovers_total'), [{ exit: 'none', reason: 'caller-gone' }]);
    });

    it('W-14: a switch that refuses the caller id does not send the call to A under the foreign code', async () => {
      const { agi } = await open();
      const call = await dial(agi, { answer: (command) => (command.startsWith('SET CALLERID') ? '520 End of proper usage.' : undefined) });
      await call.ended;
      assert.deepEqual([call.variables.get('TANDEM_RESULT'), call.variables.get('TANDEM_REASON')], ['B', 'caller-id-refused']);
      assert.equal(call.variables.get('ccc_lead_id'), undefined);
      assert.deepEqual(call.commands.slice(-2), ['SET EXTENSION B', 'SET PRIORITY 1']);
    });

    it('AGI-6 4.5: a database that refuses the lead: B, no code, no log row naming a lead', async () => {
      const { agi } = await open();
      await db.transaction((tx) => tx.run('DROP TABLE vicidial_ccc_log'));
      const call = await dial(agi);
      await call.ended;
      assert.equal(call.variables.get('TANDEM_RESULT'), 'B');
      assert.ok(!call.commands.some((command) => command.startsWith('SET CALLERID')));
      assert.equal((await leads()).length, 0);
    });

    it('W-1 W-2 W-3: hostile names and hostile leads do nothing but what they should', async () => {
      const { agi } = await open();
      const evil = `O'Re"il\\ly\`;DROP TABLE vicidial_list;--`;
      origin.reply(stockLine.replace('Reilly', evil).replace('4646', 'x\\'));
      const tails = [';reboot', '&user=root&pass=x', '`id`', '$(id)', '\'"; SELECT 1', ' gs102', '%26user=root', '\t#', '😀'];
      for (const [i, tail] of tails.entries()) {
        const call = await dial(agi, { fields: { calleridname: name + tail, uniqueid: `u${i}`, callerid: `"><;x` } });
        await call.ended;
        assert.equal(call.variables.get('TANDEM_RESULT'), 'A', tail);
      }
      assert.deepEqual(new Set(origin.asked.map((asked) => asked.query)), new Set([stockQuery.replace('--A--call_id--B--', name)]));
      const rows = await leads();
      assert.equal(rows.length, tails.length);
      assert.ok(rows.every((row) => row['last_name'] === evil.slice(0, 30) && row['owner'] === 'x\\'));
    });

    it('11.7: awkward values are stored or cut, never shifted, and the cut is counted', async () => {
      const { agi } = await open();
      origin.reply(
        stockLine.replace('call after lunch', '😀é'.repeat(200)).replace('|M|1980-02-29|', '|X|0000-00-00|').replace('Largo', `L,ar\tgo`),
      );
      const call = await dial(agi);
      await call.ended;
      const [lead] = await leads();
      assert.equal(Array.from(String(lead?.['comments'])).length, 255);
      assert.deepEqual([lead?.['gender'], lead?.['date_of_birth'], lead?.['city'], lead?.['owner']], ['U', null, 'L,ar\tgo', '4646']);
      assert.ok(meter.counted('tandem_handover_cut_fields_total').some(({ field }) => field === 'comments'));
    });

    it('50 at once: fifty leads, fifty codes', async () => {
      const { agi } = await open();
      const calls = await Promise.all(
        Array.from({ length: 50 }, (_, n) => dial(agi, { fields: { calleridname: name, uniqueid: `u${n}` } })),
      );
      await Promise.all(calls.map((call) => call.ended));
      assert.equal(new Set(calls.map((call) => call.commands.find((command) => command.startsWith('SET CALLERID')))).size, 50);
      assert.equal((await leads()).length, 50);
    });
  });

  describe('FreeSWITCH', () => {
    const eslDial = (port: number, given: object = {}) =>
      dialEsl({
        port,
        application: 'ccc_lookup_insert',
        args: 'ccc_test---8199',
        callerIdName: name,
        callerIdNumber: '0301234567',
        context: 'ccc_menu',
        ...given,
      });

    it('AGI-11: exit A sets the variables and the caller id, and transfers to `A XML context`', async () => {
      const { esl } = await open();
      const call = await eslDial(esl);
      await call.ended;
      const [lead] = await leads();
      const leadId = String(lead?.['lead_id']);
      const code = `Y121190309${leadId.padStart(10, '0')}`;
      assert.equal(call.transferredTo, 'A XML ccc_menu');
      const wanted = {
        ccc_result: 'A',
        TANDEM_RESULT: 'A',
        TANDEM_REASON: 'found',
        ccc_lead_id: leadId,
        ccc_remote_lead_id: '1000123',
        effective_caller_id_name: code,
        effective_caller_id_number: '9998887112',
      };
      for (const [variable, value] of Object.entries(wanted)) assert.equal(call.variables.get(variable), value, variable);
      assert.equal(lead?.['list_id'], 8199);
    });

    for (const [what, given, body, letter] of [
      ['not found', {}, 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n', 'B'],
      ['unknown container', { args: 'nosuch' }, '', 'C'],
      ['no code', { callerIdName: 'Anna' }, '', 'D'],
    ] as const) {
      it(`AGI-11: ${what} is transferred to ${letter}, with the caller id as it was`, async () => {
        const { esl } = await open();
        if (body !== '') origin.reply(body);
        const call = await eslDial(esl, { ...given, application: 'cm_sc_ccc_lookup_insert' });
        await call.ended;
        assert.equal(call.transferredTo, `${letter} XML ccc_menu`);
        assert.equal(call.variables.get('ccc_result'), letter);
        assert.equal(call.profile.get('caller_id_name'), undefined);
        assert.equal((await leads()).length, 0);
      });
    }

    it('TRK-3: the code from the SIP header', async () => {
      const { esl } = await open();
      const call = await eslDial(esl, { callerIdName: 'ACME', variables: { 'sip_h_X-CCC-Code': name } });
      await call.ended;
      assert.equal(call.transferredTo, 'A XML ccc_menu');
    });

    it('AGI-3: an origin that never answers: B; a caller who leaves: the request ends', async () => {
      const { esl } = await open({ requestMsMax: 200 });
      origin.reply(null);
      const waiting = await eslDial(esl);
      await waiting.ended;
      assert.equal(waiting.transferredTo, 'B XML ccc_menu');
      const leaving = await eslDial(esl);
      await origin.received(2);
      leaving.hangup();
      await eventually(origin.open, (count) => count === 0);
      assert.equal(leaving.transferredTo, undefined);
    });
  });

  describe('caller codes for a Tandem origin', () => {
    const addLead = (leadId: number) =>
      store.provisioning.write([
        {
          table: 'vicidial_list',
          action: 'insert',
          key: { lead_id: leadId },
          values: { phone_number: '9998887112', list_id: 501, first_name: 'Billy' },
        },
      ]);

    for (const [kind, code, log] of [
      ['V', 'V1211903090001000123', 'extended'],
      ['m', 'M1211903090001000123', 'extended'],
      ['DC', `DC${String(worldClockMs / 1000).slice(-6)}W0001000123W`, 'dial'],
    ] as const) {
      it(`V2 V7: ${kind} code goes into the name and is proven in the ${log} log`, async () => {
        const { agi } = await open();
        await addLead(1000123);
        const call = await dialAgi({ port: agi, script: 'caller_code', args: [kind, '1000123'], fields: { callerid: '0301234567' } });
        await call.ended;
        assert.deepEqual(call.commands, [
          `SET CALLERID "${code} <0301234567>"`,
          `SET VARIABLE ccc_code "${code}"`,
          'SET VARIABLE TANDEM_REASON "tagged"',
          'SET VARIABLE TANDEM_RESULT "ok"',
        ]);
        const proven = await store.proofs.find(log, code, worldClockMs - 36_000_000);
        assert.equal(proven?.leadId, 1000123);
        assert.equal(proven.lead?.first_name, 'Billy');
      });
    }

    for (const [args, reason] of [
      [['S', '1000123'], 'bad-kind'],
      [[], 'bad-kind'],
      [['V', '0'], 'bad-lead-id'],
      [['V', '4294967296'], 'bad-lead-id'],
      [['V', "1' OR 1"], 'bad-lead-id'],
      [['V', '77'], 'lead-unknown'],
    ] as const) {
      it(`V2: ${JSON.stringify(args)} is refused as ${reason}, the caller id stays`, async () => {
        const { agi } = await open();
        const call = await dialAgi({ port: agi, script: 'caller_code', args });
        await call.ended;
        assert.deepEqual(call.commands, [`SET VARIABLE TANDEM_REASON "${reason}"`, 'SET VARIABLE TANDEM_RESULT "error"']);
      });
    }

    it('V2: a database that is away is an error result', async () => {
      const { agi } = await open();
      await db.transaction((tx) => tx.run('DROP TABLE vicidial_log_extended'));
      const call = await dialAgi({ port: agi, script: 'caller_code', args: ['V,1000123'] });
      await call.ended;
      assert.equal(call.variables.get('TANDEM_RESULT'), 'error');
      assert.equal(call.commands.length, 2);
    });

    it('TRK-3: on FreeSWITCH the code also becomes the SIP header of the next leg', async () => {
      const { esl } = await open();
      await addLead(1000123);
      const call = await dialEsl({ port: esl, application: 'caller_code', args: 'V,1000123', callerIdNumber: '030' });
      await call.ended;
      assert.deepEqual(
        ['effective_caller_id_name', 'ccc_code', 'sip_h_X-CCC-Code', 'TANDEM_RESULT'].map((variable) => call.variables.get(variable)),
        [...Array<string>(3).fill('V1211903090001000123'), 'ok'],
      );
    });
  });
});
