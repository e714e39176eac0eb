/** `core/call.ts` on Asterisk: the exact commands, and what each answer means for the application. */
import assert from 'node:assert/strict';
import { AgiCall } from '../agi/call.js';
import { agiLimitDefaults } from '../agi/limits.js';
import { createAgiServer } from '../agi/server.js';
import type { AgiServerOptions } from '../agi/server.js';
import { AgiSession } from '../agi/session.js';
import type { Call } from '../core/call.js';
import type { ErrorCode } from '../core/errors.js';
import { hasCode } from '../core/errors.js';
import type { AgiDialog, DialOptions } from './support/fake-asterisk.js';
import { dialAgi, environmentBlock } from './support/fake-asterisk.js';
import { FakeSocket } from './support/fake-socket.js';
import { recordingMeter, silentLog } from './support/observers.js';

const coded = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

/** One session whose application is `run`; failures of `run` fail the test. */
async function onCall(
  run: (call: Call) => Promise<void>,
  dial: Partial<DialOptions> = {},
  options: Partial<AgiServerOptions> = {},
): Promise<AgiDialog> {
  let failure: unknown;
  const application = (call: Call) => run(call).catch((error: unknown) => void (failure = error));
  const server = createAgiServer({ port: 0, ...options }, { app: application }, { log: silentLog, meter: recordingMeter() });
  const port = await server.listen();
  try {
    const dialog = await dialAgi({ port, script: 'app', ...dial });
    await dialog.ended;
    if (failure !== undefined) throw failure as Error;
    return dialog;
  } finally {
    await server.close(100);
  }
}

