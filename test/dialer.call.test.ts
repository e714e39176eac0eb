/** What an answered call of a campaign does: an agent within the grace, else the message with its opt-out key (dialer.md B2, B4). */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { ArrivalPlan } from '../core/dialer/engine-words.js';
import { TandemError } from '../core/errors.js';
import { arrivalMsMax, createDialerCall, keyWaitMs, messageLeadMs, verdictOf } from '../core/services/dialer-call.js';
import type { DialerQueueOutcome, DialerQueueWish } from '../core/services/dialer-queue.js';
import { callStub, type CallStub } from './support/call-stub.js';
import { createHandTimers, type HandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog, type RecordingMeter } from './support/observers.js';

type QueuePlan = Extract<ArrivalPlan, { kind: 'queue' }>;
const id = '1795289098.367';

describe('dialer_call', () => {
  const sandbox = sinon.createSandbox();
  let timers: HandTimers;
  let meter: RecordingMeter;
  let call: CallStub;
  let plan: ArrivalPlan | undefined;
  let outcome: DialerQueueOutcome;
  let wishes: DialerQueueWish[];
  /** everything that was told and done, in order */
  let story: string[];
  let store: () => Promise<void>;

  const message = { audio: 'custom/harbour', optOutDigits: '1', optOutPrompt: '', maxMs: 15_000 };
  const queuePlan = (overrides: Partial<QueuePlan> = {}): QueuePlan => ({
    kind: 'queue',
    queue: 'sales',
    maxWaitMs: 1_900,
    reservation: undefined,
    message,
    name: 'Jane Doe',
    variables: { dialer_campaign: 'spring', bad: 'a\nb' },
    ...overrides,
  });

  function prepare(args: readonly string[] = [], signal?: AbortSignal): void {
    call = callStub(sandbox, { args, ...(signal && { signal }) });
    call.setVariable.callsFake((name, value) => Promise.resolve(void story.push(`${name}=${value}`)));
    call.play.callsFake((file) => {
      story.push(`play ${file}`);
      timers.advance(4_000);
      return Promise.resolve({ digit: '', missing: false });
    });
    call.hangup.callsFake(() => Promise.resolve(void story.push('hang up')));
    call.getVariable.withArgs('customer_number').resolves('4915112345');
  }

  const run = async (): Promise<void> => {
    const application = createDialerCall({
      door: {
        arrived: (callId, amd) => {
          story.push(`arrived ${callId} ${String(amd)}`);
          return Promise.resolve(plan);
        },
        waitedOut: (_, reason) => void story.push(`waited out: ${reason}`),
        messagePlayed: (_, ms) => void story.push(`played ${ms}`),
        optedOut: () => store(),
      },
      queue: {
        enter: (_, wish) => {
          wishes.push(wish);
          return Promise.resolve(outcome);
        },
      },
      endAfter: (_, ms) => Promise.resolve(void story.push(`end after ${ms}`)),
      after: (delayMs, work) => timers.after(delayMs, work),
      nowMs: () => timers.nowMs(),
      log: silentLog,
      meter,
    });
    await application(call);
  };
  const result = () => meter.counted('tandem_dialer_arrivals_total').map((labels) => labels['result']);

  beforeEach(() => {
    timers = createHandTimers();
    meter = recordingMeter();
    plan = queuePlan();
    outcome = { kind: 'waited-out', reason: 'timeout' };
    wishes = [];
    story = [];
    store = () => Promise.resolve(void story.push('opted out'));
    prepare();
  });
  afterEach(() => sandbox.restore());

  it('E10 B44: an agent takes it: the queue knows the customer, and nothing more is asked of the channel', async () => {
    plan = queuePlan({ reservation: 'r-7', priority: 3 });
    outcome = { kind: 'connected', agent: 'ann' };
    await run();
    const variables = { dialer_campaign: 'spring' };
    const maxWaitMs = 1_900 - messageLeadMs;
    const wish = { queue: 'sales', maxWaitMs, reservation: 'r-7', priority: 3, number: '4915112345', name: 'Jane Doe', variables };
    assert.deepEqual(wishes, [wish]);
    assert.deepEqual(story, [`arrived ${id} undefined`, 'dialer_campaign=spring']);
    assert.deepEqual(result(), ['answered']);
  });

  it('E15: the dialer is told the call’s id, whatever end its channel’s has', async () => {
    call = { ...call, uniqueId: 'call-1~' };
    await run();
    assert.equal(story[0], 'arrived call-1 undefined');
  });

  it('E10: the customer’s number is the plan’s, else the channel’s', async () => {
    plan = queuePlan({ number: '0301' });
    await run();
    plan = queuePlan();
    await run();
    assert.deepEqual(
      wishes.map(({ number }) => number),
      ['0301', '4915112345'],
    );
  });

  it('B43: without a message the whole time is the queue’s, and there is always some', async () => {
    plan = queuePlan({ message: undefined });
    await run();
    plan = queuePlan({ maxWaitMs: 3 });
    await run();
    assert.deepEqual(
      wishes.map(({ maxWaitMs }) => maxWaitMs),
      [1_900, 1],
    );
    assert.deepEqual(result(), ['hang-up', 'message']);
  });

  it('B44: nobody within the grace: it is told, the message is played with its key, the switch has a limit, and the call is hung up', async () => {
    await run();
    assert.deepEqual(story.slice(2), [
      'waited out: timeout',
      'TANDEM_RESULT=playing',
      `end after ${15_000 + keyWaitMs + 1_000}`,
      'play custom/harbour',
      'played 4000',
      'TANDEM_REASON=timeout',
      'TANDEM_RESULT=message',
      'hang up',
    ]);
    assert.deepEqual(call.play.firstCall.args, ['custom/harbour', '1']);
    assert.deepEqual(call.waitForDigit.firstCall.args, [keyWaitMs]);
  });

  it('B44: the key in the message: on the list before anything else, then hung up', async () => {
    call.play.resolves({ digit: '1', missing: false });
    await run();
    const at = (what: string) => story.indexOf(what);
    assert.ok(at('opted out') > 0 && at('opted out') < at('hang up'));
    assert.deepEqual(result(), ['opted-out']);
    assert.equal(call.waitForDigit.callCount, 0);
  });

  it('B44: an opt-out that cannot be stored is no opt-out: logged, and the call is over', async () => {
    call.play.resolves({ digit: '1', missing: false });
    store = () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['away']));
    await run();
    assert.deepEqual(result(), ['message']);
    assert.ok(story.includes('hang up'));
  });

  it('B44: the key after the message and its prompt; other keys are not it', async () => {
    plan = queuePlan({ message: { ...message, optOutPrompt: 'custom/press-1', optOutDigits: '19' } });
    call.waitForDigit.onCall(0).resolves('4').onCall(1).resolves('9');
    await run();
    assert.deepEqual(
      call.play.args.map(([file]) => file),
      ['custom/harbour', 'custom/press-1'],
    );
    assert.ok(story.includes('opted out') && story.includes('played 8000'));
  });

  it('B44: whoever presses wrong keys without end is not listened to for ever', async () => {
    call.waitForDigit.resolves('4');
    await run();
    assert.equal(call.waitForDigit.callCount, 20);
    assert.deepEqual(result(), ['message']);
  });

  it('B44: he hangs up in the message: what he heard is told, and nothing is said to a dead channel', async () => {
    call.play.callsFake(() => {
      timers.advance(1_234);
      return Promise.reject(new TandemError('TDM_CALL_GONE', ['hung up']));
    });
    await run();
    assert.ok(story.includes('played 1234'));
    assert.deepEqual(result(), ['left']);
    assert.ok(!story.includes('hang up'));
  });

  it('B44: no more than the message’s longest time is told', async () => {
    call.play.callsFake(() => {
      timers.advance(20_000);
      return Promise.reject(new TandemError('TDM_CALL_GONE', ['cut']));
    });
    await run();
    assert.ok(story.includes('played 15000'));
  });

  it('B44: a sound that is missing is counted, and the call ends all the same', async () => {
    call.play.resolves({ digit: '', missing: true });
    plan = queuePlan({ message: { ...message, optOutDigits: '' } });
    await run();
    assert.equal(meter.counted('tandem_dialer_sounds_missing_total').length, 1);
    assert.ok(story.includes('played 0') && story.includes('hang up'));
  });

  it('E63: he hangs up while he waits: nothing is told and nothing played', async () => {
    outcome = { kind: 'left' };
    await run();
    assert.deepEqual(story.slice(1), ['dialer_campaign=spring']);
    assert.deepEqual(result(), ['left']);
  });

  it('B37: a machine hears its message and is hung up', async () => {
    plan = { kind: 'message', audio: 'custom/machine', maxMs: 30_000 };
    prepare(['MACHINE']);
    await run();
    assert.deepEqual(story, [
      `arrived ${id} MACHINE`,
      'TANDEM_RESULT=playing',
      'end after 31000',
      'play custom/machine',
      'played 4000',
      'TANDEM_REASON=',
      'TANDEM_RESULT=machine',
      'hang up',
    ]);
  });

  it('B37: hung up at once where the plan says so', async () => {
    plan = { kind: 'hang-up', reason: 'machine' };
    await run();
    assert.deepEqual(story.slice(1), ['TANDEM_REASON=machine', 'TANDEM_RESULT=hang-up', 'hang up']);
  });

  it('B37: what the switches say of machines', () => {
    const words = ['HUMAN', 'machine', ' NOTSURE ', 'unsure', 'HANGUP', 'FAX', '', undefined, 'ivr_transfer', '-'];
    const verdicts = ['HUMAN', 'MACHINE', 'NOTSURE', 'NOTSURE', 'HANGUP', 'FAX', undefined, undefined, undefined, undefined];
    assert.deepEqual(words.map(verdictOf), verdicts);
  });

  it('B44: a call of nobody’s: the dialplan is told to ask the other Tandem, and goes on', async () => {
    plan = undefined;
    await run();
    assert.deepEqual(story.slice(1), ['TANDEM_REASON=TDM_STANDBY', 'TANDEM_RESULT=error']);
  });

  it('B44: a dialer that does not answer costs a second, not the call', async () => {
    plan = undefined;
    const application = createDialerCall({
      door: { arrived: () => new Promise(() => undefined), waitedOut: sinon.stub(), messagePlayed: sinon.stub(), optedOut: sinon.stub() },
      queue: { enter: sinon.stub() },
      endAfter: () => Promise.resolve(),
      after: (delayMs, work) => timers.after(delayMs, work),
      nowMs: () => timers.nowMs(),
      log: silentLog,
      meter,
    });
    const done = application(call);
    timers.advance(arrivalMsMax);
    await done;
    assert.deepEqual(story, ['TANDEM_REASON=TDM_DEADLINE', 'TANDEM_RESULT=error']);
  });

  it('never rejects, whatever fails', async () => {
    for (const name of ['setVariable', 'play', 'hangup'] as const) {
      prepare();
      call[name].rejects(new Error('broken'));
      await run();
    }
    assert.deepEqual(result(), ['error', 'error', 'message']);
    prepare();
    call.hangup.rejects(new TandemError('TDM_SWITCH_REFUSED', ['hangup', 'no']));
    await run();
  });
});
