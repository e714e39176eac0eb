import assert from 'node:assert/strict';
import fc from 'fast-check';
import { talkMsOfCall, type JournalCall } from '../core/journal/call.js';
import { DueCalls } from '../core/journal/due-calls.js';
import type { ChannelFacts, JournalFact } from '../core/journal/events.js';
import { createJournal, type Journal } from '../core/journal/journal.js';
import type { JournalNotice } from '../core/journal/notices.js';
import { createRoles } from '../core/journal/roles.js';
import { journalDefaults } from '../core/journal/world.js';
import { startMs } from './support/journal-drive.js';

const roles = createRoles({ '1XX': 'PJSIP/${EXT}' });

function channel(id: string, name: string, linkedId = 'U1'): ChannelFacts {
  return { uniqueId: id, name, linkedId, callerNumber: '79123456789', callerName: undefined, extension: '5001' };
}

/** A journal, told one fact after the other, a second apart. */
function drive(options: Partial<Record<keyof typeof journalDefaults, number>> = {}) {
  const journal = createJournal({ roles, systemOf: (name) => name, ...options });
  let atMs = startMs;
  const tell = (fact: JournalFact): readonly JournalNotice[] => journal.step({ switch: 'alpha', atMs: (atMs += 1_000), ...fact }).notices;
  const comes = (linkedId = 'U1'): void =>
    void tell({
      type: 'channel-created',
      channel: { ...channel(linkedId, `PJSIP/trunk-${hex(linkedId.length)}`, linkedId), isIncoming: true },
    });
  return { journal, tell, comes };
}

const hex = (n: number): string => n.toString(16).padStart(8, '0');
const only = (journal: Journal): JournalCall => {
  const [call] = journal.open();
  assert.ok(call);
  return call;
};

describe('call journal: bounds', () => {
  it('a queue that rings for hours: the oldest legs that nobody talked on are forgotten, what was talked is not', () => {
    const { journal, tell, comes } = drive({ legsPerCallMax: 20 });
    comes();
    const customer = channel('U1', 'PJSIP/trunk-00000002');
    const ring = (n: number, isAnswered: boolean): void => {
      const to = channel(`L${String(n)}`, `PJSIP/1${String(n % 100).padStart(2, '0')}-${hex(n)}`);
      tell({ type: 'dial-began', from: customer, to, dialString: '' });
      if (isAnswered)
        for (const one of [customer, to]) tell({ type: 'bridge-entered', bridge: `B${String(n)}`, channel: one, swap: undefined });
      if (isAnswered) tell({ type: 'bridge-left', bridge: `B${String(n)}`, channel: customer });
      tell({ type: 'channel-ended', channel: to, cause: 16, sip: undefined });
    };
    ring(0, true);
    ring(1, true);
    for (let n = 2; n < 200; n++) ring(n, false);
    const call = only(journal);
    assert.equal(call.legs.length, 20);
    assert.deepEqual(
      call.legs.slice(0, 2).map(({ id }) => id),
      ['L0', 'L1'],
    );
    assert.equal(talkMsOfCall(call, startMs), 2_000);
    for (let n = 200; n < 230; n++) ring(n, true);
    assert.equal(call.legs.length, 20);
    assert.equal(talkMsOfCall(call, startMs), 32_000, 'thirty-two talks of a second, some on legs that are forgotten');
  });

  it('legs that live are never forgotten', () => {
    const { journal, tell, comes } = drive({ legsPerCallMax: 3 });
    comes();
    for (let n = 0; n < 10; n++)
      tell({
        type: 'dial-began',
        from: channel('U1', 'PJSIP/trunk-00000002'),
        to: channel(`L${String(n)}`, `PJSIP/10${String(n)}-${hex(n)}`),
        dialString: '',
      });
    assert.equal(only(journal).legs.length, 10);
  });

  it('channels, recordings and calls beyond their bounds are not taken in, and counted; the call ends as ever', () => {
    const { journal, tell, comes } = drive({ channelsPerCallMax: 5, recordingsPerCallMax: 3, callsMax: 2 });
    comes();
    for (let n = 0; n < 10; n++) tell({ type: 'channel-created', channel: channel(`L${String(n)}`, `PJSIP/10${String(n)}-${hex(n)}`) });
    assert.equal(only(journal).channels.length, 5);
    assert.equal(journal.turnedAway(), 6);
    for (let n = 0; n < 5; n++) tell({ type: 'recording-started', channel: channel('U1', ''), file: `/r/${String(n)}.wav` });
    assert.equal(only(journal).recordings.length, 3);
    assert.equal(journal.turnedAway(), 8);
    comes('U22');
    comes('U333');
    assert.equal(journal.openCount(), 2);
    assert.equal(journal.turnedAway(), 9);
    for (const id of ['U1', ...Array.from({ length: 10 }, (_, n) => `L${String(n)}`)])
      tell({ type: 'channel-ended', channel: channel(id, 'PJSIP/x-00000001'), cause: 16, sip: undefined });
    const ends = tell({ type: 'time-passed' }).filter(({ type }) => type === 'call-ended');
    assert.equal(ends.length, 1);
  });

  it('transfers beyond their bound: the newest are kept', () => {
    const { journal, tell, comes } = drive({ transfersPerCallMax: 5 });
    comes();
    for (let n = 0; n < 12; n++)
      tell({ type: 'blind-transferred', transferer: 'U1', transferee: 'U1', extension: String(n), context: '', isSuccess: true });
    assert.deepEqual(
      only(journal).transfers.map(({ to }) => to),
      ['7', '8', '9', '10', '11'],
    );
  });

  it('when calls are due is the same as by looking at each of them, whatever changed meanwhile', () => {
    const change = fc.record({
      id: fc.integer({ min: 0, max: 9 }),
      dueMs: fc.integer({ min: 0, max: 1_000 }),
      isGone: fc.boolean(),
      nowMs: fc.integer({ min: 0, max: 1_000 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
        const calls = new Map<string, JournalCall>();
        const dues = new DueCalls((call) => call.dueAtMs);
        const least = (): number | undefined =>
          calls.size === 0 ? undefined : Math.min(...[...calls.values()].map(({ dueAtMs }) => dueAtMs));
        for (const { id, dueMs, isGone, nowMs } of changes) {
          const name = String(id);
          const call = calls.get(name) ?? ({ id: name } as JournalCall);
          const isLater = calls.has(name) && dueMs > call.dueAtMs;
          call.dueAtMs = dueMs;
          if (isGone) {
            calls.delete(name);
            dues.drop(name);
          } else {
            calls.set(name, call);
            // what has only moved to later needs no word
            if (!isLater) dues.book(call);
          }
          assert.equal(dues.nextMs(), least());
          const due = [...calls.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs).map((one) => one.id);
          assert.deepEqual([...dues.take(nowMs)].map((one) => one.id).sort(), due.sort());
          for (const one of due) calls.delete(one);
        }
      }),
    );
  });

  it('time that passes looks at no call that is not due', () => {
    const { journal, comes, tell } = drive();
    for (let n = 1; n <= 200; n++) comes(`U${'1'.repeat(n)}`);
    let looks = 0;
    for (const call of journal.open()) {
      const { state } = call;
      Object.defineProperty(call, 'state', { get: () => ((looks += 1), state) });
    }
    tell({ type: 'time-passed' });
    assert.ok(looks <= 4, `${String(looks)} looks at 200 calls`);
    assert.ok(journal.nextDueMs() !== undefined);
  });
});
