import assert from 'node:assert/strict';
import type { JournalEvent } from '../core/journal/events.js';
import { assertEndsWhateverIsLost, openJournal, play, recordedFacts } from './support/journal-drive.js';

/** What each recorded session is, in the journal's words: 1010 is the customer, 1011 and 1012 are agents. */
const stories: Readonly<Record<string, readonly string[]>> = {
  '02-answered-call': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 1.5 s', 'end inbound answered talk 1.5 s'],
  '03-busy': ['start inbound 1010', 'ring 1011', 'leg 1011 busy 0 s', 'end inbound busy talk 0 s'],
  '04-no-answer': ['start inbound 1010', 'ring 1011', 'leg 1011 missed 0 s', 'end inbound missed talk 0 s'],
  '05-caller-hangs-up-while-ringing': ['start inbound 1010', 'ring 1011', 'leg 1011 missed 0 s', 'end inbound missed talk 0 s'],
  '06-rejected-and-unreachable': [
    'start inbound 1010',
    'ring 1011',
    'leg 1011 rejected 0 s',
    'start inbound 1010',
    'ring 1011',
    'end inbound rejected talk 0 s',
    'leg 1011 missed 0 s',
    'end inbound missed talk 0 s',
  ],
  '10-queue-answered': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 1.5 s', 'end inbound answered talk 1.5 s'],
  '11-queue-caller-abandons': ['start inbound 1010', 'ring 1011', 'leg 1011 missed 0 s', 'end inbound missed talk 0 s'],
  '20-blind-transfer-sip-refer': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'transfer blind 1011 to 1012',
    'leg 1011 answered 1.5 s',
    'ring 1012',
    'talk 1012',
    'leg 1012 answered 1.7 s',
    'end inbound answered talk 3.2 s',
  ],
  '21-blind-transfer-ami': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'transfer blind 1011 to 1012',
    'leg 1011 answered 0.8 s',
    'ring 1012',
    'talk 1012',
    'leg 1012 answered 1.7 s',
    'end inbound answered talk 2.5 s',
  ],
  '22-attended-transfer-sip-replaces': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    // the second line of the same telephone asks a colleague
    'start internal 1012',
    'ring 1011',
    'talk 1011',
    'ring 1012',
    'talk 1012',
    'transfer attended 1011 to 1012',
    'leg 1011 answered 3.2 s',
    'leg 1011 answered 1.2 s',
    'end internal answered talk 1.2 s',
    'leg 1012 answered 2 s',
    'end inbound answered talk 5.2 s',
  ],
  '23-attended-transfer-ami-atxfer': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'ring 1012',
    'talk 1012',
    'transfer attended 1011 to 1012',
    'leg 1011 answered 1.2 s',
    'leg 1012 answered 1.5 s',
    'end inbound answered talk 2.7 s',
  ],
  '24-attended-transfer-dtmf': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'ring 1012',
    'talk 1012',
    'transfer attended 1011 to 1012',
    'leg 1011 answered 3.5 s',
    'leg 1012 answered 1.5 s',
    'end inbound answered talk 5 s',
  ],
  '30-click-to-call': ['start internal 1012', 'ring 1011', 'talk 1011', 'leg 1011 answered 1.5 s', 'end internal answered talk 1.5 s'],
  '31-click-to-call-agent-no-answer': [],
  '32-click-to-call-agent-busy': [],
  '33-click-to-call-customer-busy': ['start internal 1012', 'ring 1011', 'leg 1011 busy 0 s', 'end internal busy talk 0 s'],
  '34-originate-errors': [],
  '40-redirect-of-a-waiting-channel': ['start inbound 1010', 'end inbound missed talk 0 s'],
  '43-mixmonitor-hold-dtmf-mute': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'leg 1011 answered 2.8 s',
    'end inbound answered talk 2.8 s',
  ],
};

describe('call journal: recorded sessions of Asterisk', () => {
  for (const [name, story] of Object.entries(stories)) {
    it(`P4, P7, P8, P10, B28: ${name}`, () => {
      const journal = openJournal();
      assert.deepEqual(play(recordedFacts(name), journal), story);
      assert.deepEqual(journal.open(), [], 'nothing stays open');
    });

    it(`B10: ${name}, every event told twice, is the same call`, () => {
      assert.deepEqual(play(recordedFacts(name).flatMap((event) => [event, event])), story);
    });
  }

  it('P9, P22: the recording is told of when its file is closed, with the agent who talks on it', () => {
    assert.deepEqual(play(recordedFacts('01-answered-call-full')), [
      'start inbound 1010',
      'ring 1011',
      'talk 1011',
      'leg 1011 answered 2 s',
      'end inbound answered talk 2 s',
      'recording 1011 /var/spool/asterisk/monitor/20261121-191839-1010-1795288719.175.wav',
    ]);
  });

  it('B10: whatever is lost on the way, a list of the living channels ends every call once, and nothing stays open', () => {
    assertEndsWhateverIsLost(Object.keys(stories), (name, isKept) => recordedFacts(name).filter((_, n) => isKept(n)), {
      at: 'alpha',
      open: openJournal,
      eventsMax: 40,
    });
  });

  it('the last events of a call may come in any order: outcome, agent and talk stay', () => {
    const events = recordedFacts('02-answered-call');
    const ends = events.filter(({ type }) => type === 'channel-ended');
    const rest = events.filter(({ type }) => type !== 'channel-ended');
    assert.equal(ends.length, 2);
    const [one, two] = ends as [JournalEvent, JournalEvent];
    assert.deepEqual(play([...rest, one, two]), stories['02-answered-call']);
    assert.deepEqual(play([...rest, two, one]), stories['02-answered-call']);
  });
});
