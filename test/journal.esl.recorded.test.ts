import assert from 'node:assert/strict';
import fc from 'fast-check';
import { eslFacts } from '../core/journal/esl-facts.js';
import type { JournalCall } from '../core/journal/call.js';
import type { JournalEvent } from '../core/journal/events.js';
import { createJournal } from '../core/journal/journal.js';
import { createRoles } from '../core/journal/roles.js';
import { eslRecordings, eslRoles, factsOf, fieldsOf, openEslJournal, recordedHeaders, type Headers } from './support/esl-journal.js';
import { assertEndsWhateverIsLost, play, startMs, tell as step } from './support/journal-drive.js';

const recordingFile = '/var/spool/recordings/959a97df-dd44-497f-a35e-52c234f195ec.wav';

/** What each recorded call is: 1010 is the customer, 1011 and 1012 are agents, 1019 has a mobile. */
const stories: Readonly<Record<string, readonly string[]>> = {
  '01-answered': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'leg 1011 answered 1.5 s',
    'end inbound answered talk 1.5 s',
    `recording 1011 ${recordingFile}`,
  ],
  '02-busy': ['start inbound 1010', 'ring 1011', 'leg 1011 busy 0 s', 'end inbound busy talk 0 s'],
  '03-ring-time-out': ['start inbound 1010', 'ring 1011', 'leg 1011 missed 0 s', 'end inbound missed talk 0 s'],
  '04-ringing-gone': ['start inbound 1010', 'ring 1011', 'leg 1011 missed 0 s', 'end inbound missed talk 0 s'],
  '05-left-early': ['start inbound 1010', 'end inbound missed talk 0 s'],
  '06-ring-all': [
    'start inbound 1010',
    'ring 1011',
    'ring 1012',
    'leg 1012 lost 0 s',
    'talk 1011',
    'leg 1011 answered 0.9 s',
    'end inbound answered talk 0.9 s',
  ],
  '07-ring-in-turn': [
    'start inbound 1010',
    'ring 1011',
    'leg 1011 missed 0 s',
    'ring 1012',
    'talk 1012',
    'leg 1012 answered 0.9 s',
    'end inbound answered talk 0.9 s',
  ],
  '08-loopback': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 1.2 s', 'end inbound answered talk 1.2 s'],
  '09-loopback-stays': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 1.2 s', 'end inbound answered talk 1.2 s'],
  '10-forward': [
    'start inbound 1020',
    'ring 1019 at 79161234567',
    'talk 1019',
    'leg 1019 answered 0.9 s',
    'end inbound answered talk 0.9 s',
  ],
  '12-queue-devices': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 1 s', 'end inbound answered talk 1 s'],
  '20-blind-refer': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'transfer blind 1011 to 1012',
    'leg 1011 answered 0.7 s',
    'ring 1012',
    'talk 1012',
    'leg 1012 answered 0.9 s',
    'end inbound answered talk 1.7 s',
  ],
  '21-blind-uuid': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'transfer blind 1011 to 1012',
    'leg 1011 answered 0.8 s',
    'ring 1012',
    'talk 1012',
    'leg 1012 answered 0.9 s',
    'end inbound answered talk 1.7 s',
  ],
  '22-attended-refer': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'start internal 1012',
    'ring 1011',
    'talk 1011',
    'leg 1011 answered 0.8 s',
    'leg 1011 answered 1.7 s',
    'ring 1012',
    'talk 1012',
    'transfer attended 1011 to 1012',
    'end internal answered talk 0.8 s',
    'leg 1012 answered 0.9 s',
    'end inbound answered talk 2.6 s',
  ],
  '23-attended-app': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'ring 1012',
    'talk 1012',
    'transfer attended 1011 to 1012',
    'leg 1011 answered 0.9 s',
    'leg 1012 answered 0.9 s',
    'end inbound answered talk 1.8 s',
  ],
  '24-attended-cancel': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 1.6 s', 'end inbound answered talk 1.6 s'],
  '25-park': [
    'start inbound 1010',
    'ring 1011',
    'talk 1011',
    'leg 1011 answered 0.7 s',
    'ring 1012',
    'talk 1012',
    'leg 1012 answered 0.9 s',
    'end inbound answered talk 1.6 s',
  ],
  '26-menu-then-talk': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 0.5 s', 'end inbound answered talk 0.5 s'],
  '30-outbound': ['start outbound 79161234567', 'ring 1011', 'talk 1011', 'leg 1011 answered 0.9 s', 'end outbound answered talk 0.9 s'],
  '31-outbound-busy': ['start outbound 79161234567', 'ring 1011', 'leg 1011 busy 0 s', 'end outbound busy talk 0 s'],
  '32-outbound-refer': [
    'start outbound 79161234567',
    'ring 1011',
    'talk 1011',
    'transfer blind 1011 to 1012',
    'ring 1012',
    'leg 1011 answered 0.7 s',
    'talk 1012',
    'leg 1012 answered 0.9 s',
    'end outbound answered talk 1.7 s',
  ],
  '33-outbound-uuid': [
    'start outbound 79161234567',
    'ring 1011',
    'talk 1011',
    'leg 1011 answered 0.8 s',
    'transfer blind 1011 to 1012',
    'ring 1012',
    'talk 1012',
    'leg 1012 answered 0.9 s',
    'end outbound answered talk 1.7 s',
  ],
  '34-outbound-attended': [
    'start outbound 79161234567',
    'ring 1011',
    'talk 1011',
    'ring 1012',
    'talk 1012',
    'transfer attended 1011 to 1012',
    'leg 1011 answered 0.9 s',
    'leg 1012 answered 0.9 s',
    'end outbound answered talk 1.8 s',
  ],
  '35-internal': ['start internal 1012', 'ring 1011', 'talk 1011', 'leg 1011 answered 0.7 s', 'end internal answered talk 0.7 s'],
  '40-click': [
    'start outbound 79161234567 by crm',
    'ring 1011',
    'talk 1011',
    'leg 1011 answered 0.9 s',
    'end outbound answered talk 0.9 s',
  ],
  '41-click-no-answer': ['agent-no-answer 19'],
  '42-click-customer-busy': ['start outbound 79161234567 by crm', 'ring 1011', 'leg 1011 busy 0 s', 'end outbound busy talk 0 s'],
  '52-spy': ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 1.6 s', 'end inbound answered talk 1.6 s'],
};

