import assert from 'node:assert/strict';
import { createAsteriskQueueEntry, asteriskQueue } from '../agi/queue-entry.js';
import { TandemError } from '../core/errors.js';
import { createFreeswitchQueueEntry } from '../esl-outbound/queue-entry.js';
import { agiSession, eslSession } from './support/doors.js';
import { recordingMeter, silentLog } from './support/observers.js';
import type { FakeResult } from './support/fake-freeswitch.js';

const code = 'Y1211903090005000001';
const deps = () => ({ log: silentLog, meter: recordingMeter() });

interface AsteriskCase {
  readonly args?: readonly string[];
  readonly script?: string;
  readonly status?: string;
  readonly variables?: Record<string, string>;
  readonly queue?: string | readonly string[];
  readonly hangUpDuring?: RegExp;
  readonly options?: { queueOptions: string };
}

/** A call through the door on Asterisk; app_queue leaves with `status`. */
async function onAsterisk(c: AsteriskCase) {
  const meter = recordingMeter();
  const call = await agiSession(
    { queue_entry: createAsteriskQueueEntry({ ...deps(), meter }, c.options) },
    {
      script: c.script ?? 'queue_entry',
      args: c.args ?? ['support'],
      variables: { 'CALLERID(name)': code, ...c.variables },
      ...(c.hangUpDuring && { hangUpDuring: c.hangUpDuring }),
      answer: (command, dialog) => {
        if (!command.startsWith('EXEC Queue')) return undefined;
        if (c.status !== undefined) dialog.channel.variables.set('QUEUESTATUS', c.status);
        return c.queue;
      },
    },
  );
  const get = (name: string) => call.variables.get(name) ?? '';
  return { call, get, meter, queued: call.commands.filter((command) => /^EXEC (?!MSet)/.test(command)) };
}

async function onFreeswitch(c: {
  args?: string;
  path?: string;
  callerIdName?: string;
  variables?: Record<string, string>;
  result?: FakeResult;
  domain?: string;
}) {
  const meter = recordingMeter();
  const call = await eslSession(
    { queue_entry: createFreeswitchQueueEntry({ ...deps(), meter }, c.domain === undefined ? undefined : { queueDomain: c.domain }) },
    {
      ...(c.path === undefined ? { application: 'queue_entry', args: c.args ?? 'support' } : { path: c.path }),
      callerIdName: c.callerIdName ?? code,
      variables: c.variables ?? {},
      applications: { callcenter: () => c.result ?? { variables: { cc_cause: 'answered' } } },
    },
  );
  return {
    call,
    get: (name: string) => call.variables.get(name) ?? '',
    meter,
    queued: call.executed.filter((run) => run.application === 'callcenter'),
  };
}

