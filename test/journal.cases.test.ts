import assert from 'node:assert/strict';
import { clickId, markOfId } from '../core/journal/click-id.js';
import type { ChannelFacts, DialStatus, JournalEvent, JournalFact } from '../core/journal/events.js';
import { createJournal } from '../core/journal/journal.js';
import type { JournalCall } from '../core/journal/call.js';
import { createRoles } from '../core/journal/roles.js';
import { openJournal, play, startMs } from './support/journal-drive.js';

const roles = createRoles({ '1XX': 'PJSIP/${EXT}' }, ['trunk']);

type Names = Readonly<Record<string, readonly [name: string, number?: string]>>;

/** U1, U2 ... with their channels; every step is a tenth of a second later. */
function script(linkedId: string, names: Names) {
  const events: JournalEvent[] = [];
  const channel = (id: string, more: Partial<ChannelFacts> = {}): ChannelFacts => {
    const [name = `PJSIP/${id}-00000001`, callerNumber] = names[id] ?? [];
    return { uniqueId: id, name, linkedId, callerNumber, callerName: undefined, extension: undefined, ...more };
  };
  const add = (fact: JournalFact): void => void events.push({ switch: 'alpha', atMs: startMs + events.length * 100, ...fact });
  const self = {
    events,
    comes: (id: string, extension?: string) => (
      add({ type: 'channel-created', channel: channel(id, { extension, isIncoming: true }) }),
      self
    ),
    made: (id: string) => (add({ type: 'channel-created', channel: channel(id, { isIncoming: false }) }), self),
    dial: (from: string | undefined, to: string, dialString = '') => (
      add({ type: 'dial-began', from: from === undefined ? undefined : channel(from), to: channel(to), dialString }),
      self
    ),
    dialEnd: (to: string, status: DialStatus) => (add({ type: 'dial-ended', to: channel(to), status }), self),
    enter: (bridge: string, ...ids: string[]) => {
      for (const id of ids) add({ type: 'bridge-entered', bridge, channel: channel(id), swap: undefined });
      return self;
    },
    leave: (bridge: string, ...ids: string[]) => {
      for (const id of ids) add({ type: 'bridge-left', bridge, channel: channel(id) });
      return self;
    },
    end: (id: string, cause = 16) => (add({ type: 'channel-ended', channel: channel(id), cause, sip: undefined }), self),
    fact: (fact: JournalFact) => (add(fact), self),
    channel,
  };
  return self;
}

const tell = (events: readonly JournalEvent[]): readonly string[] => play(events, openJournal({ roles }));

const trunk = 'PJSIP/trunk-00000001';
const customer = '79123456789';

