/** The lookup-and-insert use case: exits, order, idempotency, limits (vicidial-ccc 4.2 to 4.6, 5.3, 9). */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { TandemError } from '../core/errors.js';
import { createLookupInsert } from '../core/services/lookup-insert.js';
import type { LookupInsertRequest, LookupInsertResult, LookupInsertSettings } from '../core/services/lookup-insert.js';
import { stockLine } from './support/fake-origin.js';
import { lookupWorld, profileContainer, stockContainer } from './support/lookup-world.js';
import type { LookupWorld } from './support/lookup-world.js';

const name = 'V1211903090001000123';

function request(given: Partial<LookupInsertRequest> = {}): LookupInsertRequest {
  return {
    callerIdName: name,
    otherNames: () => Promise.resolve([]),
    callerIdNumber: '0301234567',
    containerId: 'ccc_test',
    listId: undefined,
    uniqueId: '1795289098.367',
    channel: 'IAX2/alpha-1234',
    signal: new AbortController().signal,
    ...given,
  };
}
const run = (world: LookupWorld, given: Partial<LookupInsertRequest> = {}, settings: Partial<LookupInsertSettings> = {}) =>
  createLookupInsert(world, settings)(request(given));
const short = (result: LookupInsertResult) => `${result.exit} ${result.reason}`;
const slow = () => Promise.reject(new TandemError('TDM_REMOTE_SLOW', ['alpha', 5000]));

