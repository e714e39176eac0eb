/** The FastAGI door against a real Asterisk: what the recorded dialogues cannot show, because nobody asked then. */
import assert from 'node:assert/strict';
import { createAgiServer } from '../../agi/server.js';
import type { AgiServer } from '../../agi/server.js';
import type { Call, CallApplication } from '../../core/call.js';
import { hasCode } from '../../core/errors.js';
import { recordingMeter, silentLog } from '../support/observers.js';
import { untilAborted } from '../support/until-aborted.js';
import { claimPorts, requireTestbed, startAsterisk, type Asterisk } from '../testbed/asterisk.js';

/** A value that would forge two replies if it were read plainly. */
const forged = 'a)\n200 result=1 (forged)\nHANGUP';

function dialplan(port: number): string {
  return `
[agi-door]
exten => s,1,Answer()
 same => n,Set(FORGED=\${URIDECODE(a%29%0A200%20result=1%20%28forged%29%0AHANGUP)})
 same => n,Set(EMPTY=)
 same => n,AGI(agi://127.0.0.1:${port}/probe?k=a%20b,one:two,c d)
 same => n,Hangup()
exten => moved,1,AGI(agi://127.0.0.1:${port}/moved)
 same => n,Hangup()
exten => failed,1,Answer()
 same => n,AGI(agi://127.0.0.1:${port}/nosuch)
 same => n,AGI(agi://127.0.0.1:${port}/report,\${TANDEM_RESULT}-\${TANDEM_REASON}-\${AGISTATUS})
 same => n,Hangup()
`;
}