describe('queue entry on Asterisk', () => {
  for (const [status, result, reason] of [
    ['TIMEOUT', 'timeout', ''],
    ['FULL', 'full', ''],
    ['JOINEMPTY', 'join-empty', ''],
    ['LEAVEEMPTY', 'leave-empty', ''],
    ['JOINUNAVAIL', 'unavailable', ''],
    ['LEAVEUNAVAIL', 'unavailable', ''],
    ['CONTINUE', 'continue', ''],
    ['WITHDRAW', 'withdrawn', ''],
    ['UNKNOWN', 'error', 'TDM_NOT_FOUND'],
    ['SOMETHINGNEW', 'error', 'TDM_PROTOCOL'],
    ['', 'answered', ''],
  ] as const) {
    it(`QUEUESTATUS ${status || 'empty'} is ${result}`, async () => {
      const { get, meter, queued } = await onAsterisk({ status });
      assert.equal(get('TANDEM_RESULT'), result);
      assert.equal(get('TANDEM_REASON'), reason);
      assert.deepEqual(queued, ['EXEC Queue "support,,,,"']);
      assert.deepEqual(meter.counted('tandem_queue_entries_total'), [{ result }]);
    });
  }

  it('arguments reach Queue and QUEUE_PRIO; the result variable is the last command', async () => {
    const { call, get, queued } = await onAsterisk({
      args: ['support', 'VIP:', '300', '7'],
      status: 'TIMEOUT',
      options: { queueOptions: 'tc' },
    });
    assert.deepEqual(queued, ['EXEC Queue "support,tc,,,300"']);
    assert.equal(get('QUEUE_PRIO'), '7');
    assert.equal(get('TANDEM_QUEUE'), 'support');
    assert.equal(call.commands.at(-1), 'SET VARIABLE TANDEM_RESULT "timeout"');
  });

  it('Q-1: the prefix stands before the name while waiting only; the code is kept apart', async () => {
    const { call, get } = await onAsterisk({ args: ['support', 'VIP:'], status: 'LEAVEEMPTY' });
    const names = call.commands.filter((command) => command.startsWith('SET VARIABLE CALLERID(name)'));
    assert.deepEqual(names, [`SET VARIABLE CALLERID(name) "VIP:${code}"`, `SET VARIABLE CALLERID(name) "${code}"`]);
    assert.equal(get('CALLERID(name)'), code);
    assert.equal(get('TANDEM_CALLER_CODE'), code);
  });

  it('without a prefix the name is not touched at all', async () => {
    const { call } = await onAsterisk({ status: 'TIMEOUT' });
    assert.ok(!call.commands.some((command) => /^SET (VARIABLE CALLERID|CALLERID)/.test(command)));
  });

  it('Q-2: the lead id comes from ccc_lead_id first, then from the code', async () => {
    assert.equal((await onAsterisk({ variables: { ccc_lead_id: '77' } })).get('TANDEM_LEAD_ID'), '77');
    assert.equal((await onAsterisk({})).get('TANDEM_LEAD_ID'), '5000001');
    assert.equal((await onAsterisk({ variables: { ccc_lead_id: '0x5' } })).get('TANDEM_LEAD_ID'), '5000001');
    assert.equal((await onAsterisk({ variables: { 'CALLERID(name)': 'Ann' } })).get('TANDEM_LEAD_ID'), '');
    assert.equal((await onAsterisk({ variables: { ccc_lead_id: '4294967296', 'CALLERID(name)': '' } })).get('TANDEM_LEAD_ID'), '');
  });

  it('W-14: a foreign code gives no lead id', async () => {
    const call = await agiSession(
      {
        queue_entry: createAsteriskQueueEntry({
          ...deps(),
          isForeignCode: (c, found) => Promise.resolve(c.channel.startsWith('IAX2/alpha') && found.code === code),
        }),
      },
      { script: 'queue_entry', args: ['support'], variables: { 'CALLERID(name)': code } },
    );
    assert.equal(call.variables.get('TANDEM_LEAD_ID'), '');
    assert.equal(call.variables.get('TANDEM_RESULT'), 'answered');
  });

  it('need 9: a store that does not answer costs the lead id, not the place in the queue', async () => {
    const call = await agiSession(
      {
        queue_entry: createAsteriskQueueEntry({
          ...deps(),
          isForeignCode: () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])),
        }),
      },
      { script: 'queue_entry', args: ['support'], variables: { 'CALLERID(name)': code } },
    );
    assert.equal(call.variables.get('TANDEM_LEAD_ID'), '');
    assert.equal(call.variables.get('TANDEM_RESULT'), 'answered');
    assert.ok(call.commands.includes('EXEC Queue "support,,,,"'));
  });

  it('a status of an earlier visit does not count', async () => {
    assert.equal((await onAsterisk({ variables: { QUEUESTATUS: 'TIMEOUT', ABANDONED: 'TRUE' } })).get('TANDEM_RESULT'), 'answered');
  });

  it('the queue by query, and by channel variables', async () => {
    const byQuery = await onAsterisk({ script: 'queue_entry?queue=sales&prefix=S%3A&max_wait=20&priority=1', args: [] });
    assert.deepEqual(byQuery.queued, ['EXEC Queue "sales,,,,20"']);
    const byVariable = await onAsterisk({ args: [], variables: { tandem_queue: 'help', tandem_max_wait: '30' } });
    assert.deepEqual(byVariable.queued, ['EXEC Queue "help,,,,30"']);
  });

  it('a key that leads out of the queue is exit-key', async () => {
    const call = await agiSession(
      { queue_entry: createAsteriskQueueEntry(deps()) },
      {
        script: 'queue_entry',
        args: ['support'],
        answer: (command, dialog) => {
          if (command.startsWith('EXEC Queue')) dialog.channel.variables.set('EXTEN', '0');
          return undefined;
        },
      },
    );
    assert.equal(call.variables.get('TANDEM_RESULT'), 'exit-key');
  });

  it('the caller hangs up waiting, or in the talk: told apart, and the session ends quietly', async () => {
    const closedMeter = recordingMeter();
    const hangUp = { hangUpDuring: /^EXEC Queue/ };
    const waiting = await agiSession(
      { queue_entry: createAsteriskQueueEntry(deps()) },
      {
        script: 'queue_entry',
        args: ['support'],
        ...hangUp,
        answer: (command, dialog) => {
          if (command.startsWith('EXEC Queue')) dialog.channel.variables.set('ABANDONED', 'TRUE');
          return undefined;
        },
      },
    );
    assert.equal(waiting.variables.get('TANDEM_RESULT'), 'abandoned');
    assert.equal((await onAsterisk(hangUp)).get('TANDEM_RESULT'), 'answered');
    // AGIEXITONHANGUP closes the session at once: nothing can be read any more
    const closed = await agiSession(
      { queue_entry: createAsteriskQueueEntry({ ...deps(), meter: closedMeter }) },
      { script: 'queue_entry', args: ['support'], exitOnHangup: true, ...hangUp },
    );
    assert.equal(closed.variables.get('TANDEM_RESULT'), undefined);
    assert.deepEqual(closedMeter.counted('tandem_queue_entries_total'), [{ result: 'caller-left' }]);
    for (const during of [/^ANSWER/, /^GET FULL/, /TANDEM_QUEUE/, /QUEUESTATUS/]) await onAsterisk({ hangUpDuring: during });
  });

  it('an unknown application Queue is an error and the dialplan goes on', async () => {
    const { get } = await onAsterisk({ queue: '200 result=-2' });
    assert.deepEqual([get('TANDEM_RESULT'), get('TANDEM_REASON')], ['error', 'TDM_SWITCH_REFUSED']);
  });

  it('options with commas are refused at start', () => {
    assert.throws(() => asteriskQueue({ queueOptions: 't,,x' }), RangeError);
  });
});