describe('AGI call', () => {
  it('AGI-1: knows its call', async () => {
    await onCall(
      async (call) => {
        await Promise.resolve();
        assert.equal(call.switchKind, 'asterisk');
        assert.equal(call.uniqueId, 'alpha-1795288110.0');
        assert.equal(call.channel, 'IAX2/alpha-1234');
        assert.equal(call.callerIdName, 'V1121190512000012345');
        assert.equal(call.callerIdNumber, '');
        assert.equal(call.context, 'ccc_menu');
        assert.equal(call.extension, 's');
        assert.deepEqual(call.args, ['CONTAINER---8199', 'b: c', '']);
        assert.deepEqual(
          [...call.query],
          [
            ['container', 'A B'],
            ['list_id', '8199'],
          ],
        );
        assert.ok(!call.signal.aborted);
      },
      {
        script: 'app?container=A%20B&list_id=8199',
        args: ['CONTAINER---8199', 'b: c', ''],
        fields: { uniqueid: 'alpha-1795288110.0', calleridname: 'V1121190512000012345', callerid: 'unknown' },
      },
    );
  });

  it('AGI-1: leaves with caller id and place as the Perl original does, byte by byte', async () => {
    const dialog = await onCall(async (call) => {
      assert.deepEqual(await call.play('sip-silence', ''), { digit: '', missing: false });
      await call.setCallerId('Y1211903090005000001', '9998887112');
      await call.goto({ context: 'ccc_menu', extension: 'A' });
    });
    assert.deepEqual(dialog.commands, [
      'STREAM FILE sip-silence ""',
      'SET CALLERID "Y1211903090005000001 <9998887112>"',
      'SET CONTEXT ccc_menu',
      'SET EXTENSION A',
      'SET PRIORITY 1',
    ]);
    assert.deepEqual(dialog.channel.place, { context: 'ccc_menu', extension: 'A', priority: '1' });
    assert.equal(dialog.variables.get('CALLERID(num)'), '9998887112');
  });

  it('AGI-9: a caller-ID number with quotes, brackets or spaces is refused', async () => {
    const dialog = await onCall(async (call) => {
      for (const bad of ['1"', '1>', '<1', '1 2', '1\\', '1\n']) await assert.rejects(call.setCallerId('Y', bad), coded('TDM_BAD_VALUE'));
      await assert.rejects(call.setCallerId('Y\nHANGUP', '1'), coded('TDM_BAD_VALUE'));
      await call.setCallerId('Say "hi"', '+49*#');
    });
    assert.deepEqual(dialog.commands, ['SET CALLERID "Say \\"hi\\" <+49*#>"']);
  });

  it('answers, hangs up', async () => {
    const dialog = await onCall(async (call) => {
      await call.answer();
      await call.hangup();
      await assert.rejects(call.answer(), coded('TDM_CALL_GONE'));
    });
    assert.deepEqual(dialog.commands, ['ANSWER', 'HANGUP', 'ANSWER']);
  });

  it('A10: a key that stops a prompt is told', async () => {
    const dialog = await onCall(
      async (call) => {
        assert.deepEqual(await call.play('vm-intro', '0123456789#*'), { digit: '5', missing: false });
        assert.deepEqual(await call.play('vm-intro', '#'), { digit: '', missing: false });
        await assert.rejects(call.play('vm-intro', '#"'), coded('TDM_BAD_VALUE'));
      },
      { keys: ['5'] },
    );
    assert.deepEqual(dialog.commands, ['STREAM FILE vm-intro "0123456789#*"', 'STREAM FILE vm-intro "#"']);
  });

  it('a missing prompt is no error; the channel is asked whether it lives', async () => {
    const dialog = await onCall(
      async (call) => {
        assert.deepEqual(await call.play('no such file', '1'), { digit: '', missing: true });
      },
      { missing: ['no such file'] },
    );
    assert.deepEqual(dialog.commands, ['STREAM FILE "no such file" "1"', 'CHANNEL STATUS']);
  });

  it('a prompt cut by a hang-up is a call that is gone, at its first sample too', async () => {
    for (const endpos of ['7840', '0']) {
      await onCall((call) => assert.rejects(call.play('vm-intro', ''), coded('TDM_CALL_GONE')), {
        answer: (command, dialog) => {
          if (!command.startsWith('STREAM')) return undefined;
          dialog.channel.isLive = false;
          return `200 result=-1 endpos=${endpos}`;
        },
      });
    }
  });

  it('A15: waits for a key in milliseconds, and for no longer than asked', async () => {
    const dialog = await onCall(
      async (call) => {
        assert.equal(await call.waitForDigit(3_000), '8');
        assert.equal(await call.waitForDigit(499.6), '*');
        assert.equal(await call.waitForDigit(0), '');
        for (const bad of [-1, NaN, Infinity]) await assert.rejects(call.waitForDigit(bad), coded('TDM_BAD_VALUE'));
      },
      { keys: ['8', '*', ''] },
    );
    assert.deepEqual(dialog.commands, ['WAIT FOR DIGIT 3000', 'WAIT FOR DIGIT 500', 'WAIT FOR DIGIT 0']);
  });

  it('a caller who leaves while a key is awaited', async () => {
    await onCall(
      async (call) => {
        await assert.rejects(call.waitForDigit(3_000), coded('TDM_CALL_GONE'));
        if (!call.signal.aborted) await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
        assert.ok(hasCode(call.signal.reason, 'TDM_CALL_GONE'));
      },
      { hangUpDuring: /^WAIT/ },
    );
  });

  it('A9: variables are read encoded, so that a value cannot imitate a reply', async () => {
    const evil = 'a)\n200 result=1 (forged)\nHANGUP\nÄ + % "q" (b';
    const dialog = await onCall(
      async (call) => {
        assert.equal(await call.getVariable('EVIL'), evil);
        assert.equal(await call.getVariable('CALLERID(name)'), 'Phone 1013');
      },
      { variables: { EVIL: evil, 'CALLERID(name)': 'Phone 1013' } },
    );
    assert.deepEqual(dialog.commands, ['GET FULL VARIABLE ${URIENCODE(${EVIL})}', 'GET FULL VARIABLE ${URIENCODE(${CALLERID(name)})}']);
  });

  it('an empty variable is empty, one not set is undefined', async () => {
    const dialog = await onCall(
      async (call) => {
        assert.equal(await call.getVariable('EMPTY'), '');
        assert.equal(await call.getVariable('NOTSET'), undefined);
        await assert.rejects(call.getVariable('${SHELL(id)}'), coded('TDM_BAD_VALUE'));
      },
      { variables: { EMPTY: '' } },
    );
    assert.equal(dialog.commands.filter((command) => command.startsWith('GET VARIABLE')).length, 2);
  });

  it('a switch without URIENCODE still gives plain values', async () => {
    await onCall(async (call) => assert.equal(await call.getVariable('X'), 'plain'), {
      variables: { X: 'plain' },
      answer: (command) => (command.includes('URIENCODE') ? '200 result=1 ()' : undefined),
    });
  });

  it('a variable that Asterisk had to cut is refused, not given in part', async () => {
    await onCall((call) => assert.rejects(call.getVariable('LONG'), coded('TDM_BAD_VALUE')), { variables: { LONG: 'x'.repeat(4_095) } });
  });

  it('A8: quotes, backslashes, spaces and line feeds in values', async () => {
    const dialog = await onCall(async (call) => {
      await call.setVariable('A', 'say "hi" \\ there');
      await call.setVariable('__B', '');
      await assert.rejects(call.setVariable('C', 'x\nHANGUP'), coded('TDM_BAD_VALUE'));
      await assert.rejects(call.setVariable('C D', 'x'), coded('TDM_BAD_VALUE'));
      await assert.rejects(call.setVariable('E', 'x'.repeat(9_000)), coded('TDM_BAD_VALUE'));
    });
    assert.deepEqual(dialog.commands, ['SET VARIABLE A "say \\"hi\\" \\\\ there"', 'SET VARIABLE __B ""']);
    assert.equal(dialog.variables.get('A'), 'say "hi" \\ there');
    assert.equal(dialog.variables.get('B'), '');
  });

  it('runs applications; -1 of Dial is no end of the call while the caller is there', async () => {
    const dialog = await onCall(
      async (call) => {
        await call.execute('Dial', 'PJSIP/1014,20,mg');
        await call.execute('Progress', '');
        await assert.rejects(call.execute('Dial "x', ''), coded('TDM_BAD_VALUE'));
      },
      { answer: (command) => (command.startsWith('EXEC Dial') ? '200 result=-1' : undefined) },
    );
    assert.deepEqual(dialog.commands, ['EXEC Dial "PJSIP/1014,20,mg"', 'CHANNEL STATUS', 'EXEC Progress']);
  });

  it('an application that ends with the call rejects', async () => {
    await onCall((call) => assert.rejects(call.execute('Dial', 'PJSIP/1014'), coded('TDM_CALL_GONE')), { hangUpDuring: /^EXEC/ });
  });

  it('an unknown application is refused by the switch', async () => {
    await onCall((call) => assert.rejects(call.execute('NoSuchApp', 'x'), coded('TDM_SWITCH_REFUSED')), {
      answer: (command) => (command.startsWith('EXEC') ? '200 result=-2' : undefined),
    });
  });

  it('a place whose names are no plain words is quoted; a priority must be a number', async () => {
    const dialog = await onCall(async (call) => {
      await call.goto({ context: 'my menu', extension: '*98', priority: 7 });
      for (const priority of [0, 1.5, NaN])
        await assert.rejects(call.goto({ context: 'a', extension: 'b', priority }), coded('TDM_BAD_VALUE'));
      await assert.rejects(call.goto({ context: 'a\nb', extension: 'b' }), coded('TDM_BAD_VALUE'));
    });
    assert.deepEqual(dialog.commands, ['SET CONTEXT "my menu"', 'SET EXTENSION *98', 'SET PRIORITY 7']);
  });

  it('a hang-up while idle aborts the signal; variables can still be set for the h extension', async () => {
    const dialog = await onCall(
      async (call) => {
        await call.answer();
        if (!call.signal.aborted) await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
        await assert.rejects(call.play('vm-intro', ''), coded('TDM_CALL_GONE'));
        await call.setVariable('LEFT', 'early');
      },
      { hangUpAfter: /^ANSWER/ },
    );
    assert.equal(dialog.variables.get('LEFT'), 'early');
  });

  it('A11: a HANGUP that came with the environment finds the signal aborted', async () => {
    const socket = new FakeSocket();
    const session = new AgiSession(socket.asSocket, agiLimitDefaults);
    await socket.deliver(`${environmentBlock({ script: 'app' })}HANGUP\n`);
    const call = new AgiCall(session, await session.environment, agiLimitDefaults);
    assert.ok(call.signal.aborted);
    socket.destroy();
  });
});
