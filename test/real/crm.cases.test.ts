/** The cases of crm-vtiger 10 as calls on a real Asterisk: what each edition of vTiger has of them afterwards. */
import assert from 'node:assert/strict';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { hearsOther, startCasesBed, type CasesBed, type Edition, type Row } from './crm-cases-bed.js';

const customer = '1010';
const far = '+4930555001';
const editions: readonly Edition[] = ['vtiger', 'vtiger-sp'];
const bothHave = (...rows: readonly Row[]): Readonly<Record<Edition, readonly Row[]>> => ({ vtiger: rows, 'vtiger-sp': rows });
/** Stock has one row a call, the last agent's; SalesPlatform one for each agent. */
const wentFromTo = (from: string, to: string): Readonly<Record<Edition, readonly Row[]>> => {
  const rowOf = (user: string): Row => ['inbound', user, customer, 'completed'];
  return { vtiger: [rowOf(to)], 'vtiger-sp': [rowOf(from), rowOf(to)] };
};
/** Stock leaves the user empty, SalesPlatform cannot. */
const missedBy = (user: string): Readonly<Record<Edition, readonly Row[]>> => ({
  vtiger: [['inbound', '', customer, 'no-answer']],
  'vtiger-sp': [['inbound', user, customer, 'no-answer']],
});
const talkOf = (user: string): readonly string[] => [`DialBegin ${user}`, `DialAnswer ${user}`];
const endOf = (user: string, how = 'Normal Clearing'): readonly string[] => [`Hangup ${user} ${how}`, `EndCall ${user}`];
/** In order for each agent: whether the old one's telephone is done before the new one's rings is a matter of milliseconds. */
const byAgent = (messages: readonly string[]): readonly string[] =>
  [...messages].sort((a, b) => (a.split(' ')[1] ?? '').localeCompare(b.split(' ')[1] ?? ''));