describe('lookup and insert: exits', () => {
  it('V13 V22 V23 V24: found lead goes into the local list, the caller gets our code and the lead’s number, exit A', async () => {
    const world = lookupWorld();
    const result = await run(world, { listId: '8199' });
    assert.deepEqual(result, {
      exit: 'A',
      reason: 'found',
      leadId: 5_000_001,
      remoteLeadId: 1_000_123,
      callerIdName: 'Y1211903090005000001',
      callerIdNumber: '9998887112',
      repeated: false,
    });
    const [record] = world.inserted;
    assert.equal(record?.lead.list_id, '8199');
    assert.equal(record.entryListId, '501');
    assert.equal(record.remoteCode, name);
    assert.equal(record.peerId, 'ccc_test');
    assert.equal(record.lead.first_name, 'Billy');
  });

  it('V13: without a list of ours the origin’s list stays and entry_list_id is left alone', async () => {
    const world = lookupWorld();
    await run(world);
    assert.equal(world.inserted[0]?.lead.list_id, '501');
    assert.equal(world.inserted[0].entryListId, undefined);
    const other = lookupWorld();
    await run(other, { listId: '8199' }, { keepEntryListId: false });
    assert.equal(other.inserted[0]?.entryListId, undefined);
  });

  it('4.2: the URL log is written before the insert, and both before the exit', async () => {
    const world = lookupWorld();
    await run(world);
    assert.deepEqual(world.steps, ['find', 'ask', 'url-log', 'insert']);
  });

  for (const [callerIdName, reason] of [
    ['', 'D code-empty'],
    ['Anna Customer', 'D code-no-code'],
    ['S1211903090000000001', 'D code-no-code'],
    ['LPvdcW1211903090001', 'D code-no-code'],
    ['V121190309000100012', 'D code-no-code'],
    ['v1211903090001000123', 'D code-no-code'],
    ['V1211903090000000000', 'D code-lead-id-zero'],
    ['V1211903094294967296', 'D code-lead-id-too-large'],
    ['DC287000Wagent00123W', 'D code-lead-id-not-decimal'],
    ['DC287000W0001000123X', 'D code-no-code'],
  ] as const) {
    it(`V28: name "${callerIdName}" is ${reason}, before anything else is done`, async () => {
      const world = lookupWorld();
      const beforeLookup = sinon.spy(() => Promise.resolve());
      assert.equal(short(await run(world, { callerIdName, containerId: undefined, beforeLookup })), reason);
      assert.deepEqual(world.steps, []);
      sinon.assert.notCalled(beforeLookup);
    });
  }

  for (const code of [
    'V1211903090001000123',
    'M1211903090001000123',
    'Y1211903090001000123',
    'J1211903090001000123',
    'DC287000W0001000123W',
  ]) {
    it(`CODE-1: kind of ${code} is taken`, async () => assert.equal(short(await run(lookupWorld(), { callerIdName: code })), 'A found'));
  }

  it('CODE-2: text behind column 20 is cut; exactly the 20 characters are sent', async () => {
    const world = lookupWorld();
    assert.equal(short(await run(world, { callerIdName: `${name} gs102&user=root;reboot` })), 'A found');
    assert.deepEqual(world.asked[0]?.parameters, { call_id: name });
    assert.equal(world.inserted[0]?.remoteCode, name);
  });

  it('4.1: quotes, backslashes and semicolons in the name are dropped as the reference drops them', async () => {
    const world = lookupWorld();
    assert.equal(short(await run(world, { callerIdName: `V12119'0309;0001\\000123` })), 'A found');
    assert.deepEqual(world.asked[0]?.parameters, { call_id: name });
  });

  it('TRK-3: the code may come from elsewhere; the name has priority if it parses', async () => {
    const world = lookupWorld();
    const otherNames = sinon.spy(() => Promise.resolve(['nonsense', 'M1211903090001000999']));
    await run(world, { otherNames });
    sinon.assert.notCalled(otherNames);
    await run(world, { callerIdName: 'Display Name', otherNames });
    assert.deepEqual(
      world.asked.map((asked) => asked.parameters['call_id']),
      [name, 'M1211903090001000999'],
    );
  });

  for (const [containerId, reason] of [
    [undefined, 'C no-container'],
    ['nosuch', 'C container-unknown'],
    ['x'.repeat(41), 'C container-unknown'],
    ['a\nb', 'C container-unknown'],
  ] as const) {
    it(`V27: container ${String(containerId).slice(0, 10).replace('\n', ' ')} is ${reason}, before any request`, async () => {
      const world = lookupWorld();
      assert.equal(short(await run(world, { containerId })), reason);
      assert.deepEqual(world.asked, []);
      assert.deepEqual(world.urlLogged, []);
    });
  }

  it('V27 4.5: a container with empty or useless text is C, a peer switched off too', async () => {
    const empty = { ...stockContainer(), entry: ' \n' };
    assert.equal(short(await run(lookupWorld([empty]))), 'C container-empty');
    assert.equal(short(await run(lookupWorld([profileContainer({ active: false })]), { containerId: 'alpha' })), 'C peer-inactive');
  });

  it('V26: whatever 4.4 calls not found is B with its reason, and no caller id changes', async () => {
    const world = lookupWorld();
    world.answer = () => Promise.resolve({ status: 200, body: 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n' });
    assert.deepEqual(await run(world), { exit: 'B', reason: 'not-found' });
    assert.deepEqual(world.steps, ['find', 'ask', 'url-log']);
  });

  it('a list id that is none is B before any request', async () => {
    const world = lookupWorld();
    assert.equal(short(await run(world, { listId: '81x9' })), 'B bad-list-id');
    assert.deepEqual(world.asked, []);
  });

  it('AGI-9: only 0-9 + * # of the lead’s number; the incoming number when nothing is left', async () => {
    const world = lookupWorld();
    const body = (phone: string) => ({ status: 200, body: stockLine.replace('9998887112', phone) });
    world.answer = () => Promise.resolve(body('+49 (30) 12"34<5>67\\#*'));
    const first = await run(world);
    assert.ok('callerIdNumber' in first);
    assert.equal(first.callerIdNumber, '+4930123456' + '7#*');
    world.answer = () => Promise.resolve(body('none'));
    const second = await run(world, { uniqueId: '2', callerIdNumber: 'x"<1010>\r\n' });
    assert.ok('callerIdNumber' in second);
    assert.equal(second.callerIdNumber, 'x1010');
  });
});

describe('lookup and insert: caller codes by the clock', () => {
  for (const [local, zone, clock, time] of [
    ['31 January', 'UTC', '2026-01-31T23:59:59Z', '131235959'],
    ['29 February', 'UTC', '2028-02-29T00:00:00Z', '229000000'],
    ['1 October', 'UTC', '2026-10-01T00:00:01Z', '001000001'],
    ['30 November', 'UTC', '2026-11-30T12:34:56Z', '130123456'],
    ['2 September, midnight to come', 'UTC', '2026-09-02T23:59:59Z', '902235959'],
    ['midnight', 'America/New_York', '2026-03-08T05:00:00Z', '308000000'],
    ['the hour before summer time', 'America/New_York', '2026-03-08T06:59:59Z', '308015959'],
    ['the hour after summer time began', 'America/New_York', '2026-03-08T07:00:00Z', '308030000'],
    ['the repeated hour, first', 'America/New_York', '2026-11-01T05:30:00Z', '101013000'],
    ['the repeated hour, second', 'America/New_York', '2026-11-01T06:30:00Z', '101013000'],
  ] as const) {
    it(`CODE-3: ${local} in ${zone}`, async () => {
      const world = Object.assign(lookupWorld(), { zone });
      world.clockMs = Date.parse(clock);
      const result = await run(world);
      assert.ok('callerIdName' in result);
      assert.equal(result.callerIdName, `Y${time}0005000001`);
    });
  }

  it('S10: the code has the time of the start, not of the answer', async () => {
    const world = lookupWorld();
    world.answer = () => {
      world.clockMs += 3_000;
      return Promise.resolve({ status: 200, body: stockLine });
    };
    const result = await run(world);
    assert.ok('callerIdName' in result);
    assert.equal(result.callerIdName, 'Y1211903090005000001');
  });
});

describe('lookup and insert: failures', () => {
  it('AGI-6 W-3 4.5: a failed insert is B and makes no code', async () => {
    for (const [error, reason] of [
      [new TandemError('TDM_STORE_DOWN', ['gone']), 'B insert-failed'],
      [new TandemError('TDM_BAD_VALUE', ['phone', 'x']), 'B insert-refused'],
      [new Error('boom'), 'B insert-failed'],
    ] as const) {
      const world = lookupWorld();
      world.insertFails = error;
      const result = await run(world, {}, { internalErrorExit: 'C' });
      assert.equal(short(result), reason);
      assert.ok(!('callerIdName' in result));
    }
  });

  it('AGI-4: an error of our own takes the configured exit, B by default', async () => {
    const world = lookupWorld();
    world.containers.find = () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['x']));
    assert.equal(short(await run(world)), 'B store-down');
    assert.equal(short(await run(world, {}, { internalErrorExit: 'C' })), 'C store-down');
    world.containers.find = () => Promise.reject(new TypeError('broken'));
    assert.equal(short(await run(world)), 'B internal');
  });

  it('a peer that is slow or dead is B', async () => {
    const world = lookupWorld();
    world.answer = slow;
    assert.equal(short(await run(world)), 'B peer-slow');
    world.answer = () => Promise.reject(new TandemError('TDM_REMOTE_FAILED', ['alpha', 'ECONNREFUSED']));
    assert.equal(short(await run(world)), 'B peer-failed');
    assert.equal(world.urlLogged.at(-1)?.response, 'no answer: peer-failed');
  });

  it('X-31: after 5 failures the next calls take B at once; one probe after 10 s', async () => {
    const world = lookupWorld();
    const lookup = createLookupInsert(world);
    world.answer = slow;
    for (let n = 0; n < 5; n++) assert.equal(short(await lookup(request())), 'B peer-slow');
    assert.equal(short(await lookup(request())), 'B breaker-open');
    assert.equal(world.asked.length, 5);
    assert.equal(world.meter.gauge('tandem_peer_breaker'), 2);
    world.clockMs += 10_000;
    world.answer = () => Promise.resolve({ status: 200, body: stockLine });
    assert.equal(short(await lookup(request())), 'A found');
    assert.equal(world.meter.gauge('tandem_peer_breaker'), 0);
  });

  it('X-31: a full pool of our own is B, and neither opens the breaker nor closes the way for the probe', async () => {
    const world = lookupWorld();
    const lookup = createLookupInsert(world);
    const full = () => Promise.reject(new TandemError('TDM_BUSY', ['connections']));
    world.answer = full;
    for (let n = 0; n < 9; n++) assert.equal(short(await lookup(request())), 'B pool-full');
    world.answer = slow;
    for (let n = 0; n < 5; n++) assert.equal(short(await lookup(request())), 'B peer-slow');
    world.clockMs += 10_000;
    world.answer = full;
    assert.equal(short(await lookup(request())), 'B pool-full');
    world.answer = () => Promise.resolve({ status: 200, body: stockLine });
    assert.equal(short(await lookup(request())), 'A found');
  });

  it('X-31: refusals of a living peer do not open it, broken servers do', async () => {
    const world = lookupWorld();
    const lookup = createLookupInsert(world);
    world.answer = () => Promise.resolve({ status: 200, body: 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n' });
    for (let n = 0; n < 9; n++) assert.equal(short(await lookup(request())), 'B not-found');
    world.answer = () => Promise.resolve({ status: 503, body: 'busy' });
    for (let n = 0; n < 5; n++) assert.equal(short(await lookup(request())), 'B http-status');
    assert.equal(short(await lookup(request())), 'B breaker-open');
  });

  it('X-31: callers who leave are no failures of the peer, and free the probe', async () => {
    const world = lookupWorld();
    const lookup = createLookupInsert(world);
    for (let n = 0; n < 6; n++) {
      const leaving = new AbortController();
      world.answer = () => {
        leaving.abort();
        return Promise.reject(new TandemError('TDM_CALL_GONE', ['x']));
      };
      await assert.rejects(lookup(request({ signal: leaving.signal })), { code: 'TDM_CALL_GONE' });
    }
    world.answer = () => Promise.resolve({ status: 200, body: stockLine });
    assert.equal(short(await lookup(request())), 'A found');
  });
});

describe('lookup and insert: time', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers()));
  afterEach(() => clock.restore());
  const never = <T>() => new Promise<T>(() => undefined);

  it('B9 AGI-3: an origin that never answers costs the deadline and no more, and its request is stopped', async () => {
    const world = lookupWorld();
    let asked: AbortSignal | undefined;
    world.answer = (peerRequest) => {
      asked = peerRequest.signal;
      return never();
    };
    const running = run(world, {}, { requestMsMax: 5_000, graceMs: 50 });
    await clock.tickAsync(5_049);
    assert.equal(asked?.aborted, false);
    await clock.tickAsync(1);
    assert.equal(short(await running), 'B deadline');
    assert.equal(asked.aborted, true);
    assert.equal(clock.countTimers(), 0);
  });

  it('AGI-3: the limits of the profile count, also longer ones', async () => {
    const world = lookupWorld([profileContainer({ connectMsMax: 300, requestMsMax: 7_000 })]);
    world.answer = never;
    const running = run(world, { containerId: 'alpha' });
    await clock.tickAsync(7_049);
    assert.deepEqual([world.asked[0]?.connectMsMax, world.asked[0]?.requestMsMax], [300, 7_000]);
    await clock.tickAsync(1);
    assert.equal(short(await running), 'B deadline');
  });

  it('AGI-4: a database that hangs is B at the deadline; so is one that hangs in the insert', async () => {
    const world = lookupWorld();
    world.containers.find = never;
    const finding = run(world);
    await clock.tickAsync(5_000);
    assert.equal(short(await finding), 'B deadline');
    const other = lookupWorld();
    other.handovers.insert = never;
    const inserting = run(other);
    await clock.tickAsync(5_050);
    assert.equal(short(await inserting), 'B deadline');
  });

  it('the time for the container is taken off the time for the request', async () => {
    const world = lookupWorld();
    const { containers } = lookupWorld();
    world.containers.find = (id) => {
      world.clockMs += 1_500;
      return containers.find(id);
    };
    await run(world);
    assert.equal(world.asked[0]?.requestMsMax, 3_500);
  });

  it('AGI-3: hang-up during the lookup ends it at once, in every step', async () => {
    for (const hang of ['find', 'answer', 'insert'] as const) {
      const world = lookupWorld();
      if (hang === 'find') world.containers.find = never;
      if (hang === 'answer') world.answer = never;
      if (hang === 'insert') world.handovers.insert = never;
      const leaving = new AbortController();
      const running = run(world, { signal: leaving.signal });
      await clock.tickAsync(10);
      leaving.abort();
      await assert.rejects(running, { code: 'TDM_CALL_GONE' });
      assert.equal(clock.countTimers(), 0);
      assert.deepEqual(world.meter.counted('tandem_handovers_total'), [{ exit: 'none', reason: 'caller-gone' }]);
    }
  });
});