describe('queue entry on FreeSWITCH', () => {
  for (const [variables, result, reason] of [
    [{ cc_cause: 'answered' }, 'answered', ''],
    [{ cc_cause: 'cancel', cc_cancel_reason: 'TIMEOUT' }, 'timeout', ''],
    [{ cc_cause: 'cancel', cc_cancel_reason: 'NO_AGENT_TIMEOUT' }, 'leave-empty', ''],
    [{ cc_cause: 'cancel', cc_cancel_reason: 'EXIT_WITH_KEY', cc_exit_key: '0' }, 'exit-key', ''],
    [{ cc_cause: 'cancel', cc_cancel_reason: 'BREAK_OUT' }, 'withdrawn', ''],
    [{ cc_cause: 'cancel' }, 'withdrawn', ''],
    [{ cc_cause: 'cancel', cc_cancel_reason: 'NEW_WORD' }, 'error', 'TDM_PROTOCOL'],
    [{}, 'error', 'TDM_NOT_FOUND'],
  ] as const) {
    it(`${JSON.stringify(variables)} is ${result}`, async () => {
      const { call, get, meter } = await onFreeswitch({ result: { variables } });
      assert.equal(get('TANDEM_RESULT'), result);
      assert.equal(get('TANDEM_REASON'), reason);
      assert.deepEqual(meter.counted('tandem_queue_entries_total'), [{ result }]);
      assert.equal(await call.ended, 'exit');
    });
  }

  it('arguments reach callcenter and its variables; nobody is parked after the talk', async () => {
    const { get, queued } = await onFreeswitch({
      args: 'support,VIP:,300,7',
      variables: { park_after_bridge: 'true', cc_export_vars: 'a,b' },
    });
    assert.deepEqual(
      queued.map((run) => run.argument),
      ['support@default'],
    );
    assert.equal(get('cc_base_score'), '7');
    assert.equal(get('cc_outbound_cid_name_prefix'), 'VIP-');
    assert.equal(get('park_after_bridge'), 'false');
    assert.equal(get('cc_export_vars'), 'a,b,TANDEM_LEAD_ID');
    assert.equal(get('TANDEM_LEAD_ID'), '5000001');
    assert.equal(get('TANDEM_CALLER_CODE'), code);
  });

  it('a prefix reaches the agent whole: FreeSWITCH would drop all before a slash or colon', async () => {
    assert.equal((await onFreeswitch({ args: 'support,A/B: (x) +' })).get('cc_outbound_cid_name_prefix'), 'A-B- (x) +');
  });

  it('Q-1: the name stays as it is', async () => {
    const { call, get } = await onFreeswitch({ args: 'support,VIP:' });
    assert.equal(call.profile.size, 0);
    assert.equal(get('effective_caller_id_name'), '');
  });

  it('Q-2: after a lookup in the same session the effective name has the local code', async () => {
    assert.equal(
      (await onFreeswitch({ callerIdName: 'V1211903090000012345', variables: { effective_caller_id_name: code } })).get('TANDEM_LEAD_ID'),
      '5000001',
    );
    assert.equal((await onFreeswitch({ variables: { effective_caller_id_name: 'ACME' } })).get('TANDEM_LEAD_ID'), '5000001');
    assert.equal((await onFreeswitch({ variables: { ccc_lead_id: '9' } })).get('TANDEM_LEAD_ID'), '9');
  });

  it('the domain of a queue: given, or by setting; a cause of an earlier visit does not count', async () => {
    assert.deepEqual(
      (await onFreeswitch({ args: 'support@pbx.example' })).queued.map((run) => run.argument),
      ['support@pbx.example'],
    );
    assert.deepEqual(
      (await onFreeswitch({ domain: 'acd' })).queued.map((run) => run.argument),
      ['support@acd'],
    );
    const stale = await onFreeswitch({ variables: { cc_cause: 'answered', cc_cancel_reason: 'TIMEOUT' }, result: {} });
    assert.equal(stale.get('TANDEM_RESULT'), 'error');
  });

  it('the queue by the path of the socket, and by channel variables', async () => {
    assert.deepEqual(
      (await onFreeswitch({ path: '/queue_entry?queue=sales' })).queued.map((run) => run.argument),
      ['sales@default'],
    );
    assert.deepEqual(
      (await onFreeswitch({ args: '', variables: { tandem_queue: 'help' } })).queued.map((run) => run.argument),
      ['help@default'],
    );
  });

  it('the caller hangs up waiting: counted as abandoned, the session ends', async () => {
    const { meter } = await onFreeswitch({ result: { hangup: 'ORIGINATOR_CANCEL' } });
    assert.deepEqual(meter.counted('tandem_queue_entries_total'), [{ result: 'abandoned' }]);
  });

  it('the connection breaks while waiting: the session ends', async () => {
    const { meter } = await onFreeswitch({ result: { drop: true } });
    assert.deepEqual(meter.counted('tandem_queue_entries_total'), [{ result: 'abandoned' }]);
  });
});

