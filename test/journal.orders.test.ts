/** Recorded sessions in other orders, doubled, and cut by a reconnect: the same calls come out (B10; crm-vtiger 8.5, 9.8). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JournalEvent } from '../core/journal/events.js';
import type { JournalNotice } from '../core/journal/notices.js';
import { openJournal, recordedFacts } from './support/journal-drive.js';

const sessions = [
  '02-answered-call',
  '03-busy',
  '04-no-answer',
  '05-caller-hangs-up-while-ringing',
  '06-rejected-and-unreachable',
  '10-queue-answered',
  '11-queue-caller-abandons',
  '20-blind-transfer-sip-refer',
  '21-blind-transfer-ami',
  '22-attended-transfer-sip-replaces',
  '23-attended-transfer-ami-atxfer',
  '24-attended-transfer-dtmf',
  '30-click-to-call',
  '33-click-to-call-customer-busy',
  '43-mixmonitor-hold-dtmf-mute',
];

/** Channels and bridges that an event speaks of. */
function namesIn(event: JournalEvent): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const isName = ['uniqueId', 'bridge', 'transferer', 'transferee', 'target', 'from', 'to', 'swap'].includes(key);
      if (isName && typeof inner === 'string') found.add(inner);
      look(inner);
    }
  };
  look(event);
  // who is dialled is made by who dials: the first channel of a story comes first
  if (event.type === 'channel-created') found.add(event.channel.linkedId);
  return found;
}

/** What Asterisk may do: events that share no channel and no bridge, and lie close together, come in either order. */
function mayChange(one: JournalEvent, other: JournalEvent): boolean {
  if (Math.abs(one.atMs - other.atMs) > 60) return false;
  const names = namesIn(one);
  return [...namesIn(other)].every((name) => !names.has(name));
}

function shuffled(events: readonly JournalEvent[], swaps: readonly number[]): readonly JournalEvent[] {
  const list = [...events];
  for (const swap of swaps) {
    const n = swap % Math.max(1, list.length - 1);
    const [one, other] = [list[n], list[n + 1]];
    if (one && other && mayChange(one, other)) list.splice(n, 2, { ...other, atMs: one.atMs }, { ...one, atMs: other.atMs });
  }
  return list;
}

function noticesOf(events: readonly JournalEvent[]): readonly JournalNotice[] {
  const journal = openJournal();
  const lastMs = Math.max(...events.map(({ atMs }) => atMs));
  const closing: JournalEvent[] = [
    { switch: 'alpha', atMs: lastMs + 1_000, type: 'time-passed' },
    { switch: 'alpha', atMs: lastMs + 2_000, type: 'channels-listed', askedAtMs: lastMs + 2_000, channels: [] },
    { switch: 'alpha', atMs: lastMs + 3_000, type: 'time-passed' },
  ];
  const notices = [...events, ...closing].flatMap((event) => journal.step(event).notices);
  assert.deepEqual(journal.open(), [], 'nothing stays open');
  return notices;
}

/** What the calls came to: who talked with whom, to a quarter of a second. */
function results(notices: readonly JournalNotice[]): readonly string[] {
  return notices
    .flatMap((notice) => (notice.type === 'call-ended' ? [notice.call] : []))
    .map(({ direction, outcome, customer, legs }) => {
      const agents = legs
        .filter(({ kind }) => kind !== 'external')
        .map((leg) => `${leg.extension} ${leg.outcome ?? ''} ${String(Math.round(leg.talkMs / 250))}`);
      return `${direction} ${customer.number} ${outcome ?? ''}: ${agents.sort().join(', ')}`;
    })
    .sort();
}

/** Rules of order that every CRM counts on. */
function assertStory(notices: readonly JournalNotice[]): void {
  const calls = new Map<string, JournalNotice[]>();
  for (const notice of notices) calls.set(notice.call.id, [...(calls.get(notice.call.id) ?? []), notice]);
  for (const [id, story] of calls) {
    const types = story.map(({ type }) => type).filter((type) => type !== 'recording-ready' && type !== 'agent-no-answer');
    if (types.length === 0) continue;
    assert.equal(types[0], 'call-started', `${id}: ${types.join()}`);
    assert.equal(types.at(-1), 'call-ended', `${id}: ${types.join()}`);
    for (const type of ['call-started', 'call-ended']) assert.equal(types.filter((one) => one === type).length, 1, `${id} ${type}`);
    const legs = new Map<string, string[]>();
    for (const notice of story) if ('leg' in notice) legs.set(notice.leg.id, [...(legs.get(notice.leg.id) ?? []), notice.type]);
    for (const [leg, told] of legs) {
      assert.equal(told[0], 'leg-ringing', `${id} ${leg}: ${told.join()}`);
      assert.equal(told.filter((type) => type === 'leg-ringing').length, 1, `${id} ${leg}: ${told.join()}`);
      assert.deepEqual(told.indexOf('leg-ended'), told.length - 1, `${id} ${leg}: ${told.join()}`);
    }
  }
}

describe('call journal: other orders', () => {
  for (const name of sessions)
    it(`B10: ${name} in every order that Asterisk may choose, and doubled, is the same`, () => {
      const events = recordedFacts(name);
      const wanted = results(noticesOf(events));
      fc.assert(
        fc.property(
          fc.array(fc.nat(1_000), { maxLength: 80 }),
          fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
          (swaps, twice) => {
            const list = shuffled(events, swaps).flatMap((event, n) => (twice[n % 20] === true ? [event, event] : [event]));
            const notices = noticesOf(list);
            assertStory(notices);
            assert.deepEqual(results(notices), wanted);
          },
        ),
        { numRuns: 60 },
      );
    });

  for (const name of sessions)
    it(`B10: ${name}, the manager away at any moment for any time, then a list of what lives: each call is told once, and ends`, () => {
      const events = recordedFacts(name);
      for (let from = 0; from < events.length; from++)
        for (let to = from + 1; to <= events.length; to += 3) {
          const atMs = events[to - 1]?.atMs ?? 0;
          const list: JournalEvent = {
            switch: 'alpha',
            atMs,
            type: 'channels-listed',
            askedAtMs: atMs,
            channels: living(events.slice(0, to)),
          };
          const notices = noticesOf([...events.slice(0, from), list, ...events.slice(to)]);
          assertStory(notices);
        }
    });
});

type Listed = Extract<JournalEvent, { type: 'channels-listed' }>['channels'][number];

/** The switch's own truth after these events. */
function living(events: readonly JournalEvent[]): readonly Listed[] {
  const channels = new Map<string, Listed>();
  for (const event of events) {
    for (const facts of 'channel' in event ? [event.channel] : event.type === 'dial-began' ? [event.to] : [])
      if (!channels.has(facts.uniqueId)) channels.set(facts.uniqueId, { ...facts, bridge: undefined, createdAtMs: event.atMs });
    if (event.type === 'channel-ended') channels.delete(event.channel.uniqueId);
    const at = 'channel' in event ? channels.get(event.channel.uniqueId) : undefined;
    if (at && event.type === 'bridge-entered') channels.set(at.uniqueId, { ...at, bridge: event.bridge });
    if (at && event.type === 'bridge-left' && at.bridge === event.bridge) channels.set(at.uniqueId, { ...at, bridge: undefined });
    if (event.type === 'bridge-merged')
      for (const one of channels.values()) if (one.bridge === event.from) channels.set(one.uniqueId, { ...one, bridge: event.to });
  }
  return [...channels.values()];
}
