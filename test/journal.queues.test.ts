/** The call journal with legs that Tandem's own queues ring, and calls that it places: each call once, with the right agent (issue 6, part 1). */
import assert from 'node:assert/strict';
import type { ChannelFacts, JournalEvent, JournalFact } from '../core/journal/events.js';
import type { Journal } from '../core/journal/journal.js';
import { createRoles } from '../core/journal/roles.js';
import { openJournal, play, startMs } from './support/journal-drive.js';

const roles = createRoles({ '1XX': 'PJSIP/${EXT}' }, ['trunk']);
const customer = 'PJSIP/trunk-00000001';

/** Facts a tenth of a second apart. */
const timed = (facts: readonly JournalFact[], from = 0): readonly JournalEvent[] =>
  facts.map((fact, n): JournalEvent => ({ switch: 'alpha', atMs: startMs + from + n * 100, ...fact }));
const channel = (uniqueId: string, name: string, more: Partial<ChannelFacts> = {}): ChannelFacts => ({
  ...{ uniqueId, name, linkedId: uniqueId, callerNumber: undefined, callerName: undefined, extension: undefined, ...more },
});
const made = (facts: ChannelFacts): JournalFact => ({ type: 'channel-created', channel: { ...facts, isIncoming: false } });
const dialled = (to: ChannelFacts, from?: ChannelFacts): JournalFact => ({ type: 'dial-began', from, to, dialString: 'x' });
const enters = (bridge: string, facts: ChannelFacts): JournalFact => ({ type: 'bridge-entered', bridge, channel: facts, swap: undefined });
const leaves = (bridge: string, facts: ChannelFacts): JournalFact => ({ type: 'bridge-left', bridge, channel: facts });
const ends = (facts: ChannelFacts): JournalFact => ({ type: 'channel-ended', channel: facts, cause: 16, sip: undefined });
const tied = (leg: string, to: string, more: object = {}): JournalFact => ({ type: 'leg-tied', leg, to, queue: 'support', ...more });

const caller = channel('U1', customer, { callerNumber: '79123456789', extension: '500' });
const comes: JournalFact = { type: 'channel-created', channel: { ...caller, isIncoming: true } };
const story = (facts: readonly JournalFact[], journal: Journal = openJournal({ roles })): readonly string[] => play(timed(facts), journal);

