/*
 * Actions over the link and their answers (dependencies sections 6 and 14): every promise settles, ids
 * are unique, nothing is left behind. Recorded answers come from test/fixtures/ami.
 */
import assert from 'node:assert/strict';
import AMI from 'asterisk-manager';
import type { AmiFields } from '../sidecar/ami-action.js';
import { createAmiHarness, nextState, type AmiHarness, type AmiHarnessOptions } from './support/ami-harness.js';
import { recordedAnswer } from './support/ami-transcript.js';
import { createHandTimers } from './support/hand-timers.js';

let open: AmiHarness[] = [];
afterEach(async () => {
  await Promise.all(open.map((harness) => harness.close()));
  open = [];
});

async function upLink(options?: AmiHarnessOptions): Promise<AmiHarness> {
  const h = await createAmiHarness(options);
  open.push(h);
  h.link.start();
  await h.link.waitUp(3_000);
  return h;
}

/** Answer `action` with what Asterisk answered to the n-th such action of a transcript. */
function replay({ ami }: AmiHarness, transcript: string, action: string, n = 0): void {
  ami.on(action, (asked, s) => s.raw(recordedAnswer(transcript, action, asked['ActionID'] ?? '', n)));
}

const session = ({ ami }: AmiHarness) => ami.sessions[0] ?? assert.fail('no session open');

describe('manager actions: answers', () => {
  it('AMI: an action resolves with its response', async () => {
    const h = await upLink();
    replay(h, '60-lists-and-states.txt', 'Getvar');
    const { response, events } = await h.link.action({ Action: 'Getvar', Channel: 'PJSIP/1010-1', Variable: 'FOO' });
    assert.equal(response.get('value'), 'bar');
    assert.deepEqual(events, []);
  });

  it('AMI: `Response: Error` rejects with the message, recorded and with the code', async () => {
    const h = await upLink();
    await assert.rejects(h.link.action({ Action: 'Nope' }), { code: 'TDM_SWITCH_REFUSED', message: /Invalid\/unknown command/ });
  });

  it('AMI: list actions collect their items, which nobody else hears', async () => {
    const h = await upLink();
    replay(h, '60-lists-and-states.txt', 'CoreShowChannels');
    replay(h, '60-lists-and-states.txt', 'QueueStatus');
    const channels = await h.link.action({ Action: 'CoreShowChannels' }, { list: true });
    assert.deepEqual(
      channels.events.map((event) => event.get('application')),
      ['Echo'],
    );
    const queues = await h.link.action({ Action: 'QueueStatus', Queue: 'lab' }, { list: true });
    assert.equal(queues.events[0]?.event, 'QueueParams');
    assert.ok(queues.events.every((event) => event.event !== 'QueueStatusComplete'));
    assert.deepEqual(h.events, []);
  });

  it('AMI: two lists at once do not mix', async () => {
    const h = await upLink();
    const asked: string[] = [];
    h.ami.on('QueueSummary', ({ ActionID = '' }, s) => {
      asked.push(ActionID);
      if (asked.length < 2) return;
      const [a, b] = asked;
      s.send({ Response: 'Success', ActionID: b, EventList: 'start' }, { Response: 'Success', ActionID: a, EventList: 'start' });
      s.send({ Event: 'QueueSummary', ActionID: a, Queue: 'a' }, { Event: 'QueueSummary', ActionID: b, Queue: 'b' });
      s.send(
        { Event: 'QueueSummaryComplete', ActionID: b, EventList: 'Complete' },
        { Event: 'QueueSummaryComplete', ActionID: a, EventList: 'Complete' },
      );
    });
    const [first, second] = await Promise.all([1, 2].map(() => h.link.action({ Action: 'QueueSummary' }, { list: true })));
    assert.deepEqual(
      [first, second].map((answer) => answer?.events.map((event) => event.get('queue'))),
      [['a'], ['b']],
    );
  });

  it('AMI: `Output:` replies and old `--END COMMAND--` replies give the same lines', async () => {
    const h = await upLink();
    replay(h, '60-lists-and-states.txt', 'Command');
    const now = await h.link.action({ Action: 'Command', Command: 'core show channels concise' });
    assert.match(now.response.get('output') ?? '', /^PJSIP\/1010-00000075!/);
    h.ami.on('Command', ({ ActionID }, s) =>
      s.raw(`Response: Follows\r\nPrivilege: Command\r\nActionID: ${ActionID ?? ''}\r\na\n\nb: c\n--END COMMAND--\r\n\r\n`),
    );
    const old = await h.link.action({ Action: 'Command', Command: 'core show channels concise' });
    assert.deepEqual(old.response.all('output'), ['a', '', 'b: c']);
  });

  it('M6: 3 000 quick actions have unique ids and each gets its own answer', async () => {
    const h = await upLink({ link: { pendingMax: 3_000 } });
    h.ami.on('Getvar', ({ ActionID, Variable }, s) => s.send({ Response: 'Success', ActionID, Value: Variable }));
    const answers = await Promise.all(
      Array.from({ length: 3_000 }, (_, n) => h.link.action({ Action: 'Getvar', Variable: `V${String(n)}` })),
    );
    assert.equal(new Set(h.ami.received('Getvar').map((action) => action['ActionID'])).size, 3_000);
    assert.ok(answers.every(({ response }, n) => response.get('value') === `V${String(n)}`));
  });

  it('M7: CR, LF or null in a value reject the action and nothing is written', async () => {
    const h = await upLink();
    const before = h.ami.actions.length;
    for (const Channel of ['x\r\nAction: Command\r\nCommand: core stop now', 'x\n', 'x\0', null]) {
      await assert.rejects(h.link.action({ Action: 'Hangup', Channel } as AmiFields), { code: 'TDM_BAD_VALUE' });
    }
    await h.link.action({ Action: 'Ping' });
    assert.deepEqual(
      h.ami.actions.slice(before).map((action) => action['Action']),
      ['Ping'],
    );
  });

  it('AMI: variables travel one per line, escaped, and the caller’s object is left alone', async () => {
    const h = await upLink();
    replay(h, '34-originate-errors.txt', 'Originate');
    const leg = Object.freeze({ Channel: 'Local/1@x', Timeout: 1_000, Application: 'Wait', Variable: Object.freeze({ A: 'x, y', B: 2 }) });
    await h.link.originate(leg);
    assert.equal(h.ami.received('Originate')[0]?.['Variable'], 'A=x\\, y\nB=2');
  });
});

