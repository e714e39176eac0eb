/**
 * Callers of Tandem's own queues on FreeSWITCH: recorded events of a real 1.10.12 (`test/fixtures/esl/own-queue/`) with what
 * the queue engine told in between. 1011 and 1013 are telephones, 1012 is behind a loopback.
 */
import assert from 'node:assert/strict';
import type { JournalEvent } from '../core/journal/events.js';
import { createRoles } from '../core/journal/roles.js';
import { factsOf, openEslJournal, recordedHeaders } from './support/esl-journal.js';
import { play } from './support/journal-drive.js';

const roles = createRoles({ '1011': 'sofia/internal/1011', '1012': 'user/1012@default', '1013': 'sofia/internal/1013' });

/** As the engine tells: where the caller waits and who is rung for him, before the first event of the agent's leg. */
function told(name: string, legs: readonly { readonly agent: string; readonly queue: string }[]): readonly JournalEvent[] {
  const rung = new Set<string>();
  const events = factsOf(recordedHeaders(`../own-queue/${name}`));
  const [first] = events;
  assert.ok(first?.type === 'channel-created');
  const caller = first.channel.uniqueId;
  return events.flatMap((event): readonly JournalEvent[] => {
    const leg = event.type === 'dial-began' && event.from === undefined ? event.to.uniqueId : '';
    const order = legs[rung.size];
    if (leg === '' || rung.has(leg) || !order) return [event];
    rung.add(leg);
    const { switch: at, atMs } = event;
    const { agent, queue } = order;
    return [
      { switch: at, atMs, type: 'caller-queued', uniqueId: caller, queue },
      { switch: at, atMs, type: 'leg-tied', leg, to: caller, queue, agent, extension: agent },
      event,
    ];
  });
}

describe('call journal: own queues on FreeSWITCH, recorded', () => {
  it('P4, P12: who does not answer missed it, the colleague behind a loopback has it: one call, and a row for it alone', () => {
    const events = told('01-second-agent', [
      { agent: '1011', queue: 'support' },
      { agent: '1012', queue: 'support' },
    ]);
    assert.deepEqual(play(events, openEslJournal(roles)), [
      'start inbound 79161234567',
      'ring 1011',
      'leg 1011 missed 0 s',
      'ring 1012',
      'talk 1012',
      'leg 1012 answered 1.1 s',
      'end inbound answered talk 1.1 s',
    ]);
    const journal = openEslJournal(roles);
    const stored = new Set(events.flatMap((event) => journal.step(event).changed.map(({ id }) => id)));
    assert.equal(stored.size, 1, [...stored].join(', '));
  });

  it('P10, B28: a caller who is sent on into another queue stays one call, each agent with his own talk and queue', () => {
    const events = told('02-transfer', [
      { agent: '1011', queue: 'support' },
      { agent: '1013', queue: 'other' },
    ]);
    assert.deepEqual(play(events, openEslJournal(roles)), [
      'start inbound 79161234567',
      'ring 1011',
      'talk 1011',
      'transfer blind 1011 to other',
      'leg 1011 answered 1.1 s',
      'ring 1013',
      'talk 1013',
      'leg 1013 answered 1.1 s',
      'end inbound answered talk 2.3 s',
    ]);
    const journal = openEslJournal(roles);
    const rings = events.flatMap((event) =>
      journal.step(event).notices.flatMap(({ type, call }) => (type === 'leg-ringing' ? [call.line.queue] : [])),
    );
    assert.deepEqual(rings, ['support', 'other']);
  });
});