describe('real: the FastAGI door', function () {
  this.timeout(20_000);
  let asterisk: Asterisk;
  let door: AgiServer;
  let releasePorts = (): void => undefined;
  let applications: Record<string, CallApplication> = {};
  const meter = recordingMeter();

  before(async function () {
    await requireTestbed(this, 'asterisk');
    const { bases, release } = await claimPorts(1);
    releasePorts = release;
    // each test brings its own applications
    const routed = ['probe', 'moved', 'report'].map(
      (name) => [name, (call: Call) => applications[name]?.(call) ?? Promise.resolve()] as const,
    );
    door = createAgiServer({ port: 0 }, Object.fromEntries(routed), { log: silentLog, meter });
    asterisk = await startAsterisk({ name: 'door', base: bases[0] ?? 0 });
    await asterisk.addConfig('extensions', '50-door', dialplan(await door.listen()));
    await asterisk.reload();
  });
  after(async () => {
    await (door as AgiServer | undefined)?.close(0);
    await (asterisk as Asterisk | undefined)?.stop();
    releasePorts();
  });
  beforeEach(() => meter.clear());

  /** Start a call into the dialplan and resolve with what the application gave back. */
  async function onCall<T>(extension: string, name: string, run: (call: Call) => Promise<T>): Promise<T> {
    const result = new Promise<T>((resolve, reject) => {
      applications = { ...applications, [name]: (call) => run(call).then(resolve, reject) };
    });
    await asterisk.cli(`channel originate Local/${extension}@agi-door application Wait 8`);
    return result;
  }

  it('A1 A9: environment, variables that imitate replies, empty and unset ones', async () => {
    const seen = await onCall('s', 'probe', async (call) => ({
      args: call.args,
      k: call.query.get('k'),
      context: call.context,
      values: [
        await call.getVariable('FORGED'),
        await call.getVariable('EMPTY'),
        await call.getVariable('NOSUCH'),
        await call.getVariable('CONTEXT'),
      ],
    }));
    assert.deepEqual(seen, { args: ['one:two', 'c d'], k: 'a b', context: 'agi-door', values: [forged, '', undefined, 'agi-door'] });
    assert.equal(meter.counted('tandem_agi_protocol_errors_total').length, 0);
  });

  it('A8: values with quotes, backslashes, commas, UTF-8 and 8 KB arrive as they were', async () => {
    const values = ['say "hi" \\ there', ' a, b; c ', 'Köln Ж ${UNIQUEID} $[1+1]', '', '%41+%'];
    await onCall('s', 'probe', async (call) => {
      for (const value of values) {
        await call.setVariable('X', value);
        assert.equal(await call.getVariable('X'), value);
      }
      const line = 'SET VARIABLE X ""';
      await call.setVariable('X', 'x'.repeat(8_190 - line.length));
      await call.execute('Set', 'LENGTH=1');
      assert.equal(await call.getVariable('LENGTH'), '1', 'still in step');
      await assert.rejects(call.getVariable('X'), (error) => hasCode(error, 'TDM_BAD_VALUE'));
      await call.setVariable('X', 'é'.repeat(650));
      assert.equal(await call.getVariable('X'), 'é'.repeat(650));
    });
  });

  it('A8: several variables in one command arrive as one by one, whatever is in them', async () => {
    const values = [
      'say "hi" \\ there',
      ' a, b; c ',
      'Köln Ж 😀',
      '',
      '%41+%',
      "it's",
      'a=b',
      '=',
      '(x',
      'x)',
      '[',
      ']]',
      '{a}',
      '$1',
      '\\',
      '""',
      ' ',
      'a|b',
      '<1>',
      '&',
      '@',
      '\\,',
      '"',
    ];
    const wrong = await onCall('s', 'probe', async (call) => {
      const variables = Object.fromEntries(values.map((value, at) => [`V${String(at)}`, value]));
      for (const name of Object.keys(variables)) await call.setVariable(name, 'old');
      await call.setVariables?.(variables);
      const found: string[] = [];
      for (const [name, value] of Object.entries(variables)) {
        const read = await call.getVariable(name);
        if (read !== value) found.push(`${name} ${JSON.stringify(value)} -> ${JSON.stringify(read)}`);
      }
      return found;
    });
    assert.deepEqual(wrong, []);
  });

  it('every length around the buffer of URIENCODE is read whole or refused', async () => {
    const wrong = await onCall('s', 'probe', async (call) => {
      const lengths: number[] = [];
      for (const [unit, from, to] of [
        ['é', 675, 690],
        ['x', 4_085, 4_100],
      ] as const) {
        for (let length = from; length <= to; length++) {
          await call.setVariable('X', unit.repeat(length));
          const read = await call.getVariable('X').catch((error: unknown) => (hasCode(error, 'TDM_BAD_VALUE') ? 'refused' : String(error)));
          if (read !== 'refused' && read !== unit.repeat(length)) lengths.push(length);
        }
      }
      return lengths;
    });
    assert.deepEqual(wrong, []);
  });

  it('AGI-1: caller id and place are where the dialplan looks for them', async () => {
    const moved = new Promise<readonly string[]>((resolve) => {
      applications['moved'] = async (call) => {
        resolve([call.callerIdName, call.callerIdNumber, call.extension]);
        await call.answer();
      };
    });
    await onCall('s', 'probe', async (call) => {
      await call.setCallerId('Y1211903090005000001', '9998887112');
      await call.goto({ context: 'agi-door', extension: 'moved' });
    });
    assert.deepEqual(await moved, ['Y1211903090005000001', '9998887112', 'moved']);
  });

  it('prompts: played, missing; applications: run, unknown', async () => {
    await onCall('s', 'probe', async (call) => {
      assert.deepEqual(await call.play('beep', '#'), { digit: '', missing: false });
      assert.deepEqual(await call.play('no such file', ''), { digit: '', missing: true });
      assert.equal(await call.waitForDigit(20), '');
      await call.execute('NoOp', 'a, b "c"');
      await assert.rejects(call.execute('NoSuchApplication', 'x'), (error) => hasCode(error, 'TDM_SWITCH_REFUSED'));
    });
  });

  it('an unknown application: the dialplan reads result and reason', async () => {
    const report = await onCall('failed', 'report', (call) => Promise.resolve(call.args[0]));
    assert.equal(report, 'error-TDM_NOT_FOUND-SUCCESS');
  });

  it('a hang-up aborts the signal at once; the dead channel still takes variables', async () => {
    await onCall('s', 'probe', async (call) => {
      void asterisk.cli('channel request hangup all');
      await untilAborted(call.signal);
      await call.setVariable('LEFT', 'early');
      assert.equal(await call.getVariable('LEFT'), 'early');
      await call.setVariables?.({ LEFT: 'late', WHY: 'test' });
      assert.deepEqual([await call.getVariable('LEFT'), await call.getVariable('WHY')], ['late', 'test']);
      await assert.rejects(call.play('beep', ''), (error) => hasCode(error, 'TDM_CALL_GONE'));
    });
  });

  it('a hang-up in the middle of an application rejects it', async () => {
    await onCall('s', 'probe', async (call) => {
      const waiting = assert.rejects(call.execute('Wait', '8'), (error) => hasCode(error, 'TDM_CALL_GONE'));
      await asterisk.cli('channel request hangup all');
      await waiting;
    });
  });
});