const facts = (name: string): JournalEvent[] => factsOf(recordedHeaders(name));
const tell = (name: string): readonly string[] => play(facts(name), openEslJournal());

describe('call journal: recorded calls of FreeSWITCH', () => {
  it('every recording has its story', () => {
    assert.deepEqual(
      eslRecordings.filter((name) => !Object.hasOwn(stories, name)),
      ['11-queue', '50-tenant-b', '51-auth'],
    );
  });

  for (const [name, story] of Object.entries(stories)) {
    it(`P4, P7, P8, P10, B28: FreeSWITCH ${name}`, () => {
      const journal = openEslJournal();
      assert.deepEqual(play(facts(name), journal), story);
      assert.deepEqual(journal.open(), [], 'nothing stays open');
    });

    it(`B10: FreeSWITCH ${name}, every event told twice, is the same call`, () => {
      const twice = recordedHeaders(name).flatMap((event) => [event, event]);
      assert.deepEqual(play(factsOf(twice), openEslJournal()), story);
      assert.deepEqual(
        play(
          facts(name).flatMap((fact) => [fact, fact]),
          openEslJournal(),
        ),
        story,
      );
    });

    it(`B10: FreeSWITCH ${name}, killed after any event, another process goes on with the same call`, () => {
      const events = facts(name);
      for (let cut = 1; cut < events.length; cut++) {
        const first = openEslJournal();
        const before = events.slice(0, cut).flatMap((event) => step(first, event));
        const stored = JSON.parse(JSON.stringify(first.open())) as JournalCall[];
        const second = createJournal({ roles: eslRoles, systemOf: (at) => at }, stored);
        // the end of a call may be told a little later by who was not there at its time
        assert.deepEqual([...before, ...play(events.slice(cut), second)].sort(), [...story].sort(), `cut at ${String(cut)}`);
      }
    });
  }

  it('P4: a queue of our own: each telephone is rung for the caller, and who was not there has missed him', () => {
    const events = facts('11-queue');
    const caller = '05157b5f';
    const to = recordedHeaders('11-queue')[0]?.['Unique-ID'] ?? assert.fail('no caller');
    assert.ok(to.startsWith(caller));
    const ties = ['tandem-leg-1', 'tandem-leg-2'].map((leg): JournalEvent => ({
      switch: 'fs',
      atMs: events[0]?.atMs ?? 0,
      type: 'leg-tied',
      leg,
      to,
      queue: 'support',
    }));
    const roles = createRoles({ '1011': 'sofia/internal/1011', '1012': 'user/1012@a.example' });
    const journal = openEslJournal(roles);
    assert.deepEqual(play([events[0] ?? assert.fail('no event'), ...ties, ...events.slice(1)], journal), [
      'start inbound 1010',
      'ring 1012',
      'leg 1012 missed 0 s',
      'ring 1011',
      'talk 1011',
      'leg 1011 answered 1 s',
      'end inbound answered talk 1 s',
    ]);
  });

  it('CRM-19: the same extension of two tenants is two telephones, each of its own domain', () => {
    const of = (domain: string): readonly string[] =>
      play(facts('50-tenant-b'), openEslJournal(createRoles([{ '1011': `user/1011@${domain}` }, { '1011': 'user/1011@c.example' }])));
    const story = ['start inbound 1010', 'ring 1011', 'talk 1011', 'leg 1011 answered 0.7 s', 'end inbound answered talk 0.7 s'];
    assert.deepEqual(of('b.example'), story);
    assert.deepEqual(of('a.example'), ['start inbound 1010', 'end inbound missed talk 0 s'], 'nobody of ours was rung');
    const both = createRoles([{ '101': 'user/1011@a.example' }, { '201': 'user/1011@b.example' }]);
    assert.deepEqual(
      play(facts('50-tenant-b'), openEslJournal(both)),
      story.map((line) => line.replace('1011', '201')),
    );
  });

  it('CRM-20: whose call it is, is told by the password, never by the From that a stranger writes', () => {
    const roles = createRoles({ '1011': 'user/1011@a.example' });
    const told = play(facts('51-auth'), openEslJournal(roles));
    assert.ok(told.includes('start outbound 79161234567') && told.includes('ring 1011'), told.join(', '));
    const stranger = facts('35-internal'); // From: 1011, and no password
    assert.ok(play(stranger, openEslJournal(roles)).includes('start inbound 1011'));
    // a number behind a gateway is nobody's telephone, also where the dialplan shows it as busy in somebody's name
    const shown = recordedHeaders('30-outbound').map((event) =>
      event['variable_sip_gateway_name'] === undefined ? event : { ...event, 'Channel-Presence-ID': '1012@a.example' },
    );
    const behind = createRoles({ '1011': 'sofia/internal/1011', '1012': 'user/1012@a.example', '7': 'sofia/external/79161234567' });
    assert.deepEqual(play(factsOf(shown), openEslJournal(behind)), stories['30-outbound']);
  });

  it('B10: a call that is nobody’s from its first event on is none: no row is stored for it', () => {
    for (const name of eslRecordings) {
      const journal = openEslJournal();
      const stored = new Set<string>();
      for (const event of facts(name)) {
        const { changed, forgotten } = journal.step(event);
        for (const { id } of changed) {
          assert.ok(stored.has(id) || !forgotten.includes(id), `${name}: ${event.type} ${id}`);
          stored.add(id);
        }
      }
    }
  });

  it('P8: a step of the dialplan before or after the talk is no transfer of the agent', () => {
    const events = recordedHeaders('26-menu-then-talk');
    assert.ok(events.some((event) => event['variable_transfer_source']?.includes(':bl_xfer:201/public/XML')));
    assert.ok(tell('26-menu-then-talk').every((line) => !line.startsWith('transfer')));
  });

  it('B10: whatever is lost on the way, a list of the living channels ends every call once, and nothing stays open', () => {
    assertEndsWhateverIsLost(eslRecordings, (name, isKept) => factsOf(recordedHeaders(name).filter((_, n) => isKept(n))), {
      at: 'fs',
      open: openEslJournal,
      eventsMax: 60,
    });
  });

  it('B10: events of two channels that come in the other order make the same call', () => {
    const begins = new Set(['CHANNEL_CREATE', 'CHANNEL_ORIGINATE']);
    const mayChange = (a: Headers, b: Headers): boolean =>
      a['Unique-ID'] !== b['Unique-ID'] &&
      !begins.has(a['Event-Name'] ?? '') &&
      !begins.has(b['Event-Name'] ?? '') &&
      Math.abs(Number(a['Event-Date-Timestamp']) - Number(b['Event-Date-Timestamp'])) <= 20_000;
    const ends = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => /^(?:start|end|talk|transfer)/.test(line)).map((line) => line.replace(/ talk [0-9.]+ s$/, ''));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(stories)), fc.array(fc.nat(59), { maxLength: 30 }), (name, swaps) => {
        const events = [...recordedHeaders(name)];
        for (const n of swaps) {
          const [a, b] = [events[n], events[n + 1]];
          if (a && b && mayChange(a, b)) [events[n], events[n + 1]] = [b, a];
        }
        const journal = openEslJournal();
        const told = ends(play(factsOf(events), journal));
        assert.deepEqual([...told].sort(), [...ends(stories[name] ?? [])].sort());
        assert.deepEqual(journal.open(), []);
      }),
      { numRuns: 500 },
    );
  });

  it('CRM-20: nothing in an event stops the journal, and nothing foreign gets into the id of a call', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constantFrom('__proto__', 'a/b/c', '1:2:bl_xfer:', 'sofia//@', 'loopback/-a', '\0\n'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...eslRecordings), fc.nat(59), fc.nat(30), text, (name, n, key, value) => {
        const events = recordedHeaders(name).map((event, at) => {
          const header = Object.keys(event)[key];
          return at === n && header !== undefined ? { ...event, [header]: value } : event;
        });
        const journal = openEslJournal();
        for (const event of events) {
          for (const fact of eslFacts(fieldsOf(event))) journal.step({ switch: 'fs', atMs: startMs, ...fact });
          for (const call of journal.open()) assert.match(call.id, /^[A-Za-z0-9._-]{1,100}$/);
        }
      }),
      { numRuns: 400 },
    );
  });
});