describe('queue entry with bad arguments', () => {
  const bad: readonly (readonly string[])[] = [
    [''],
    ['sup port'],
    ['support"'],
    ["support'"],
    ['support|other'],
    ['support&other'],
    ['${SHELL(id)}'],
    ['support;x'],
    ['../x'],
    ['x'.repeat(300)],
    ['support', 'V"IP'],
    ['support', "V'IP"],
    ['support', 'V;IP'],
    ['support', '${X}'],
    ['support', 'x'.repeat(41)],
    ['support', '', '99999999999999999999'],
    ['support', '', '-1'],
    ['support', '', '1e3'],
    ['support', '', '86401'],
    ['support', '', '', '1000001'],
    ['support', '', '', '0x1'],
    ['support', 'a', '1', '2', '3'],
  ];
  for (const args of bad) {
    it(`${JSON.stringify(args).slice(0, 60)}: TDM_BAD_VALUE on both switches, nothing half-done`, async () => {
      const asterisk = await onAsterisk({ args });
      const freeswitch = await onFreeswitch({ args: args.join(',') });
      for (const side of [asterisk, freeswitch]) {
        assert.equal(side.get('TANDEM_RESULT'), 'error');
        assert.equal(side.get('TANDEM_REASON'), 'TDM_BAD_VALUE');
        assert.deepEqual(side.queued, []);
        assert.equal(side.get('TANDEM_QUEUE'), '');
      }
      assert.ok(!asterisk.call.commands.includes('ANSWER'));
      assert.ok(!freeswitch.call.executed.some((run) => run.application === 'answer'));
    });
  }

  it('line ends by query: refused the same', async () => {
    for (const script of [
      'queue_entry?queue=a%0ASET%20VARIABLE%20X%201',
      'queue_entry?queue=a&prefix=b%0D%0Ac',
      'queue_entry?queue=a%00',
    ]) {
      const { call, get } = await onAsterisk({ script, args: [] });
      assert.equal(get('TANDEM_REASON'), 'TDM_BAD_VALUE');
      assert.equal(call.commands.length, 2, call.commands.join('\n'));
    }
  });
});
