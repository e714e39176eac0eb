/** Menus over real sessions of both doors: what goes over the wire, what the dialplan finds afterwards. */
import assert from 'node:assert/strict';
import { createAsteriskMenu, defaultAsteriskMenuOptions } from '../agi/menu.js';
import type { CallApplication } from '../core/call.js';
import { TandemError } from '../core/errors.js';
import type { MenuDefinition } from '../core/menu/definition.js';
import { menuSchema } from '../core/menu/schema.js';
import type { Menus } from '../core/ports.js';
import type { MenuDeps } from '../core/services/menu-application.js';
import { lookupLetter, nestedApplicationsMax } from '../core/services/run-script.js';
import { createFreeswitchMenu, defaultFreeswitchMenuOptions } from '../esl-outbound/menu.js';
import { agiSession, eslSession } from './support/doors.js';
import type { DialOptions as AgiOptions } from './support/fake-asterisk.js';
import type { DialOptions as EslOptions, FakeCall, FakeExecute } from './support/fake-freeswitch.js';
import { recordingMeter, silentLog } from './support/observers.js';

const code = 'Y1211903090005000001';

function menusOf(...values: readonly object[]): Menus {
  const menus = new Map<string, MenuDefinition>();
  for (const value of values) {
    const menu = menuSchema.parse({ id: 'main', prompt: 'main-choices', repeats: 0, timeout_s: 0, options: {}, ...value });
    menus.set(menu.id, menu);
  }
  return { find: (id) => Promise.resolve(menus.get(id)), all: () => Promise.resolve([...menus.values()]) };
}

interface Setup {
  readonly deps?: Partial<MenuDeps>;
  readonly menu?: string;
  readonly agi?: Partial<AgiOptions>;
  readonly esl?: Partial<EslOptions>;
}

function depsOf(menus: Menus, setup: Setup): MenuDeps & { readonly meter: ReturnType<typeof recordingMeter> } {
  return {
    menus,
    log: silentLog,
    nowMs: () => 1_795_000_000_000,
    runLookup: () => Promise.resolve('D'),
    applications: {},
    ...setup.deps,
    meter: recordingMeter(),
  };
}

async function onAsterisk(menus: Menus, setup: Setup = {}) {
  const deps = depsOf(menus, setup);
  const call = await agiSession(
    { menu: createAsteriskMenu(deps, { ...defaultAsteriskMenuOptions, dialplanApplications: ['Playback'] }) },
    { script: 'menu', args: [setup.menu ?? 'main'], variables: { 'CALLERID(name)': code }, ...setup.agi },
  );
  const get = (name: string) => call.variables.get(name) ?? '';
  return { call, get, meter: deps.meter, executed: call.commands.filter((command) => /^EXEC (?!MSet)/.test(command)) };
}

async function onFreeswitch(menus: Menus, setup: Setup = {}) {
  const deps = depsOf(menus, setup);
  const call = await eslSession(
    { menu: createFreeswitchMenu(deps, { ...defaultFreeswitchMenuOptions, dialplanApplications: ['playback'] }) },
    { application: 'menu', args: setup.menu ?? 'main', callerIdName: code, ...setup.esl },
  );
  const get = (name: string) => call.variables.get(name) ?? '';
  const executed = call.executed
    .filter((run) => !['sched_cancel', 'answer'].includes(run.application))
    .map((run) => `${run.application} ${run.argument}`.trim());
  return { call, get, meter: deps.meter, executed };
}

/** The caller presses this key during the prompt of `main`. */
const pressed = (key: string): Setup => ({ agi: { keys: [key] }, esl: { prompts: { 'main-choices': { key } } } });