const onlyRings = (call: SipCall): void => call.ring();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('real: the cases of the CRM', function () {
  this.timeout(30_000);
  let bed: CasesBed;
  const uriOf = (extension: string): string => `sip:${extension}@127.0.0.1:${String(bed.asterisk.ports.sip)}`;

  /** The messages in their order: what the rows do not show, as one that a later one made good. */
  const assertTold = (stock: readonly string[], sales: readonly string[]): void => {
    assert.deepEqual(bed.told('vtiger'), stock);
    assert.deepEqual(byAgent(bed.told('vtiger-sp')), byAgent(sales));
  };

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startCasesBed();
  });
  after(async () => {
    await (bed as CasesBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  describe('nobody talked', () => {
    it('P7 P8 P12: a caller who gives up while the telephone rings was missed by who was rung', async () => {
      bed.phone(11).onCall = onlyRings;
      const rings = bed.phone(11).nextCall();
      const call = await bed.phone(10).call('200');
      await rings;
      await new Promise((resolve) => call.once('ringing', resolve));
      call.hangup();
      const rows = await bed.rows(missedBy('1011'));
      for (const edition of editions) assert.equal(rows[edition][0]?.billed, '0');
      assertTold(['StartApp', 'Hangup NO ANSWER', 'EndCall'], ['DialBegin 1011', ...endOf('1011', 'NO ANSWER')]);
    });

    it('P12: a telephone that is rung until the time is over is a missed call', async () => {
      bed.phone(11).onCall = onlyRings;
      await bed.phone(10).call('201');
      await bed.rows(missedBy('1011'));
    });

    it('P12: a caller who leaves a queue of Asterisk before anybody is rung is missed by the owner of such calls', async () => {
      const call = await bed.phone(10).call('400');
      await call.answered;
      await hearsOther(call);
      call.hangup();
      const rows = await bed.rows(missedBy('1013'));
      assert.equal(rows['vtiger-sp'][0]?.line, 'empty');
    });
  });

  it('P7 P8: a caller of a queue of Asterisk has talked with its agent, and the row names the queue', async () => {
    const { caller } = await bed.talk(10, 'support', 11);
    await pause(1_000);
    caller.hangup();
    const rows = await bed.rows(bothHave(['inbound', '1011', customer, 'completed']));
    assert.equal(rows['vtiger-sp'][0]?.line, 'support');
    for (const edition of editions) assert.ok(Number(rows[edition][0]?.billed) >= 1, JSON.stringify(rows));
  });

  describe('the customer goes to a colleague', () => {
    const handedOver = ['StartApp', 'DialAnswer 1011', 'DialAnswer 1012', 'Hangup Normal Clearing', 'EndCall'];
    const assertHandedOver = (): void => assertTold(handedOver, [...talkOf('1011'), ...endOf('1011'), ...talkOf('1012'), ...endOf('1012')]);
    const assertKept = (): void =>
      assertTold(['StartApp', 'DialAnswer 1011', 'Hangup Normal Clearing', 'EndCall'], [...talkOf('1011'), ...endOf('1011')]);

    it('P10 CRM-9: blind by the keys of the telephone', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      await callee.media.keys('##1012');
      await bed.reaches('1012', 'in-progress');
      caller.hangup();
      const rows = await bed.rows(wentFromTo('1011', '1012'));
      assert.ok(Number(rows['vtiger-sp'][0]?.billed) >= 1, 'the time of who gave him away is kept');
      assertHandedOver();
    });

    it('P10 CRM-9: attended by the keys of the telephone', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      const rings = bed.phone(12).nextCall();
      await pause(1_200); // a whole second of talk before the customer hears music
      await callee.media.keys('*21012');
      const atColleague = await rings;
      await atColleague.answered;
      await hearsOther(atColleague);
      callee.hangup();
      await bed.reaches('1012', 'in-progress');
      caller.hangup();
      const rows = await bed.rows(wentFromTo('1011', '1012'));
      assert.ok(Number(rows['vtiger-sp'][0]?.billed) >= 1, 'the time of who gave him away is kept');
      const [first, second] = rows['vtiger-sp'];
      assert.ok(Number(second?.duration) < Number(first?.duration), 'the colleague has the call since he was asked, not from its begin');
      assertTold(handedOver, [...talkOf('1011'), ...talkOf('1012'), ...endOf('1011'), ...endOf('1012')]);
    });

    it('P10 CRM-9: attended by keys, and the colleague declines: the agent has the customer as before', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      const declined = new Promise<void>((resolve) => {
        bed.phone(12).onCall = (call) => {
          call.reject();
          resolve();
        };
      });
      await callee.media.keys('*21012');
      await declined;
      await pause(300);
      assert.equal(callee.state, 'up');
      caller.hangup();
      await bed.rows(bothHave(['inbound', '1011', customer, 'completed']));
      assertKept();
    });

    it('P10 CRM-9: attended by keys, and the agent hangs up while the colleague still rings', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      bed.phone(12).onCall = onlyRings;
      const rings = bed.phone(12).nextCall();
      await callee.media.keys('*21012');
      const atColleague = await rings;
      await pause(200);
      callee.hangup();
      await pause(400);
      await atColleague.answer();
      await bed.reaches('1012', 'in-progress');
      caller.hangup();
      await bed.rows(wentFromTo('1011', '1012'));
      assertHandedOver();
    });

    it('P10 B28 CRM-9: by REFER to a colleague who still rings', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      callee.hold();
      bed.phone(12).onCall = onlyRings;
      const rings = bed.phone(12).nextCall();
      const asks = await bed.phone(11).call('1012');
      const atColleague = await rings;
      await pause(200);
      callee.referReplaces(asks);
      await pause(400);
      await atColleague.answer();
      await bed.reaches('1012', 'in-progress');
      caller.hangup();
      await bed.rows(wentFromTo('1011', '1012'));
      assertHandedOver();
    });

    it('P10 CRM-9: blind to a colleague who declines: the call was answered, and the colleague did not take it', async () => {
      const { callee } = await bed.talk(10, '200', 11);
      bed.phone(12).onCall = (call) => call.reject();
      callee.refer(uriOf('1012'));
      const rows = (to: Row[]): readonly Row[] => [['inbound', '1011', customer, 'completed'], ...to];
      await bed.rows({ vtiger: rows([]), 'vtiger-sp': rows([['inbound', '1012', customer, 'busy']]) });
      assertTold(
        ['StartApp', 'DialAnswer 1011', 'Hangup Normal Clearing', 'EndCall'],
        [...talkOf('1011'), ...endOf('1011'), 'DialBegin 1012', ...endOf('1012', 'User busy')],
      );
    });

    it('P10 CRM-9: the customer of an outgoing call, blind by the keys of the telephone', async () => {
      const { caller, callee } = await bed.talk(11, far, 19);
      await caller.media.keys('##1012');
      await bed.reaches('1012', 'in-progress');
      callee.hangup();
      const rowOf = (user: string): Row => ['outbound', user, far, 'completed'];
      await bed.rows({ vtiger: [rowOf('1012')], 'vtiger-sp': [rowOf('1011'), rowOf('1012')] });
      assertTold(
        ['StartApp 1011', 'DialAnswer 1011', 'DialAnswer 1012', 'Hangup Normal Clearing', 'EndCall'],
        [...talkOf('1011'), ...endOf('1011'), ...talkOf('1012'), ...endOf('1012')],
      );
    });

    it('P10 CRM-9: a customer who talks is redirected by a manager action', async () => {
      const { caller } = await bed.talk(10, '200', 11);
      const channel = (await bed.asterisk.channels()).find((name) => name.startsWith('PJSIP/1010')) ?? '';
      await bed.link.action({ Action: 'Redirect', Channel: channel, Context: 'from-phones', Exten: '1012', Priority: '1' });
      await bed.reaches('1012', 'in-progress');
      caller.hangup();
      await bed.rows(wentFromTo('1011', '1012'));
      assertHandedOver();
    });

    it('P10 B28 CRM-9: blind by REFER of the telephone', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      callee.refer(uriOf('1012'));
      await bed.reaches('1012', 'in-progress');
      caller.hangup();
      await bed.rows(wentFromTo('1011', '1012'));
      assertHandedOver();
    });

    it('P10 B28 CRM-9: attended by REFER: two calls of the telephone become one of the customer', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      callee.hold();
      const { caller: asks } = await bed.talk(11, '1012', 12);
      callee.referReplaces(asks);
      await bed.reaches('1012', 'in-progress');
      caller.hangup();
      await bed.rows(wentFromTo('1011', '1012'));
      assertTold(handedOver, [...talkOf('1011'), ...talkOf('1012'), ...endOf('1011'), ...endOf('1012')]);
    });

    it('P10 CRM-9: by REFER to a place that is not there: the agent had him', async () => {
      const { caller, callee } = await bed.talk(10, '200', 11);
      callee.refer(uriOf('99999'));
      await pause(500);
      caller.hangup();
      await bed.rows(bothHave(['inbound', '1011', customer, 'completed']));
      assertKept();
    });

    it('P7 P8 CRM-9: somebody who waits is redirected by a manager action to a telephone', async () => {
      const call = await bed.phone(10).call('300');
      await call.answered;
      const [channel = ''] = await bed.asterisk.channels();
      await bed.link.action({ Action: 'Redirect', Channel: channel, Context: 'from-phones', Exten: '1012', Priority: '1' });
      await bed.reaches('1012', 'in-progress');
      call.hangup();
      await bed.rows(bothHave(['inbound', '1012', customer, 'completed']));
    });

    it('P11 CRM-9: FollowMe as FreePBX has it: telephone and mobile ring together, and he answers on the mobile', async () => {
      bed.phone(11).onCall = onlyRings;
      const { caller } = await bed.talk(10, '502', 19);
      await bed.reaches('1011', 'in-progress');
      caller.hangup();
      await bed.rows(bothHave(['inbound', '1011', customer, 'completed']));
      const answered = ['StartApp', 'DialAnswer 1011', 'Hangup Normal Clearing', 'EndCall'];
      assertTold(answered, ['DialBegin 1011', ...talkOf('1011'), ...endOf('1011')]);
    });

    for (const [how, place] of [
      ['a Local channel', '500'],
      ['the application FollowMe', '501'],
    ] as const)
      it(`P11 CRM-9: FollowMe by ${how}: his telephone is silent, he answers on his mobile; the call is his`, async () => {
        bed.phone(11).onCall = onlyRings;
        const { caller } = await bed.talk(10, place, 19);
        await bed.reaches('1011', 'in-progress');
        caller.hangup();
        await bed.rows(bothHave(['inbound', '1011', customer, 'completed']));
        // whether his telephone is done before the mobile is dialled is a matter of milliseconds
        assert.deepEqual(bed.told('vtiger-sp').slice(-3), ['DialAnswer 1011', ...endOf('1011')]);
      });
  });

  describe('the telephone calls', () => {
    it('P7 P8: outside, and the customer answers', async () => {
      const { callee } = await bed.talk(11, far, 19);
      await bed.reaches('1011', 'in-progress');
      callee.hangup();
      await bed.rows(bothHave(['outbound', '1011', far, 'completed']));
    });

    for (const [what, code, reason, status] of [
      ['busy', 486, 'Busy Here', 'busy'],
      ['congested', 503, 'Service Unavailable', 'failed'],
    ] as const)
      it(`P8: outside, and the line is ${what}`, async () => {
        bed.phone(19).onCall = (call) => call.reject(code, reason);
        await bed.phone(11).call(far);
        await bed.rows(bothHave(['outbound', '1011', far, status]));
      });

    it('P7 P8: a colleague: only a CRM that wants internal calls hears of it, and as the caller’s', async () => {
      const { caller } = await bed.talk(11, '1012', 12);
      caller.hangup();
      await bed.rows(bothHave(['outbound', '1011', '1012', 'completed']), true);
      await bed.rows(bothHave());
    });
  });

  describe('a click', () => {
    it('P18 P19: the user does not answer: nobody was called, and there is no row', async () => {
      bed.phone(11).onCall = onlyRings;
      bed.phone(19).onCall = () => assert.fail('the customer is called without the user');
      const rings = bed.phone(11).nextCall();
      assert.equal(await bed.click('1011', far), 'Success\n');
      assert.equal(await (await rings).ended, 'cancelled');
      await pause(700); // longer than the grace of a call's end
      await bed.rows(bothHave());
    });

    for (const [what, code, word, status] of [
      ['is busy', 486, 'User busy', 'busy'],
      ['has no such number', 404, 'failed', 'failed'],
      ['rejects the call', 603, 'Call Rejected', 'busy'],
      ['is behind a congested line', 503, 'failed', 'failed'],
    ] as const)
      it(`P18 P19: the customer ${what}: one row, begun when he was called`, async () => {
        bed.phone(19).onCall = (call) => call.reject(code, what);
        // another number each time: one that is clicked again within seconds is a double click
        const number = `+4930555${String(code)}`;
        assert.equal(await bed.click('1011', number), 'Success\n');
        await bed.rows(bothHave(['outbound', '1011', number, status]));
        assertTold(['StartApp 1011', `Hangup ${word}`, 'EndCall'], ['DialBegin 1011', ...endOf('1011', word)]);
      });
  });
});