describe('manager actions: originate', () => {
  const leg = { Channel: 'PJSIP/1011', Context: 'click', Exten: '1012', Priority: 1, Timeout: 3_000 };

  it('AMI: Originate async success: the OriginateResponse of our ActionID is the result', async () => {
    const h = await upLink();
    replay(h, '30-click-to-call.txt', 'Originate');
    const result = await h.link.originate({ ...leg, ChannelId: 'c2c-0001' });
    assert.deepEqual([result.answered, result.reason], [true, 4]);
    assert.equal(h.ami.received('Originate')[0]?.['Async'], 'true');
    assert.ok(
      h.events.some((event) => event.event === 'OriginateResponse'),
      'listeners hear it too',
    );
  });

  for (const [transcript, reason, what] of [
    ['31-click-to-call-agent-no-answer.txt', 3, 'time over'],
    ['32-click-to-call-agent-busy.txt', 0, 'SIP 486'],
    ['34-originate-errors.txt', 0, 'unknown endpoint'],
  ] as const) {
    it(`AMI: Originate async failure: ${what} is a result, not an error`, async () => {
      const h = await upLink();
      replay(h, transcript, 'Originate');
      const result = await h.link.originate(leg);
      assert.deepEqual([result.answered, result.reason], [false, reason]);
      if (what === 'unknown endpoint') assert.equal(result.uniqueId, undefined);
    });
  }

  it('AMI: an Originate that Asterisk does not even try rejects', async () => {
    const h = await upLink();
    replay(h, '34-originate-errors.txt', 'Originate', 2);
    await assert.rejects(h.link.originate(leg), { code: 'TDM_SWITCH_REFUSED', message: /Extension does not exist/ });
  });

  it('AMI: the result may overtake the response, and another’s result is not ours', async () => {
    const h = await upLink();
    h.ami.on('Originate', ({ ActionID }, s) => {
      s.send({ Event: 'OriginateResponse', ActionID: 'other', Response: 'Success', Reason: '4' });
      s.send({ Event: 'OriginateResponse', ActionID, Response: 'Failure', Reason: '5' });
      s.send({ Response: 'Success', ActionID, Message: 'Originate successfully queued' });
    });
    const result = await h.link.originate(leg);
    assert.deepEqual([result.answered, result.reason], [false, 5]);
  });

  it('AMI: without a result in ringing time plus grace it rejects; the outcome is unknown', async () => {
    const timers = createHandTimers();
    const h = await upLink({ deps: { timers } });
    h.ami.on('Originate', ({ ActionID }, s) => s.send({ Response: 'Success', ActionID }));
    const result = h.link.originate(leg);
    await h.ami.seen('Originate');
    timers.advance(8_000);
    await assert.rejects(result, { code: 'TDM_SWITCH_SLOW' });
  });
});