describe('menu routes on both switches', () => {
  it('queue: the queue result is the last word, the option tells how the call got there', async () => {
    const menus = menusOf({ options: { 1: { queue: 'support', prefix: 'S:', priority: 2, max_wait_s: 30 } } });
    const agi = {
      keys: ['1'],
      answer: (command: string, dialog: { channel: { variables: Map<string, string> } }) => {
        if (command.startsWith('EXEC Queue')) dialog.channel.variables.set('QUEUESTATUS', 'TIMEOUT');
        return undefined;
      },
    };
    const asterisk = await onAsterisk(menus, { agi });
    assert.deepEqual(asterisk.executed, ['EXEC Queue "support,,,,30"']);
    const freeswitch = await onFreeswitch(menus, {
      esl: {
        ...pressed('1').esl,
        applications: { callcenter: () => ({ variables: { cc_cause: 'cancel', cc_cancel_reason: 'TIMEOUT' } }) },
      },
    });
    assert.deepEqual(freeswitch.executed, ['playback main-choices', 'callcenter support@default']);
    for (const { get } of [asterisk, freeswitch]) {
      assert.deepEqual(
        [get('TANDEM_RESULT'), get('TANDEM_OPTION'), get('TANDEM_QUEUE'), get('TANDEM_LEAD_ID')],
        ['timeout', '1', 'support', '5000001'],
      );
    }
    assert.deepEqual(asterisk.meter.counted('tandem_menu_exits_total'), [{ result: 'ok' }]);
  });

  for (const [route, place] of [
    [{ extension: '9001', context: 'fallback', priority: 3 }, ['fallback', '9001', '3']],
    [{ extension: '9001' }, ['default', '9001', '1']],
    [{ did: '8002' }, ['trunkinbound', '8002', '1']],
    [{ phone: '1010' }, ['default', '1010', '1']],
  ] as const) {
    it(`${JSON.stringify(route)}: the dialplan goes on there`, async () => {
      const menus = menusOf({ options: { 2: route } });
      const asterisk = await onAsterisk(menus, pressed('2'));
      const { context, extension, priority } = asterisk.call.channel.place;
      assert.deepEqual([context, extension, priority], place);
      const freeswitch = await onFreeswitch(menus, pressed('2'));
      assert.equal(freeswitch.call.transferredTo, `${place[1]} XML ${place[0]}`);
      for (const { get } of [asterisk, freeswitch]) {
        assert.deepEqual([get('TANDEM_RESULT'), get('TANDEM_OPTION'), get('TANDEM_MENU'), get('TANDEM_REASON')], ['ok', '2', 'main', '']);
      }
      assert.deepEqual(asterisk.call.commands.slice(-4)[0], 'SET VARIABLE TANDEM_RESULT "ok"');
    });
  }

  it('voicemail, with and without instructions', async () => {
    const menus = menusOf({ options: { 3: { voicemail: '1010@default' }, 4: { voicemail: '1010@shop', instructions: false } } });
    assert.deepEqual((await onAsterisk(menus, pressed('3'))).executed, ['EXEC VoiceMail "1010@default,u"']);
    assert.deepEqual((await onAsterisk(menus, pressed('4'))).executed, ['EXEC VoiceMail "1010@shop,us"']);
    const esl = { prompts: { 'main-choices': { key: '3' } }, variables: { domain_name: 'pbx.example' } };
    assert.deepEqual((await onFreeswitch(menus, { esl })).executed.at(-1), 'voicemail default pbx.example 1010');
    const second = await onFreeswitch(menus, pressed('4'));
    assert.deepEqual(second.executed.at(-1), 'voicemail default shop 1010');
    assert.equal(second.get('skip_instructions'), 'true');
  });

  it('a mailbox on a FreeSWITCH without mod_voicemail: the caller stays in the dialplan', async () => {
    const menus = menusOf({ options: { 3: { voicemail: '1010@shop' } } });
    const esl = { prompts: { 'main-choices': { key: '3' } }, answers: { 'api module_exists': 'false' } };
    const { executed, get, call } = await onFreeswitch(menus, { esl });
    assert.deepEqual(executed, ['playback main-choices']);
    assert.deepEqual([get('TANDEM_RESULT'), get('TANDEM_REASON')], ['error', 'TDM_NOT_FOUND']);
    assert.equal(call.hangupCause, undefined);
  });

  it('hang-up after prompts, one of them missing', async () => {
    const menus = menusOf({ options: { 5: { hangup: ['nosuch', 'goodbye'] } } });
    const asterisk = await onAsterisk(menus, { agi: { keys: ['5'], missing: ['nosuch'] } });
    assert.deepEqual(asterisk.call.commands.slice(-4), ['STREAM FILE nosuch ""', 'CHANNEL STATUS', 'STREAM FILE goodbye ""', 'HANGUP']);
    const freeswitch = await onFreeswitch(menus, { esl: { prompts: { 'main-choices': { key: '5' }, nosuch: { missing: true } } } });
    assert.deepEqual(freeswitch.executed, ['playback main-choices', 'playback nosuch', 'playback goodbye']);
    assert.equal(freeswitch.call.hangupCause, 'NORMAL_CLEARING');
    for (const { get } of [asterisk, freeswitch]) assert.equal(get('TANDEM_RESULT'), 'hangup');
  });

  it('another application of ours runs on the same call with its own arguments', async () => {
    const seen: unknown[] = [];
    const agent: CallApplication = async (call) => {
      seen.push([...call.args], call.switchKind);
      await call.setVariable('TANDEM_RESULT', 'logged-in');
    };
    const menus = menusOf({ options: { 6: { application: 'agent', argument: 'login,ann' } } });
    const setup = { ...pressed('6'), deps: { applications: { agent } } };
    for (const { get } of [await onAsterisk(menus, setup), await onFreeswitch(menus, setup)])
      assert.equal(get('TANDEM_RESULT'), 'logged-in');
    assert.deepEqual(seen, [['login', 'ann'], 'asterisk', ['login', 'ann'], 'freeswitch']);
  });

  it('scripts and allowed applications of the switch', async () => {
    const menus = menusOf({
      options: {
        1: { application: 'agi-x.agi', argument: 'a,b-----c "d"' },
        2: { application: 'Playback', argument: 'hello' },
        3: { application: 'System', argument: 'id' },
        4: { application: 'x.lua', argument: 'a,b' },
        5: { application: 'playback', argument: 'hello' },
        6: { application: 'system', argument: 'id' },
      },
    });
    assert.deepEqual((await onAsterisk(menus, pressed('1'))).executed, ['EXEC AGI "agi-x.agi,a,b-----c \\\\\\"d\\\\\\""']);
    assert.deepEqual((await onAsterisk(menus, pressed('2'))).executed, ['EXEC Playback "hello"']);
    assert.equal((await onFreeswitch(menus, pressed('4'))).executed.at(-1), 'lua x.lua a b');
    assert.equal((await onFreeswitch(menus, pressed('5'))).executed.at(-1), 'playback hello');
    // need 4: an application that was not allowed is not run, and the dialplan is told
    for (const { get, executed } of [await onAsterisk(menus, pressed('3')), await onFreeswitch(menus, pressed('6'))]) {
      assert.deepEqual([get('TANDEM_RESULT'), get('TANDEM_REASON')], ['error', 'TDM_NOT_FOUND']);
      assert.ok(!executed.some((line) => /system/i.test(line)));
    }
  });

  it('a sub-menu, then nothing: result timeout', async () => {
    const menus = menusOf({ options: { 1: { menu: 'sub' } } }, { id: 'sub', prompt: 'sub-choices' });
    for (const { get } of [await onAsterisk(menus, pressed('1')), await onFreeswitch(menus, pressed('1'))]) {
      assert.deepEqual([get('TANDEM_RESULT'), get('TANDEM_OPTION'), get('TANDEM_MENU')], ['timeout', '', 'sub']);
    }
  });
});