describe('lookup and insert: repeats and trunks', () => {
  it('AGI-5 W-15: the same call again gets the same lead, without a second question or row', async () => {
    const world = lookupWorld();
    const lookup = createLookupInsert(world);
    const first = await lookup(request());
    world.answer = () => Promise.resolve({ status: 200, body: 'ERROR: ccc_lead_info CALL NOT FOUND: 6666|\n' }); // answered once only
    const second = await lookup(request());
    assert.deepEqual(second, { ...first, repeated: true });
    assert.equal(world.inserted.length, 1);
    assert.equal(world.asked.length, 1);
  });

  it('AGI-5: after a restart, or on another node, the store gives the first lead again, although the origin is dead', async () => {
    const world = lookupWorld();
    const first = await run(world);
    world.clockMs += 60_000;
    world.answer = () => Promise.reject(new TandemError('TDM_REMOTE_FAILED', ['alpha', 'refused']));
    const lookup = createLookupInsert(world); // its memory is empty
    assert.deepEqual(await lookup(request()), { ...first, repeated: true });
    assert.equal(world.asked.length, 1);
    assert.equal(world.inserted.length, 1);
    world.clockMs += 36_000_000;
    assert.equal(short(await lookup(request())), 'B peer-failed');
  });

  it('AGI-5: while the store cannot say whether the call had its lead, the origin is not asked', async () => {
    const world = lookupWorld();
    world.handovers.find = () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['x'])); // a code may count only once
    assert.equal(short(await run(world)), 'B store-down');
    assert.deepEqual(world.asked, []);
  });

  it('AGI-5: another call, code or peer is another hand-over', async () => {
    const world = lookupWorld([stockContainer(), profileContainer()]);
    const lookup = createLookupInsert(world);
    await lookup(request());
    await lookup(request({ uniqueId: 'other' }));
    await lookup(request({ callerIdName: 'M1211903090001000123' }));
    await lookup(request({ containerId: 'alpha' }));
    assert.equal(world.inserted.length, 4);
  });

  it('TRK-2 W-7 CODE-4: a code on a trunk that is not the peer’s is refused as D before any request', async () => {
    const world = lookupWorld([profileContainer({ trunks: ['IAX2/alpha', 'PJSIP/alpha'] })]);
    const lookup = createLookupInsert(world);
    assert.equal(short(await lookup(request({ containerId: 'alpha', channel: 'IAX2/beta-77' }))), 'D wrong-trunk');
    assert.deepEqual(world.asked, []);
    assert.equal(short(await lookup(request({ containerId: 'alpha', channel: 'PJSIP/alpha-0000001a' }))), 'A found');
    assert.equal(short(await run(world, { containerId: 'alpha', channel: 'SIP/x-1' }, { wrongTrunkExit: 'B' })), 'B wrong-trunk');
  });

  it('CODE-4: a trunk bound to one peer does not serve a stock container of another', async () => {
    const world = lookupWorld([stockContainer(), profileContainer({ trunks: ['IAX2/alpha'] })]);
    assert.equal(short(await run(world, { channel: 'IAX2/alpha-1234' })), 'D wrong-trunk');
    assert.equal(short(await run(world, { channel: 'IAX2/unbound-1234' })), 'A found');
  });
});