describe('call journal: the cases of crm-vtiger 10', () => {
  it('P12: a caller who leaves before an operator is a missed call, whatever the IVR answered', () => {
    const { events } = script('U1', { U1: [trunk, customer] })
      .comes('U1', '5001')
      .end('U1');
    assert.deepEqual(tell(events), [`start inbound ${customer}`, 'end inbound missed talk 0 s']);
  });

  it('B10, ring group: also when nobody listened as they took it', () => {
    const story = script('U1', { U1: [trunk, customer], U2: ['PJSIP/101-0000000a'], U3: ['PJSIP/102-0000000b'] })
      .comes('U1', '5001')
      .dial('U1', 'U2', '101')
      .dial('U1', 'U3', '102');
    const atMs = (story.events.at(-1)?.atMs ?? 0) + 5_000;
    const channels = ['U1', 'U2'].map((id) => ({ ...story.channel(id), bridge: 'B1', createdAtMs: atMs - 4_000 }));
    const { events } = story.fact({ type: 'channels-listed', askedAtMs: atMs, channels }).end('U1').end('U2');
    const lines = tell(events.map((event) => (event.type === 'channels-listed' ? { ...event, atMs } : event)));
    assert.ok(
      lines.some((line) => line.startsWith('leg 102 lost')),
      lines.join('; '),
    );
  });

  it('ring group: the colleague of who answers lost the call, he did not miss it', () => {
    const { events } = script('U1', { U1: [trunk, customer], U2: ['PJSIP/101-0000000a'], U3: ['PJSIP/102-0000000b'] })
      .comes('U1', '5001')
      .dial('U1', 'U2', '101')
      .dial('U1', 'U3', '102')
      .dialEnd('U3', 'CANCEL')
      .dialEnd('U2', 'ANSWER')
      .end('U3', 26)
      .enter('B1', 'U2', 'U1')
      .leave('B1', 'U1', 'U2')
      .end('U1')
      .end('U2');
    assert.deepEqual(tell(events), [
      `start inbound ${customer}`,
      'ring 101',
      'ring 102',
      'leg 102 lost 0 s',
      'talk 101',
      'leg 101 answered 0.1 s',
      'end inbound answered talk 0.1 s',
    ]);
  });

  it('ring time-out: cause 0 is a missed call', () => {
    const { events } = script('U1', { U1: [trunk, customer], U2: ['PJSIP/102-0000000b'] })
      .comes('U1', '5001')
      .dial('U1', 'U2', '102')
      .dialEnd('U2', 'NOANSWER')
      .end('U2', 0)
      .end('U1');
    assert.deepEqual(tell(events), [`start inbound ${customer}`, 'ring 102', 'leg 102 missed 0 s', 'end inbound missed talk 0 s']);
  });

  it('P18: a click that another process ordered is known by its id', () => {
    const id = clickId('main-1', '0123456789abcdef');
    const { events } = script(id, { [id]: ['PJSIP/101-00000001', '101'], U1: [trunk, '84951234567'] })
      .made(id)
      .dial(undefined, id, '101')
      .dialEnd(id, 'ANSWER')
      .made('U1')
      .dial(id, 'U1', 'trunk/sip:84951234567@sbc.example')
      .dialEnd('U1', 'BUSY')
      .end('U1', 17)
      .end(id, 17);
    assert.equal(tell(events)[0], 'start outbound 84951234567 by crm');
    assert.deepEqual(markOfId(id), { origin: 'crm', binding: 'main-1' });
    assert.equal(markOfId('tandem-crm-main-1'), undefined);
  });

  const outbound: readonly (readonly [string, DialStatus, number, string])[] = [
    ['busy 486', 'BUSY', 17, 'busy'],
    ['unallocated 404', 'NOANSWER', 1, 'failed'],
    ['rejected 403', 'NOANSWER', 21, 'rejected'],
    ['congestion 503', 'CONGESTION', 34, 'failed'],
    ['nobody answers', 'NOANSWER', 0, 'missed'],
  ];
  for (const [what, status, cause, outcome] of outbound)
    it(`P18, P19: click-to-call, customer ${what}: told at the second dial, ends as ${outcome}`, () => {
      const { events } = script('tandem-1', { 'tandem-1': ['PJSIP/101-00000001', '101'], U1: [trunk, '84951234567'] })
        .made('tandem-1')
        .fact({
          type: 'marked',
          channel: script('tandem-1', { 'tandem-1': ['PJSIP/101-00000001'] }).channel('tandem-1'),
          origin: 'crm',
          binding: 'b',
        })
        .dial(undefined, 'tandem-1', '101')
        .dialEnd('tandem-1', 'ANSWER')
        .made('U1')
        .dial('tandem-1', 'U1', 'trunk/sip:84951234567@sbc.example')
        .dialEnd('U1', status)
        .end('U1', cause)
        .end('tandem-1', cause);
      assert.deepEqual(tell(events), [
        'start outbound 84951234567 by crm',
        'ring 101',
        `leg 101 ${outcome} 0 s`,
        `end outbound ${outcome} talk 0 s`,
      ]);
    });

  it('P19: click-to-call whose own telephone is not answered is no call of the CRM, and is counted', () => {
    const lone = { 'tandem-1': ['PJSIP/101-00000001', '101'] } as const;
    const { events } = script('tandem-1', lone)
      .made('tandem-1')
      .fact({ type: 'marked', channel: script('tandem-1', lone).channel('tandem-1'), origin: 'crm', binding: 'b' })
      .dial(undefined, 'tandem-1', '101')
      .fact({ type: 'originate-failed', uniqueId: 'tandem-1', reason: 3 })
      .end('tandem-1', 19);
    assert.deepEqual(tell(events), ['agent-no-answer 19']);
  });

  for (const [how, isTogether] of [
    ['with it', true],
    ['after it', false],
  ] as const)
    it(`P11: FollowMe of FreePBX: a number of the list that is rung ${how} stands for the extension`, () => {
      const story = script('U1', {
        U1: [trunk, customer],
        U2: ['Local/FMPR-101@from-internal-00000001;1'],
        U3: ['Local/FMPR-101@from-internal-00000001;2', customer],
        U4: ['PJSIP/101-0000000b'],
        U5: ['Local/FMGL-79169998877#@from-internal-00000002;1'],
        U6: ['Local/FMGL-79169998877#@from-internal-00000002;2', customer],
        U7: ['PJSIP/trunk-0000000c', '79169998877'],
      }).comes('U1', '5005');
      story.made('U2').made('U3').dial('U1', 'U2').dial('U3', 'U4', '101');
      if (!isTogether) story.dialEnd('U4', 'NOANSWER').end('U4', 0).end('U3').end('U2');
      story.made('U5').made('U6').dial('U1', 'U5').dial('U6', 'U7').dialEnd('U7', 'ANSWER').dialEnd('U5', 'ANSWER');
      story.enter('B1', 'U7', 'U6').enter('B2', 'U5', 'U1');
      if (isTogether) story.end('U4', 26).end('U3', 26).end('U2', 26);
      story.end('U1').end('U5').end('U6').end('U7');
      const first = isTogether ? [] : ['leg 101 missed 0 s'];
      const lost = isTogether ? ['leg 101 lost 0 s'] : [];
      const length = isTogether ? '0.4' : '0.1';
      assert.deepEqual(tell(story.events), [
        ...[`start inbound ${customer}`, 'ring 101', ...first, 'ring 101 at 79169998877', 'talk 101', ...lost],
        ...[`leg 101 answered ${length} s`, `end inbound answered talk ${length} s`],
      ]);
    });

  it('P11: FollowMe: the telephone that was silent missed it, the mobile talks for the extension it stands for', () => {
    const { events } = script('U1', {
      U1: [trunk, customer],
      U2: ['Local/101@followme-00000001;1'],
      U3: ['Local/101@followme-00000001;2', customer],
      U4: ['PJSIP/102-0000000b'],
      U5: ['PJSIP/trunk-0000000c', '79169998877'],
    })
      .comes('U1', '5005')
      .made('U2')
      .made('U3')
      .dial('U1', 'U2', '101@followme/n')
      .dial('U3', 'U4', '102')
      .dialEnd('U4', 'NOANSWER')
      .end('U4', 0)
      .dial('U3', 'U5', 'trunk/sip:79169998877@sbc.example')
      .dialEnd('U5', 'ANSWER')
      .dialEnd('U2', 'ANSWER')
      .enter('B1', 'U5', 'U3')
      .enter('B2', 'U2', 'U1')
      .end('U1')
      .end('U2')
      .end('U3')
      .end('U5');
    assert.deepEqual(tell(events), [
      `start inbound ${customer}`,
      'ring 102',
      'leg 102 missed 0 s',
      'ring 101 at 79169998877',
      'talk 101',
      'leg 101 answered 0.1 s',
      'end inbound answered talk 0.1 s',
    ]);
  });

  it('a call to another line of the trunk after a busy one is the same call', () => {
    const { events } = script('A1', { A1: ['PJSIP/101-00000001', '101'], U1: [trunk, '4912'], U2: ['PJSIP/trunk-00000002', '4912'] })
      .comes('A1', '4912')
      .dial('A1', 'U1', 'trunk/4912')
      .dialEnd('U1', 'CONGESTION')
      .end('U1', 34)
      .dial('A1', 'U2', 'trunk/4912')
      .dialEnd('U2', 'ANSWER')
      .enter('B', 'U2', 'A1')
      .end('U2')
      .end('A1');
    assert.deepEqual(tell(events), [
      'start outbound 4912',
      'ring 101',
      'talk 101',
      'leg 101 answered 0.1 s',
      'end outbound answered talk 0.1 s',
    ]);
  });

  it('a call of the dialer, customer first, is outbound, and the agent whom the queue rings is his leg, once', () => {
    const { events } = script('C7', { C7: [trunk, '4912'], 'tandem-leg': ['PJSIP/103-00000003'] })
      .made('C7')
      .dial(undefined, 'C7', 'trunk/4912')
      .dialEnd('C7', 'ANSWER')
      .fact({ type: 'leg-tied', leg: 'tandem-leg', to: 'C7', queue: 'sales' })
      .fact({
        type: 'channel-created',
        channel: { ...script('tandem-leg', {}).channel('tandem-leg'), name: 'PJSIP/103-00000003', isIncoming: false },
      })
      .fact({
        type: 'dial-began',
        from: undefined,
        to: { ...script('tandem-leg', {}).channel('tandem-leg'), name: 'PJSIP/103-00000003' },
        dialString: '103',
      })
      .enter('B', 'C7', 'tandem-leg')
      .end('C7')
      .end('tandem-leg');
    assert.deepEqual(tell(events), [
      'start outbound 4912',
      'ring 103',
      'talk 103',
      'leg 103 answered 0.1 s',
      'end outbound answered talk 0.1 s',
    ]);
  });

  it('an inbound caller in a queue of ours: the leg that was started before it was tied moves to him', () => {
    const { events } = script('U1', { U1: [trunk, customer], 'tandem-leg': ['PJSIP/103-00000003'] }).comes('U1', '500');
    const leg = { ...script('tandem-leg', {}).channel('tandem-leg'), name: 'PJSIP/103-00000003' };
    const rest: JournalFact[] = [
      { type: 'channel-created', channel: { ...leg, isIncoming: false } },
      { type: 'dial-began', from: undefined, to: leg, dialString: '103' },
      { type: 'leg-tied', leg: 'tandem-leg', to: 'U1', queue: 'support' },
    ];
    const after = script('U1', { U1: [trunk, customer], 'tandem-leg': ['PJSIP/103-00000003'] })
      .enter('B', 'U1', 'tandem-leg')
      .end('tandem-leg')
      .end('U1');
    const all = [...events, ...rest.map((fact, n): JournalEvent => ({ switch: 'alpha', atMs: startMs + 200 + n, ...fact }))].concat(
      after.events.map((event) => ({ ...event, atMs: event.atMs + 1_000 })),
    );
    assert.deepEqual(tell(all), [
      `start inbound ${customer}`,
      'ring 103',
      'talk 103',
      'leg 103 answered 0.1 s',
      'end inbound answered talk 0.1 s',
    ]);
  });

  it('P5: at every event of a call the journal can be stored and taken up again: the same call', () => {
    const { events } = script('U1', { U1: [trunk, customer], U2: ['PJSIP/101-0000000a'], U3: ['PJSIP/102-0000000b'] })
      .comes('U1', '5001')
      .dial('U1', 'U2', '101')
      .dialEnd('U2', 'ANSWER')
      .enter('B1', 'U2', 'U1')
      .fact({ type: 'blind-transferred', transferer: 'U2', transferee: 'U1', extension: '102', context: 'x', isSuccess: true })
      .leave('B1', 'U1', 'U2')
      .end('U2')
      .dial('U1', 'U3', '102')
      .dialEnd('U3', 'ANSWER')
      .enter('B2', 'U3', 'U1')
      .end('U1')
      .end('U3');
    const story = tell(events);
    assert.equal(story.length, 9, story.join('\n'));
    for (let cut = 1; cut < events.length; cut++) {
      const first = createJournal({ roles, systemOf: (name) => name });
      const before = events.slice(0, cut).flatMap((event) => first.step(event).notices);
      const stored = JSON.parse(JSON.stringify(first.open())) as JournalCall[];
      const after = play(events.slice(cut), createJournal({ roles, systemOf: (name) => name }, stored));
      assert.deepEqual(after, story.slice(before.length), `cut at ${String(cut)}`);
    }
  });

  it('B10: after a lost connection calls that nobody told of are taken in with who talks, and end', () => {
    const { channel } = script('U1', { U1: [trunk, customer], U2: ['PJSIP/101-0000000a'] });
    const at = startMs + 60_000;
    const list: JournalEvent = {
      switch: 'alpha',
      atMs: at,
      type: 'channels-listed',
      askedAtMs: at,
      channels: [
        { ...channel('U2'), bridge: 'B1', createdAtMs: startMs + 5_000 },
        { ...channel('U1', { extension: '5001' }), bridge: 'B1', createdAtMs: startMs },
      ],
    };
    const gone: JournalEvent = {
      switch: 'alpha',
      atMs: at + 10_000,
      type: 'channel-ended',
      channel: channel('U1'),
      cause: 16,
      sip: undefined,
    };
    assert.deepEqual(tell([list, gone]), [
      `start inbound ${customer}`,
      'ring 101',
      'talk 101',
      'leg 101 answered 10 s',
      'end inbound answered talk 10 s',
    ]);
  });

  it('8.4: a call that nothing is heard of for twelve hours is closed with what is known', () => {
    const journal = openJournal({ roles });
    const { events } = script('U1', { U1: [trunk, customer] }).comes('U1', '5001');
    const before = events.flatMap((event) => journal.step(event).notices);
    assert.equal(before.length, 1);
    const due = journal.nextDueMs();
    assert.equal(due, startMs + 12 * 3_600_000);
    const { notices, forgotten } = journal.step({ switch: 'alpha', type: 'time-passed', atMs: due });
    assert.deepEqual(
      notices.map((notice) => notice.type === 'call-ended' && notice.call.endReason),
      ['silent'],
    );
    assert.deepEqual(forgotten, ['alpha-U1']);
  });

  it('two customers in one conference keep their agents', () => {
    const one = script('U1', { U1: [trunk, customer], A1: ['PJSIP/101-0000000a'] })
      .comes('U1')
      .dial('U1', 'A1')
      .enter('B1', 'U1', 'A1');
    const two = script('V1', { V1: ['PJSIP/trunk-00000009', '4912'], A2: ['PJSIP/102-0000000b'] })
      .comes('V1')
      .dial('V1', 'A2')
      .enter('B1', 'V1', 'A2');
    const journal = openJournal({ roles });
    for (const event of [...one.events, ...two.events]) journal.step(event);
    assert.deepEqual(
      journal.open().map((call) => call.legs.map((leg) => leg.extension)),
      [['101'], ['102']],
    );
  });

  it('more open calls than the bound are turned away, counted, and harm nobody', () => {
    const journal = openJournal({ roles, callsMax: 1 });
    const events = ['U1', 'V1'].flatMap(
      (id) =>
        script(id, { [id]: [`PJSIP/trunk-0000000${id === 'U1' ? '1' : '2'}`, customer] })
          .comes(id, '500')
          .end(id).events,
    );
    const [first, ...rest] = events;
    assert.ok(first);
    journal.step(first);
    for (const event of rest.slice(1)) journal.step(event);
    assert.equal(journal.turnedAway(), 1);
    assert.equal(journal.open().length, 1);
  });
});