describe('menu and lookup in one session', () => {
  /** As the lookup application: caller id, lead id, letter, and then it leaves for its exit. */
  const lookup: CallApplication = async (call) => {
    assert.deepEqual([...call.args], ['ccc_test---8199']);
    await call.setCallerId(code, '123');
    await call.setVariable('ccc_lead_id', '777');
    await call.setVariable('ccc_result', 'A');
    await call.setVariable('TANDEM_RESULT', 'A');
    if (call.query.get('goto') !== 'no') await call.goto({ context: call.context, extension: 'A' });
  };
  const menus = menusOf({
    prompt: 'wait-moment|cm_sc_ccc_lookup_insert.agi,ccc_test---8199|main-choices',
    options: { A: { queue: 'support' }, B: { extension: '9001' } },
  });

  it('V10 V24 V25: the lookup runs on the same session, its letter leads to the queue with the new lead', async () => {
    const setup: Setup = {
      deps: { runLookup: lookupLetter(lookup) },
      esl: { callerIdName: 'V1211903090000012345', applications: { callcenter: () => ({ variables: { cc_cause: 'answered' } }) } },
    };
    const asterisk = await onAsterisk(menus, setup);
    const freeswitch = await onFreeswitch(menus, setup);
    for (const { get } of [asterisk, freeswitch]) {
      assert.deepEqual(
        [get('TANDEM_RESULT'), get('TANDEM_OPTION'), get('TANDEM_LEAD_ID'), get('TANDEM_CALLER_CODE')],
        ['answered', 'A', '777', code],
      );
    }
    const order = ['STREAM FILE wait-moment', 'SET CALLERID', 'EXEC Queue'].map((start) =>
      asterisk.call.commands.findIndex((line) => line.startsWith(start)),
    );
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      order,
    );
    assert.equal(asterisk.call.channel.place.extension, undefined);
    assert.equal(freeswitch.call.transferredTo, undefined);
  });

  it('no result stands while the caller is in the menu or its queue: the dialplan would take it for the end', async () => {
    const stillIn = new Map<string, string | undefined>();
    const seen = ({ application }: FakeExecute, call: FakeCall) => {
      stillIn.set(application, call.variables.get('TANDEM_RESULT'));
      return { variables: { cc_cause: 'answered' } };
    };
    const open = menusOf({
      prompt: 'cm_sc_ccc_lookup_insert.agi,ccc_test---8199|main-choices',
      timeout_s: 0,
      repeats: 0,
      options: { TIMEOUT: { queue: 'support' } },
    });
    const { get, executed } = await onFreeswitch(open, {
      deps: { runLookup: lookupLetter(lookup) },
      esl: { applications: { playback: seen, callcenter: seen } },
    });
    assert.deepEqual(executed.slice(-2), ['playback main-choices', 'callcenter support@default']);
    assert.deepEqual([...stillIn.values()], [undefined, undefined]);
    assert.equal(get('TANDEM_RESULT'), 'answered');
  });

  it('AGI-4: a lookup that throws is B', async () => {
    const setup: Setup = { deps: { runLookup: () => Promise.reject(new Error('bug')) } };
    assert.equal((await onAsterisk(menus, setup)).call.channel.place.extension, '9001');
    assert.equal((await onFreeswitch(menus, setup)).call.transferredTo, '9001 XML default');
  });

  it("a VICIdial script's SET EXTENSION is followed", async () => {
    const scripted = menusOf({ prompt: 'agi-route.agi,x|main-choices', options: { B: { extension: '9001' } } });
    const { call } = await onAsterisk(scripted, {
      agi: {
        variables: { EXTEN: 's' },
        answer: (command, dialog) => {
          if (command.startsWith('EXEC AGI')) dialog.channel.variables.set('EXTEN', 'B');
          return undefined;
        },
      },
    });
    assert.equal(call.channel.place.extension, '9001');
    assert.ok(!call.commands.some((command) => command.includes('main-choices')));
  });

  it('an AGI script is passed over on FreeSWITCH, the menu goes on', async () => {
    const scripted = menusOf({ prompt: 'agi-route.agi,x|main-choices', options: { 1: { extension: '9001' } } });
    assert.equal((await onFreeswitch(scripted, pressed('1'))).call.transferredTo, '9001 XML default');
  });
});