describe('lookup and insert: what it tells', () => {
  it('X-29: hand-overs by exit and reason, seconds, cut fields, warnings', async () => {
    const world = lookupWorld();
    world.handovers.insert = (_record, codeFor) =>
      Promise.resolve({ leadId: 7, localCode: codeFor(7), repeated: false, cut: ['comments', 'city'] });
    world.answer = () => Promise.resolve({ status: 500, body: stockLine });
    await run(world);
    assert.deepEqual(world.meter.counted('tandem_handovers_total'), [{ exit: 'A', reason: 'found' }]);
    assert.deepEqual(world.meter.counted('tandem_handover_cut_fields_total'), [{ field: 'comments' }, { field: 'city' }]);
    assert.deepEqual(world.meter.counted('tandem_handover_warnings_total'), [{ warning: 'status-5xx' }]);
    assert.equal(world.meter.observed('tandem_handover_seconds').length, 1);
    assert.equal(world.meter.observed('tandem_peer_request_seconds').length, 1);
  });

  it('W-5 W-11: neither the URL log nor the log holds lead data, an answer’s text or a password', async () => {
    const world = lookupWorld();
    const said: unknown[] = [];
    const note = (fields: object, message: string) => void said.push([fields, message]);
    const lookup = createLookupInsert({ ...world, log: { debug: note, info: note, warn: note, error: note } });
    await lookup(request());
    world.answer = () => Promise.resolve({ status: 200, body: 'ERROR: Login incorrect, please try again: |6666|hunter2|BAD|\n' });
    await lookup(request({ uniqueId: '2' }));
    world.answer = () => Promise.resolve({ status: 200, body: '' });
    await lookup(request({ uniqueId: '3' }));
    const all = JSON.stringify([said, world.urlLogged]);
    assert.doesNotMatch(all, /Reilly|9998887112|hunter2|billy@/);
    assert.deepEqual(
      world.urlLogged.map((entry) => entry.response),
      ['found: 30 fields, remote lead 1000123', 'no lead: auth, 61 characters', '<RESPONSE EMPTY>'],
    );
  });
});
