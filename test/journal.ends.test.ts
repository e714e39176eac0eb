/** What ends in the call journal, also when the one who could tell of it has gone elsewhere, or has another clock (crm-vtiger 8.4, 8.5). */
import assert from 'node:assert/strict';
import type { JournalCall } from '../core/journal/call.js';
import type { ChannelFacts, JournalFact } from '../core/journal/events.js';
import { createJournal, type Journal } from '../core/journal/journal.js';
import { createRoles } from '../core/journal/roles.js';
import { journalDefaults } from '../core/journal/world.js';
import { startMs, tell } from './support/journal-drive.js';

const roles = createRoles({ '1XX': 'PJSIP/${EXT}' }, ['trunk']);
const hour = 3_600_000;

const open = (restored: readonly JournalCall[] = []): Journal => createJournal({ roles, systemOf: (name) => name }, restored);
const copyOf = (journal: Journal): JournalCall[] => JSON.parse(JSON.stringify(journal.open())) as JournalCall[];

const channel = (uniqueId: string, name: string, more: Partial<ChannelFacts> = {}): ChannelFacts => ({
  ...{ uniqueId, name, linkedId: uniqueId, callerNumber: undefined, callerName: undefined, extension: undefined, ...more },
});
const comes = (facts: ChannelFacts): JournalFact => ({ type: 'channel-created', channel: { ...facts, isIncoming: true } });
const dialled = (from: ChannelFacts, to: ChannelFacts): JournalFact => ({ type: 'dial-began', from, to, dialString: 'x' });
const enters = (bridge: string, ...all: readonly ChannelFacts[]): readonly JournalFact[] =>
  all.map((facts) => ({ type: 'bridge-entered', bridge, channel: facts, swap: undefined }));
const leaves = (bridge: string, facts: ChannelFacts): JournalFact => ({ type: 'bridge-left', bridge, channel: facts });
const ends = (facts: ChannelFacts): JournalFact => ({ type: 'channel-ended', channel: facts, cause: 16, sip: undefined });
const records = (facts: ChannelFacts, file: string): JournalFact => ({ type: 'recording-started', channel: facts, file });
const lists = (askedAtMs: number, ...all: readonly ChannelFacts[]): JournalFact => ({
  type: 'channels-listed',
  askedAtMs,
  channels: all.map((facts) => ({ ...facts, bridge: undefined, createdAtMs: askedAtMs })),
});

/** Facts a second apart from `fromMs` on. */
const play = (journal: Journal, facts: readonly JournalFact[], fromMs = startMs): readonly string[] =>
  facts.flatMap((fact, n) => tell(journal, { switch: 'alpha', atMs: fromMs + n * 1_000, ...fact }));

const caller = channel('U1', 'PJSIP/trunk-00000001', { callerNumber: '79123456789', extension: '500' });
const phone = channel('P1', 'PJSIP/101-0000000a', { callerNumber: '101' });

describe('call journal: calls that were never told', () => {
  const changedBy = (journal: Journal, fact: JournalFact, atMs: number): readonly (readonly [string, string])[] =>
    journal
      .step({ switch: 'alpha', atMs, ...fact })
      .changed.map(({ id, state }) => [id, state] as const)
      .sort();

  it('P4: a telephone that listens to its messages and hangs up leaves no open row behind', () => {
    const journal = open();
    play(journal, [comes(phone)]);
    assert.deepEqual(changedBy(journal, ends(phone), startMs + 5_000), [['alpha-P1', 'done']]);
    assert.deepEqual(journal.open(), []);
  });

  it('P4: a leg that begins as a call of its own, before it is known for whom it rings, leaves none either', () => {
    const leg = channel('leg1', 'PJSIP/101-0000000b');
    for (const fact of [dialled(caller, leg), { type: 'leg-tied', leg: 'leg1', to: 'U1', queue: 'support' }] as const) {
      const journal = open();
      play(journal, [comes(caller), { type: 'channel-created', channel: leg }]);
      assert.deepEqual(changedBy(journal, fact, startMs + 5_000), [
        ['alpha-U1', 'ringing'],
        ['alpha-leg1', 'done'],
      ]);
    }
  });

  it('B10: one of an earlier time is forgotten, and no CRM hears that it ended, or that it was missed', () => {
    const before = open();
    play(before, [comes(phone)]);
    const [row] = copyOf(before);
    assert.ok(row);
    const journal = open([row, { ...row, id: 'alpha-P0', linkedId: 'P0', channels: [], legs: [] }]);
    const { changed, forgotten, notices } = journal.step({ switch: 'alpha', type: 'time-passed', atMs: startMs + 13 * hour });
    assert.deepEqual(notices, []);
    assert.deepEqual([...forgotten].sort(), ['alpha-P0', 'alpha-P1']);
    assert.deepEqual(
      changed.map(({ state }) => state),
      ['done', 'done'],
    );
  });

  it('B10: one without a channel is closed by the first list, without a word', () => {
    const before = open();
    play(before, [comes(phone)]);
    const journal = open(copyOf(before).map((call) => ({ ...call, channels: [] })));
    assert.deepEqual(changedBy(journal, lists(startMs), startMs + 5_000), [['alpha-P1', 'done']]);
    assert.deepEqual(journal.open(), []);
  });
});