describe('call journal: own queues, callbacks, the dialer', () => {
  it('P4, P10: an agent behind a Local channel is rung, talks and is done, once, under his extension', () => {
    const one = channel('leg1', 'Local/101@agents-00000001;1');
    const two = channel('pair-leg1', 'Local/101@agents-00000001;2', { linkedId: 'leg1' });
    const phone = channel('P1', 'PJSIP/101-0000000a', { linkedId: 'leg1' });
    const rest = [
      dialled(one),
      made(phone),
      dialled(phone, two),
      enters('B2', phone),
      enters('B2', two),
      enters('B1', caller),
      enters('B1', one),
      ends(caller),
      ends(one),
      ends(two),
      ends(phone),
    ];
    const wanted = ['start inbound 79123456789', 'ring 101', 'talk 101', 'leg 101 answered 0.1 s', 'end inbound answered talk 0.1 s'];
    const tie = tied('leg1', 'U1', { agent: 'ann' });
    // the order of the queue may be told before the channels are there, or after
    assert.deepEqual(story([comes, tie, made(one), made(two), ...rest]), wanted);
    assert.deepEqual(story([comes, made(one), made(two), tie, ...rest]), wanted);
    assert.deepEqual(story([comes, made(one), tie, made(two), ...rest]), wanted);
    const untilHeRings = rest.slice(0, 3);
    for (const begin of [
      [tie, made(one), made(two)],
      [made(one), made(two), tie],
      [made(one), tie, made(two)],
    ])
      assert.deepEqual(story([comes, ...begin, ...untilHeRings]), wanted.slice(0, 2));
  });

  it('P12, CRM-19: a caller who gives up before anybody is rung is missed in the queue where he waited last', () => {
    const journal = openJournal({ roles });
    const queued = (queue: string, uniqueId = 'U1'): JournalFact => ({ type: 'caller-queued', uniqueId, queue });
    const last = timed([comes, queued('support'), queued('overflow'), queued('nowhere', 'U9'), ends(caller), { type: 'time-passed' }]);
    const told = last.flatMap((event) => journal.step(event).notices);
    told.push(...journal.step({ switch: 'alpha', atMs: startMs + 5_000, type: 'time-passed' }).notices);
    assert.deepEqual(
      told.map(({ type, call }) => [type, call.line.queue, call.outcome]),
      [
        ['call-started', 'overflow', 'missed'],
        ['call-ended', 'overflow', 'missed'],
      ],
    );
    assert.deepEqual(journal.open(), []);
  });

  it('P4: an agent at an outside telephone talks as the agent that he is, not as a stranger', () => {
    const leg = channel('leg1', 'PJSIP/trunk-0000000b', { callerNumber: '4917000' });
    const journal = openJournal({ roles });
    const facts = [
      comes,
      tied('leg1', 'U1', { agent: 'ann', extension: '107' }),
      made(leg),
      dialled(leg),
      enters('B', caller),
      enters('B', leg),
    ];
    assert.deepEqual(story(facts, journal), ['start inbound 79123456789', 'ring 107 at 4917000', 'talk 107']);
    assert.deepEqual(
      journal.open()[0]?.legs.map(({ kind, agent, extension }) => ({ kind, agent, extension })),
      [{ kind: 'proxy', agent: 'ann', extension: '107' }],
    );
  });

  it('P4, B43: an agent who stays on the line has a part in each call, and the calls are over when their customers are', () => {
    const line = channel('S1', 'PJSIP/101-0000000c', { callerNumber: '101' });
    const next = channel('U2', 'PJSIP/trunk-00000002', { callerNumber: '79990000000', extension: '500' });
    const journal = openJournal({ roles });
    const first = [
      { type: 'channel-created', channel: { ...line, isIncoming: true } } as const,
      comes,
      tied('S1', 'U1', { agent: 'ann' }),
      enters('B1', caller),
      enters('B1', line),
      leaves('B1', caller),
      leaves('B1', line),
      { type: 'leg-untied', leg: 'S1' } as const,
      ends(caller),
    ];
    assert.deepEqual(story(first, journal), [
      'start inbound 79123456789',
      'ring 101',
      'talk 101',
      'leg 101 answered 0.1 s',
      'end inbound answered talk 0.1 s',
    ]);
    assert.equal(journal.call('alpha-U1'), undefined, 'the first call is over though the line lives');
    const second = [
      { type: 'channel-created', channel: { ...next, isIncoming: true } } as const,
      tied('S1', 'U2', { agent: 'ann' }),
      enters('B2', next),
      enters('B2', line),
      ends(next),
      // told late: the call has ended meanwhile
      { type: 'time-passed' } as const,
    ];
    const lines = timed(second, 5_000).flatMap((event) => journal.step(event).notices.map(({ type }) => type));
    const late = timed([{ type: 'time-passed' }, { type: 'leg-untied', leg: 'S1' }, ends(line)], 9_000);
    lines.push(...late.flatMap((event) => journal.step(event).notices.map(({ type }) => type)));
    assert.deepEqual(lines, ['call-started', 'leg-ringing', 'leg-answered', 'leg-ended', 'call-ended']);
    assert.deepEqual(journal.open(), [], 'nothing stays open');
  });

  it('an agent on the line who came to a customer unheard of by the queue leaves no call open behind him', () => {
    const line = channel('S1', 'PJSIP/101-0000000c', { callerNumber: '101' });
    const next = channel('U2', 'PJSIP/trunk-00000002', { callerNumber: '79990000000' });
    const journal = openJournal({ roles });
    story(
      [{ type: 'channel-created', channel: { ...line, isIncoming: true } }, comes, enters('B1', caller), enters('B1', line), ends(caller)],
      journal,
    );
    const rest = [
      { type: 'channel-created', channel: { ...next, isIncoming: true } } as const,
      enters('B2', next),
      enters('B2', line),
      ends(next),
      ends(line),
    ];
    for (const event of timed([...rest], 5_000)) journal.step(event);
    journal.step({ switch: 'alpha', atMs: startMs + 9_000, type: 'time-passed' });
    assert.deepEqual(journal.open(), []);
  });

  it('P4, B43: an agent on the line whom nobody untied, since the queues have another owner, is his next caller’s, and the first call keeps his part', () => {
    const line = channel('S1', 'PJSIP/101-0000000c', { callerNumber: '101' });
    const next = channel('U2', 'PJSIP/trunk-00000002', { callerNumber: '79990000000', extension: '500' });
    const journal = openJournal({ roles });
    const comesNext = [{ type: 'channel-created', channel: { ...next, isIncoming: true } }, tied('S1', 'U2', { agent: 'ann' })] as const;
    const begin = [comes, tied('S1', 'U1', { agent: 'ann' }), enters('B1', caller), enters('B1', line), leaves('B1', caller)];
    story([{ type: 'channel-created', channel: { ...line, isIncoming: true } }, ...begin, ends(caller)], journal);
    const first = journal.call('alpha-U1');
    assert.deepEqual([first?.state, first?.channels.length], ['done', 1]);
    const { changed } = timed(comesNext, 5_000).map((event) => journal.step(event))[1] ?? assert.fail();
    assert.equal(journal.call('alpha-U1'), undefined, 'it is not kept for his sake');
    assert.ok(changed.some((call) => call === first && call.channels.length === 0));
    assert.deepEqual(
      first?.legs.map(({ extension, outcome }) => [extension, outcome]),
      [['101', 'answered']],
    );
    // one whose customer is still there, and hears an announcement: the agent's part in it is over
    const other = openJournal({ roles });
    story([{ type: 'channel-created', channel: { ...line, isIncoming: true } }, ...begin], other);
    const told = timed(comesNext, 5_000).flatMap((event) => other.step(event).notices.map(({ type, call }) => `${type} ${call.id}`));
    assert.deepEqual(told, ['call-started alpha-U2', 'leg-ended alpha-U1', 'leg-ringing alpha-U2']);
    assert.equal(other.call('alpha-U1')?.legs.length, 1);
  });

  it('P4, CRM-15: a call of the dialer is told once, as the dialer’s, with campaign and contact; its agent comes later', () => {
    // the channel shows the number that the customer sees
    const dial = channel('call-7', 'PJSIP/trunk-00000003', { callerNumber: '4930555' });
    const agent = channel('leg1', 'PJSIP/103-00000003');
    const journal = openJournal({ roles });
    const marks = { origin: 'dialer', binding: '', number: '4912', campaign: 'spring', contact: 'c-1' };
    const lines = story(
      [
        { type: 'announced', uniqueId: 'call-7', ...marks },
        made(dial),
        dialled(dial),
        tied('leg1', 'call-7', { agent: 'ann' }),
        made(agent),
        dialled(agent),
        enters('B', dial),
        enters('B', agent),
      ],
      journal,
    );
    assert.deepEqual(lines, ['start outbound 4912 by dialer', 'ring 103', 'talk 103']);
    const [call] = journal.open();
    assert.deepEqual([call?.campaign, call?.contact, call?.isAgentLate, call?.legs[0]?.agent], ['spring', 'c-1', true, 'ann']);
  });

  it('P4: a caller who is called back at his turn is one outgoing call, whose agent the queue rings', () => {
    const one = channel('cb1', 'Local/4912@tandem-dial-out-00000001;1', { callerNumber: '4912' });
    const two = channel('pair-cb1', 'Local/4912@tandem-dial-out-00000001;2', { linkedId: 'cb1' });
    const far = channel('F1', 'PJSIP/trunk-00000004', { linkedId: 'cb1', callerNumber: '4912' });
    const agent = channel('leg1', 'PJSIP/103-00000003');
    const lines = story([
      { type: 'announced', uniqueId: 'cb1', origin: 'callback', binding: '' },
      made(one),
      made(two),
      dialled(one),
      made(far),
      dialled(far, two),
      enters('B2', far),
      enters('B2', two),
      tied('leg1', 'cb1', { agent: 'ann' }),
      made(agent),
      dialled(agent),
      enters('B1', one),
      enters('B1', agent),
      ends(far),
      ends(two),
      ends(one),
      ends(agent),
    ]);
    assert.deepEqual(lines, [
      'start outbound 4912 by callback',
      'ring 103',
      'talk 103',
      'leg 103 answered 0.1 s',
      'end outbound answered talk 0.1 s',
    ]);
  });

  it('B34: a supervisor who listens is in no call', () => {
    const spy = channel('spy1', 'PJSIP/109-00000009');
    const agent = channel('A1', 'PJSIP/101-0000000a', { linkedId: 'U1' });
    const lines = story([
      comes,
      made(agent),
      dialled(agent, caller),
      enters('B', caller),
      enters('B', agent),
      made(spy),
      dialled(spy),
      ends(spy),
      ends(caller),
      ends(agent),
    ]);
    assert.deepEqual(
      lines.filter((line) => line.includes('109')),
      [],
    );
    assert.equal(lines.length, 5, lines.join('\n'));
  });
});