describe('manager actions: when the answer does not come', () => {
  it('M4: an action while the link is down rejects at once', async () => {
    const h = await createAmiHarness();
    open.push(h);
    await assert.rejects(h.link.action({ Action: 'Ping' }), { code: 'TDM_SWITCH_DOWN', message: /not started/ });
    assert.equal(h.ami.actions.length, 0);
  });

  it('M4: while the lists are read too, since nothing may work on an old picture', async () => {
    const h = await createAmiHarness();
    open.push(h);
    h.ami.on('CoreShowChannels', () => undefined);
    h.link.start();
    await h.ami.seen('CoreShowChannels');
    await assert.rejects(h.link.action({ Action: 'Ping' }), { code: 'TDM_SWITCH_DOWN', message: /reading the live channels/ });
  });

  it('M5: pending actions reject when the connection closes', async () => {
    const h = await upLink();
    h.ami.on('Silent', () => undefined);
    const pending = [1, 2, 3].map(() => h.link.action({ Action: 'Silent' }));
    await h.ami.seen('Silent', 3);
    assert.equal(h.link.status().pending, 3);
    const down = nextState(h.link, 'down');
    session(h).reset();
    for (const action of pending) await assert.rejects(action, { code: 'TDM_SWITCH_DOWN' });
    await down;
    assert.equal(h.link.status().pending, 0);
  });

  it('M5: a time-out rejects and removes the listener; the late answer does no harm', async () => {
    const timers = createHandTimers();
    const managers: ReturnType<typeof AMI>[] = [];
    const createManager: typeof AMI = (...args) => {
      const manager = AMI(...args);
      managers.push(manager);
      return manager;
    };
    const h = await upLink({ deps: { timers, createManager } });
    h.ami.on('Silent', () => undefined);
    const pending = h.link.action({ Action: 'Silent' }, { timeoutMs: 400 });
    const { ActionID = '' } = await h.ami.seen('Silent');
    assert.equal(managers[0]?.listeners(ActionID).length, 1);
    timers.advance(400);
    await assert.rejects(pending, { code: 'TDM_SWITCH_SLOW', message: 'Switch "alpha" did not answer "Silent" within 400 ms' });
    assert.equal(managers[0].listeners(ActionID).length, 0);
    session(h).send({ Response: 'Error', ActionID, Message: 'too late' });
    await h.link.action({ Action: 'Ping' });
  });

  it('M5: beyond the limit of waiting actions the next is refused', async () => {
    const h = await upLink({ link: { pendingMax: 2 } });
    h.ami.on('Silent', () => undefined);
    const pending = [1, 2].map(() => h.link.action({ Action: 'Silent' }).catch(() => 'down'));
    await assert.rejects(h.link.action({ Action: 'Silent' }), { code: 'TDM_BUSY' });
    session(h).reset();
    assert.deepEqual(await Promise.all(pending), ['down', 'down']);
  });

  it('AMI: each outcome is counted', async () => {
    const h = await upLink();
    await h.link.action({ Action: 'Ping' });
    await h.link.action({ Action: 'Nope' }).catch(() => undefined);
    const outcomes = h.meter.count.args
      .filter((args) => args[0] === 'tandem_ami_actions_total')
      .map((args) => (args[1] as { outcome: string }).outcome);
    assert.deepEqual(outcomes, ['ok', 'TDM_SWITCH_REFUSED']);
  });
});