describe('call journal: recordings of a channel that went to another call', () => {
  const colleague = channel('P2', 'PJSIP/102-0000000b');
  const moved: readonly JournalFact[] = [
    // the colleague is asked in a call of its own, which is recorded on his channel
    comes(caller),
    dialled(caller, phone),
    ...enters('B1', caller, phone),
    comes(channel('Q1', 'PJSIP/101-0000000c', { callerNumber: '101' })),
    dialled(channel('Q1', 'PJSIP/101-0000000c'), colleague),
    ...enters('B2', channel('Q1', 'PJSIP/101-0000000c'), colleague),
    records(colleague, '/r/asked.wav'),
    // and is given the customer
    leaves('B1', phone),
    leaves('B2', colleague),
    ...enters('B1', colleague),
    ends(channel('Q1', 'PJSIP/101-0000000c')),
    ends(phone),
    { type: 'time-passed' },
  ];
  const asked = 'alpha-Q1';

  for (const [what, fact] of [
    ['stops', { type: 'recording-stopped', channel: colleague }],
    ['ends with its channel', ends(colleague)],
  ] as const)
    it(`P9, B28: one that ${what} there is told in the call in which it began, which is done then`, () => {
      const journal = open();
      play(journal, moved);
      assert.deepEqual(journal.callOfChannel('alpha', 'P2')?.id, 'alpha-U1');
      assert.equal(journal.call(asked)?.state, 'ended');
      const [, stored] = [journal.open(), copyOf(journal)];
      for (const one of [open(stored), journal]) {
        assert.ok(play(one, [fact], startMs + 60_000).includes('recording 101 /r/asked.wav'));
        assert.equal(one.call(asked), undefined, 'also after a restart in between');
      }
    });

  it('B10: one whose channel was gone when a list came is closed by it', () => {
    const journal = open();
    play(journal, moved);
    const rows = copyOf(journal).filter(({ id }) => id === asked);
    const stored = structuredClone(rows);
    assert.equal(rows.length, 1);
    const again = open(rows);
    assert.deepEqual(play(again, [lists(startMs + 59_000, colleague)], startMs + 60_000), []);
    assert.equal(again.call(asked)?.state, 'ended', 'it runs still');
    assert.ok(play(again, [lists(startMs + 69_000)], startMs + 70_000).includes('recording 101 /r/asked.wav'));
    assert.equal(again.call(asked), undefined);
    assert.deepEqual(play(open(stored), [lists(startMs + 59_000)], startMs + 60_000), ['recording 101 /r/asked.wav']);
  });

  it('8.4: one of whose end nothing is heard for twelve hours is told then, and its call is done', () => {
    const journal = open();
    play(journal, moved);
    const rows = copyOf(journal).filter(({ id }) => id === asked);
    const again = open(rows);
    const step = again.step({ switch: 'alpha', type: 'time-passed', atMs: startMs + 13 * hour });
    assert.deepEqual(
      step.notices.map(({ type }) => type),
      ['recording-ready'],
    );
    assert.deepEqual(
      step.changed.map(({ id, state }) => [id, state]),
      [[asked, 'done']],
    );
    assert.deepEqual(again.open(), []);
  });
});

describe('call journal: a switch whose clock goes otherwise', () => {
  it('B10: who was heard of since the list was asked for lives, whatever his clock says of his begin', () => {
    const journal = open();
    // by its own clock the switch began this call a minute before it was asked
    play(journal, [comes(caller), dialled(caller, phone), ...enters('B1', caller, phone)]);
    const asked = startMs + 60_000;
    assert.deepEqual(play(journal, [{ ...lists(asked), heard: new Set(['U1', 'P1']) } as JournalFact], asked + 1_000), []);
    assert.equal(journal.open()[0]?.channels.length, 2);
    assert.deepEqual(play(journal, [{ ...lists(asked), heard: new Set(['U1']) } as JournalFact], asked + 2_000), ['leg 101 answered 59 s']);
  });

  it('8.4: a call on a switch whose clock is a day behind is not taken for silent', () => {
    const journal = open();
    assert.deepEqual(play(journal, [{ type: 'time-passed' }], startMs + 24 * hour), []);
    assert.deepEqual(play(journal, [comes(caller)]), ['start inbound 79123456789']);
    assert.deepEqual(play(journal, [{ type: 'time-passed' }], startMs + 24 * hour + 1_000), []);
    assert.equal(journal.nextDueMs(), startMs + 36 * hour);
    assert.equal(journal.open()[0]?.startedAtMs, startMs, 'its times are those of the switch');
  });

  it('8.4: the grace of a call is as long when the clock of the switch is behind: what comes in it is still its', () => {
    const journal = open();
    const behindMs = 30_000;
    play(journal, [comes(caller), dialled(caller, phone), ...enters('B1', caller, phone)]);
    assert.deepEqual(play(journal, [{ type: 'time-passed' }], startMs + behindMs + 4_900), []);
    assert.deepEqual(play(journal, [ends(caller)], startMs + 5_000), []);
    const endsAtMs = startMs + behindMs + 4_900 + journalDefaults.endGraceMs;
    assert.equal(journal.nextDueMs(), endsAtMs);
    assert.deepEqual(play(journal, [{ type: 'time-passed' }], endsAtMs - 1), []);
    assert.deepEqual(play(journal, [{ type: 'time-passed' }], endsAtMs), ['leg 101 answered 2 s', 'end inbound answered talk 2 s']);
  });
});
