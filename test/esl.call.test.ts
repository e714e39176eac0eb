/** `Call` on FreeSWITCH, each method against a scripted switch. */
import assert from 'node:assert/strict';
import type { Call } from '../core/call.js';
import { hasCode } from '../core/errors.js';
import type { ErrorCode } from '../core/errors.js';
import { openEslDoor } from './support/esl-door.js';
import type { EslDoor } from './support/esl-door.js';
import { dialEsl } from './support/fake-freeswitch.js';
import type { DialOptions, FakeCall } from './support/fake-freeswitch.js';

const code = (wanted: ErrorCode) => (e: unknown) => hasCode(e, wanted);
const applications = (fake: FakeCall) => fake.executed.map((run) => run.application);

describe('ESL call', () => {
  const doors: EslDoor[] = [];

  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close();
  });

  /** One call through `steps`; rejects with what they throw. */
  async function on(dial: Omit<DialOptions, 'port'>, steps: (call: Call, fake: FakeCall) => Promise<void>): Promise<FakeCall> {
    let give: (fake: FakeCall) => void = () => undefined;
    const dialled = new Promise<FakeCall>((resolve) => (give = resolve));
    let failure: unknown;
    const door = await openEslDoor({
      t: async (call) => {
        try {
          await steps(call, await dialled);
        } catch (e) {
          failure = e;
        }
      },
    });
    doors.push(door);
    const fake = await dialEsl({ port: door.port, application: 't', ...dial });
    give(fake);
    await fake.ended;
    await door.idle();
    if (failure !== undefined) throw failure as Error;
    return fake;
  }

  it('shows who calls, from where and with which arguments', async () => {
    const dial = {
      uniqueId: '11111111-2222-3333-4444-555555555555',
      channel: 'sofia/internal/1010@host',
      callerIdName: 'Noël 100% "x"',
      callerIdNumber: '+4930123',
      context: 'ccc',
      extension: '8100',
      args: 'main,,x y',
      path: '/ignored?lang=de',
    };
    await on(dial, (call) => {
      assert.equal(call.switchKind, 'freeswitch');
      assert.equal(call.uniqueId, dial.uniqueId);
      assert.equal(call.channel, dial.channel);
      assert.equal(call.callerIdName, dial.callerIdName);
      assert.equal(call.callerIdNumber, dial.callerIdNumber);
      assert.equal(call.context, 'ccc');
      assert.equal(call.extension, '8100');
      assert.deepEqual(call.args, ['main', '', 'x y']);
      assert.equal(call.signal.aborted, false);
      return Promise.resolve();
    });
  });

  it('answers', async () => {
    const fake = await on({}, (call) => call.answer());
    assert.deepEqual(applications(fake), ['answer']);
  });

  describe('play', () => {
    it('plays to the end: no key, nothing missing', async () => {
      await on({}, async (call) => assert.deepEqual(await call.play('ivr/welcome.wav', '12'), { digit: '', missing: false }));
    });

    it('a key of the given ones stops it and is returned', async () => {
      await on({ prompts: { a: { key: '2' } } }, async (call) =>
        assert.deepEqual(await call.play('a', '12'), { digit: '2', missing: false }),
      );
    });

    it('another key does not stop it, also not the * of FreeSWITCH', async () => {
      await on({ prompts: { a: { key: '*' } } }, async (call, fake) => {
        assert.deepEqual(await call.play('a', '12'), { digit: '', missing: false });
        assert.deepEqual(await call.play('a', ''), { digit: '', missing: false });
        assert.equal(fake.variables.get('playback_terminators'), 'none');
      });
    });

    it('a missing file is no error', async () => {
      await on({ prompts: { a: { missing: true } } }, async (call) =>
        assert.deepEqual(await call.play('a', '1'), { digit: '', missing: true }),
      );
    });

    it('PLAYBACK ERROR while the caller is there is a refusal', async () => {
      await on({ applications: { playback: () => ({ response: 'PLAYBACK ERROR' }) } }, async (call) => {
        await assert.rejects(call.play('a', '1'), code('TDM_SWITCH_REFUSED'));
      });
    });

    it('a wanted key pressed before the prompt is taken without playing', async () => {
      const fake = await on({}, async (call, fake) => {
        fake.press('72');
        await call.getVariable('unset_so_that_it_is_asked_for');
        assert.deepEqual(await call.play('a', '2'), { digit: '2', missing: false });
      });
      assert.deepEqual(applications(fake), []);
    });

    it('a wanted key between the command and the start of the prompt stops it', async () => {
      const fake = await on({ startMs: 20, applications: { playback: () => ({ forEver: true }) } }, async (call, fake) => {
        const playing = call.play('a', '2');
        await fake.until(() => fake.commands.some((c) => c.includes('execute-app-name: playback')));
        fake.press('2');
        assert.deepEqual(await playing, { digit: '2', missing: false });
      });
      assert.ok(fake.commands.includes(`api uuid_break ${fake.uniqueId}`));
    });

    it('terminators are set once for prompts in a row and put back at the end', async () => {
      const fake = await on({ variables: { playback_terminators: '#' } }, async (call) => {
        for (const file of ['a', 'b', 'c']) await call.play(file, '12');
      });
      assert.equal(fake.commands.filter((c) => c.includes('playback_terminators')).length, 2);
      assert.equal(fake.variables.get('playback_terminators'), '#');
    });
  });

  describe('waitForDigit', () => {
    it('returns the key that is pressed', async () => {
      await on({}, async (call, fake) => {
        const waiting = call.waitForDigit(3_000);
        fake.press('#');
        assert.equal(await waiting, '#');
      });
    });

    it('returns keys pressed before, one by one', async () => {
      await on({ prompts: { a: { keysAfter: '12' } } }, async (call) => {
        await call.play('a', '');
        assert.equal(await call.waitForDigit(1_000), '1');
        assert.equal(await call.waitForDigit(1_000), '2');
      });
    });

    it('keys pressed during a prompt that they do not stop are the prompt’s, not ours', async () => {
      await on({ prompts: { a: { key: '5' } } }, async (call) => {
        await call.play('a', '1');
        assert.equal(await call.waitForDigit(20), '');
      });
    });

    it("returns '' when no key comes", async () => {
      await on({}, async (call) => assert.equal(await call.waitForDigit(10), ''));
    });

    it('rejects when the caller hangs up', async () => {
      await on({}, async (call, fake) => {
        const waiting = assert.rejects(call.waitForDigit(60_000), code('TDM_CALL_GONE'));
        fake.hangup();
        await waiting;
      });
    });
  });

  describe('variables', () => {
    it('are read from what the switch sent, without asking', async () => {
      const fake = await on({ variables: { lead: '99' } }, async (call) => assert.equal(await call.getVariable('lead'), '99'));
      assert.ok(!fake.commands.some((c) => c.includes('uuid_getvar')));
    });

    it('are asked for when no event told them; unset and empty are undefined', async () => {
      await on({ answers: { 'api uuid_getvar': '' } }, async (call) => assert.equal(await call.getVariable('x'), undefined));
      await on({}, async (call) => assert.equal(await call.getVariable('x'), undefined));
    });

    it('set by an application are seen when it has completed', async () => {
      await on({ applications: { callcenter: () => ({ variables: { cc_cause: 'answered' } }) } }, async (call) => {
        await call.setVariable('cc_cause', '');
        assert.equal(await call.getVariable('cc_cause'), undefined);
        await call.execute('callcenter', 'support@default');
        assert.equal(await call.getVariable('cc_cause'), 'answered');
      });
    });

    it('written by us are not overwritten by an older event', async () => {
      await on({ variables: { a: 'old' } }, async (call, fake) => {
        await call.setVariable('a', 'new');
        fake.send('CHANNEL_STATE', { variable_a: 'old' });
        fake.press('1');
        await call.waitForDigit(1_000);
        assert.equal(await call.getVariable('a'), 'new');
      });
    });

    for (const value of [
      'plain',
      "it's",
      "'",
      "''",
      '"q"',
      'back\\slash',
      '\\',
      "\\'",
      '\\n \\s',
      '  outer blanks  ',
      ' ',
      'Żółw 👍',
      '$5 $$',
      'a=b,c;d|e',
      '^^:x',
      '[x]{y}',
      '%41',
      '-ERR x',
      'ARRAY',
    ]) {
      it(`keep the value ${JSON.stringify(value)}`, async () => {
        const fake = await on({}, async (call) => {
          await call.setVariable('v', value);
          assert.equal(await call.getVariable('v'), value);
        });
        assert.equal(fake.variables.get('v'), value);
      });
    }

    it("'' unsets", async () => {
      const fake = await on({ variables: { v: 'x' } }, async (call) => {
        await call.setVariable('v', '');
        assert.equal(await call.getVariable('v'), undefined);
      });
      assert.ok(!fake.variables.has('v'));
    });

    for (const value of ['a\nb', 'a\r', 'a\0', '${system(date)}', 'x$${y}']) {
      it(`refuse the value ${JSON.stringify(value)} (E18; FreeSWITCH expands variables again)`, async () => {
        const fake = await on({}, async (call) => assert.rejects(call.setVariable('v', value), code('TDM_BAD_VALUE')));
        assert.ok(!fake.commands.some((c) => c.includes('uuid_setvar')));
      });
    }

    for (const name of ['', 'a b', 'a=b', 'a\n', '${x}', '1x', 'x'.repeat(200)]) {
      it(`refuse the name ${JSON.stringify(name.slice(0, 20))}`, async () => {
        await on({}, async (call) => {
          await assert.rejects(call.setVariable(name, 'x'), code('TDM_BAD_VALUE'));
          await assert.rejects(call.getVariable(name), code('TDM_BAD_VALUE'));
        });
      });
    }

    it('a refusal of the switch is typed', async () => {
      await on({ answers: { 'api uuid_setvar': '-ERR no\n' } }, async (call) =>
        assert.rejects(call.setVariable('v', 'x'), code('TDM_SWITCH_REFUSED')),
      );
      await on({ answers: { 'api uuid_setvar': '-ERR No such channel!\n' } }, async (call) =>
        assert.rejects(call.setVariable('v', 'x'), code('TDM_CALL_GONE')),
      );
    });
  });

  it('setCallerId sets the profile and what dialled legs show', async () => {
    const fake = await on({}, (call) => call.setCallerId('V1211903090000012345', '9998887112'));
    assert.equal(fake.profile.get('caller_id_name'), 'V1211903090000012345');
    assert.equal(fake.profile.get('caller_id_number'), '9998887112');
    assert.equal(fake.variables.get('effective_caller_id_name'), 'V1211903090000012345');
    assert.equal(fake.variables.get('effective_caller_id_number'), '9998887112');
  });

  for (const name of ['a\\b', '${x}', 'a\nb']) {
    it(`setCallerId refuses ${JSON.stringify(name)}`, async () => {
      const fake = await on({}, async (call) => assert.rejects(call.setCallerId(name, '1'), code('TDM_BAD_VALUE')));
      assert.equal(fake.profile.size, 0);
    });
  }

  describe('execute', () => {
    it('waits for the application, however long it takes', async () => {
      const fake = await on({ applications: { bridge: () => ({ afterMs: 60 }) } }, async (call, fake) => {
        await call.execute('bridge', 'sofia/gateway/x/1');
        assert.equal(fake.executed.at(-1)?.argument, 'sofia/gateway/x/1');
      });
      assert.deepEqual(applications(fake), ['bridge']);
    });

    it('an application that the switch refuses is typed', async () => {
      await on({ applications: { bridge: () => ({ refuse: '-ERR invalid session id [x]' }) } }, async (call) => {
        await assert.rejects(call.execute('bridge', 'x'), code('TDM_SWITCH_REFUSED'));
      });
    });

    it('an unknown application means that FreeSWITCH hangs up: the call is gone', async () => {
      await on({ applications: { no_such_app: () => ({ hangup: 'DESTINATION_OUT_OF_ORDER' }) } }, async (call) => {
        await assert.rejects(
          call.execute('no_such_app', ''),
          (e) => hasCode(e, 'TDM_CALL_GONE') && e.message.includes('DESTINATION_OUT_OF_ORDER'),
        );
        assert.equal(call.signal.aborted, true);
        await assert.rejects(call.answer(), code('TDM_CALL_GONE'));
      });
    });
  });

  describe('goto', () => {
    it('transfers at the end of the session, after all else', async () => {
      const fake = await on({}, async (call) => {
        await call.goto({ context: 'default', extension: 'A', priority: 1 });
        await call.setVariable('TANDEM_RESULT', 'A');
        await call.answer();
      });
      assert.equal(fake.transferredTo, 'A XML default');
      assert.deepEqual(applications(fake), ['answer']);
      // one write: a connection that ended later would take control from a socket application in the new place
      assert.deepEqual(fake.commands.slice(-2), [`api uuid_transfer ${fake.uniqueId} A XML default`, 'exit']);
    });

    it('the last place wins', async () => {
      const fake = await on({}, async (call) => {
        await call.goto({ context: 'default', extension: 'A' });
        await call.goto({ context: 'other', extension: 'B' });
      });
      assert.equal(fake.transferredTo, 'B XML other');
    });

    for (const extension of ['a b', '-bleg', "x'", '', '${x}', 'a\n', '\\']) {
      it(`refuses the extension ${JSON.stringify(extension)}`, async () => {
        const fake = await on({}, async (call) => {
          await assert.rejects(call.goto({ context: 'default', extension }), code('TDM_BAD_VALUE'));
          await assert.rejects(call.goto({ context: extension, extension: 'x' }), code('TDM_BAD_VALUE'));
        });
        assert.equal(fake.transferredTo, undefined);
      });
    }
  });

  describe('hangup', () => {
    it('ends an idle call with sendmsg', async () => {
      const fake = await on({}, async (call) => {
        await call.answer();
        await call.hangup();
        assert.equal(call.signal.aborted, true);
      });
      assert.equal(fake.hangupCause, 'NORMAL_CLEARING');
      assert.ok(fake.commands.some((c) => c.includes('call-command: hangup')));
    });

    it('ends a call with a running application by the API, which waits for nobody', async () => {
      const fake = await on({ applications: { bridge: () => ({ forEver: true }) } }, async (call) => {
        const talking = assert.rejects(call.execute('bridge', 'x'), code('TDM_CALL_GONE'));
        await call.hangup();
        await talking;
      });
      assert.equal(fake.hangupCause, 'NORMAL_CLEARING');
      assert.ok(fake.commands.includes(`api uuid_kill ${fake.uniqueId} NORMAL_CLEARING`));
    });

    it('every method rejects afterwards', async () => {
      await on({}, async (call) => {
        await call.hangup();
        const gone = code('TDM_CALL_GONE');
        await assert.rejects(call.answer(), gone);
        await assert.rejects(call.play('a', ''), gone);
        await assert.rejects(call.waitForDigit(1), gone);
        await assert.rejects(call.getVariable('a'), gone);
        await assert.rejects(call.setVariable('a', 'b'), gone);
        await assert.rejects(call.setCallerId('a', '1'), gone);
        await assert.rejects(call.execute('a', 'b'), gone);
        await assert.rejects(call.goto({ context: 'a', extension: 'b' }), gone);
        await assert.rejects(call.hangup(), gone);
      });
    });
  });
});