describe('menu when things go wrong', () => {
  const plain = menusOf({ options: { 1: { extension: '9001' } } });

  it('a missing sound is passed over on both switches', async () => {
    const menus = menusOf({ prompt: 'nosuch|main-choices', options: { 1: { extension: '9001' } } });
    assert.equal((await onAsterisk(menus, { agi: { missing: ['nosuch'], keys: ['1'] } })).get('TANDEM_RESULT'), 'ok');
    const esl = { prompts: { nosuch: { missing: true }, 'main-choices': { key: '1' } } };
    assert.equal((await onFreeswitch(menus, { esl })).get('TANDEM_RESULT'), 'ok');
  });

  it('a sound that the switch refuses to play is passed over', async () => {
    const asterisk = await onAsterisk(plain, {
      agi: { answer: (line) => (line.startsWith('STREAM FILE') ? '510 Invalid or unknown command' : undefined) },
    });
    const freeswitch = await onFreeswitch(plain, { esl: { applications: { playback: () => ({ response: 'PLAYBACK ERROR' }) } } });
    for (const { get } of [asterisk, freeswitch]) assert.deepEqual([get('TANDEM_RESULT'), get('TANDEM_REASON')], ['timeout', '']);
  });

  it('an unknown menu, and a store that does not answer: error with its code, the dialplan goes on', async () => {
    const down: Menus = { find: () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])), all: () => Promise.resolve([]) };
    for (const [menus, menu, reason] of [
      [plain, 'nosuch', 'TDM_NOT_FOUND'],
      [down, 'main', 'TDM_STORE_DOWN'],
    ] as const) {
      const asterisk = await onAsterisk(menus, { menu });
      const freeswitch = await onFreeswitch(menus, { menu });
      for (const { get } of [asterisk, freeswitch])
        assert.deepEqual([get('TANDEM_RESULT'), get('TANDEM_REASON'), get('TANDEM_OPTION')], ['error', reason, '']);
      assert.equal(asterisk.call.commands.at(-1), 'SET VARIABLE TANDEM_RESULT "error"');
    }
  });

  for (const menu of ['', 'ma in', "x'; DROP", '../x', '${SHELL(id)}', 'x'.repeat(200), '__proto__', 'main"']) {
    it(`menu id ${JSON.stringify(menu).slice(0, 30)}: refused or unknown, never a crash`, async () => {
      for (const { get } of [await onAsterisk(plain, { menu }), await onFreeswitch(plain, { menu })]) {
        assert.equal(get('TANDEM_RESULT'), 'error');
        assert.match(get('TANDEM_REASON'), /^TDM_(BAD_VALUE|NOT_FOUND)$/);
      }
    });
  }

  it('the menu by query, by path and by channel variable', async () => {
    assert.equal((await onAsterisk(plain, { agi: { script: 'menu?menu=main', args: [], keys: ['1'] } })).get('TANDEM_RESULT'), 'ok');
    assert.equal(
      (await onAsterisk(plain, { agi: { args: [], keys: ['1'], variables: { tandem_menu: 'main' } } })).get('TANDEM_RESULT'),
      'ok',
    );
  });

  it('an application that runs the menu that runs the application is bounded', async () => {
    const applications: Record<string, CallApplication> = {};
    const menus = menusOf({ prompt: '', options: { TIMEOUT: { application: 'menu', argument: 'main' } } });
    let runs = 0;
    for (const create of [createAsteriskMenu, createFreeswitchMenu]) {
      const deps = depsOf(menus, { deps: { applications } });
      const menu = create(deps);
      applications['menu'] = (call) => {
        runs++;
        return menu(call);
      };
      if (create === createAsteriskMenu) await agiSession({ menu }, { script: 'menu', args: ['main'] });
      else await eslSession({ menu }, { application: 'menu', args: 'main' });
    }
    assert.equal(runs, 2 * nestedApplicationsMax);
  });

  for (const during of [/^ANSWER/, /^STREAM FILE/, /^WAIT FOR DIGIT/, /^SET VARIABLE TANDEM_OPTION/, /^EXEC Queue/, /^SET CONTEXT/]) {
    it(`the caller hangs up during ${during.source}: the session ends quietly`, async () => {
      const menus = menusOf({ timeout_s: 5, options: { 1: { queue: 'support' }, TIMEOUT: { extension: '9001' } } });
      const keys = /Queue|OPTION/.test(during.source) ? ['1'] : [];
      const { call } = await onAsterisk(menus, { agi: { hangUpDuring: during, keys } });
      const after = call.commands.slice(call.commands.findIndex((line) => during.test(line)) + 1);
      assert.ok(!after.some((line) => /^(STREAM|WAIT|EXEC)/.test(line)), after.join('\n'));
    });
  }

  it('a caller who hangs up in the mailbox has left the menu by that option', async () => {
    const menus = menusOf({ options: { TIMEOUT: { hangup: null }, 1: { voicemail: '1010' } } });
    const { meter } = await onAsterisk(menus, { agi: { keys: ['1'], hangUpDuring: /^EXEC VoiceMail/ } });
    assert.deepEqual(meter.counted('tandem_menu_exits_total'), [{ result: 'ok' }]);
  });

  for (const [what, applications] of [
    ['answer', { answer: () => ({ hangup: 'NORMAL_CLEARING' }) }],
    ['a sound', { playback: () => ({ hangup: 'NORMAL_CLEARING' }) }],
    ['a sound, line broken', { playback: () => ({ drop: true }) }],
    ['the queue', { callcenter: () => ({ hangup: 'ORIGINATOR_CANCEL' }) }],
  ] as const) {
    it(`FreeSWITCH: the caller is gone during ${what}`, async () => {
      const menus = menusOf({ options: { TIMEOUT: { queue: 'support' } } });
      const { call, meter } = await onFreeswitch(menus, { esl: { applications } });
      assert.equal(call.transferredTo, undefined);
      assert.equal(meter.counted('tandem_menu_exits_total').length, 1);
    });
  }
});
