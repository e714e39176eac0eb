/** Agents' contacts and legs on FreeSWITCH (F14, F15): what a real FreeSWITCH 1.10.12 took, literally, and what is refused. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  freeswitchContact,
  freeswitchContactProblem,
  freeswitchSound,
  isOriginateValue,
  legProgram,
  originateCommand,
  originateVariables,
  transferToProgram,
  wholeSeconds,
} from '../core/dial-string-freeswitch.js';
import { hasCode } from '../core/errors.js';

const refused = (error: unknown) => hasCode(error, 'TDM_BAD_VALUE');

describe('dial strings: contacts on FreeSWITCH', () => {
  const taken = [
    ['1001', 'user/1001@default', '1001'],
    ['1001@pbx.example', 'user/1001@pbx.example', '1001'],
    [' user/1001@default ', 'user/1001@default', '1001'],
    ['USER/1001', 'user/1001@default', '1001'],
    ['[leg_timeout=10]user/1001@default', '[leg_timeout=10]user/1001@default', '1001'],
    ['sofia/gateway/carrier/+4930123', 'sofia/gateway/carrier/+4930123', '+4930123'],
    ['sofia/internal/1001@192.0.2.7:5066', 'sofia/internal/1001@192.0.2.7:5066', '1001'],
    ['sofia/internal/1001%pbx.example', 'sofia/internal/1001%pbx.example', '1001'],
    ['loopback/agent', 'loopback/agent/default', 'agent'],
    ['loopback/agent/queues', 'loopback/agent/queues', 'agent'],
    ['${verto_contact(1001@pbx.example)}', 'verto.rtc/1001@pbx.example', '1001'],
    ['verto.rtc/1001@pbx.example', 'verto.rtc/1001@pbx.example', '1001'],
    ['error/USER_BUSY', 'error/USER_BUSY', ''],
    ['user/1@a,user/2@a', 'user/1@a,user/2@a', '1'],
    ['[leg_timeout=5]user/1@a|[leg_timeout=9]user/2@a', '[leg_timeout=5]user/1@a|[leg_timeout=9]user/2@a', '1'],
    ['[sip_h_X-Kind=queue call,sip_auto_answer=true]user/1@a', '[sip_h_X-Kind=queue\\scall,sip_auto_answer=true]user/1@a', '1'],
  ] as const;
  for (const [contact, dial, number] of taken) {
    it(`F14: "${contact}" dials ${dial}`, () => {
      const read = freeswitchContact(contact, 'default');
      assert.deepEqual([read.dial, read.number], [dial, number]);
    });
  }

  it('F15: the timeout of the whole contact is a limit of the ring; other options go with ours', () => {
    const { ringMsMax, options, dial } = freeswitchContact('{originate_timeout=15,absolute_codec_string=PCMU}user/1@a', 'default');
    assert.deepEqual([ringMsMax, options, dial], [15_000, { absolute_codec_string: 'PCMU' }, 'user/1@a']);
  });

  it('an account may have several telephones: only of a single channel the id can be chosen', () => {
    const isOne = (contact: string) => freeswitchContact(contact, 'd').isOneChannel;
    assert.deepEqual(['sofia/gateway/g/1', 'sofia/internal/1@h', 'loopback/1/c', 'error/X'].map(isOne), [true, true, true, true]);
    assert.deepEqual(
      ['1', 'user/1@a', 'sofia/internal/1%a', 'verto.rtc/1@a', 'loopback/1/c,loopback/2/c'].map(isOne),
      Array(5).fill(false),
    );
  });

  it('F15: accounts whose registration counts, and contacts behind a loopback', () => {
    assert.deepEqual(freeswitchContact('user/1@a,sofia/gateway/g/2,3', 'd').users, [
      { user: '1', domain: 'a' },
      { user: '3', domain: 'd' },
    ]);
    assert.deepEqual([freeswitchContact('loopback/1/c', 'd').isLoopback, freeswitchContact('1', 'd').isLoopback], [true, false]);
  });

  const bad = [
    '',
    '   ',
    'user/',
    'user/a b@c',
    'user/1@a@b',
    'user/${caller_id_number}@a',
    '${sofia_contact(1@a)}',
    '${verto_contact(1@a) ${x}}',
    '${verto_contact()}',
    'PJSIP/1001',
    'sofia/1001',
    'sofia/gateway/g',
    'sofia/gateway/g/1/2',
    'sofia/internal/sip:1@h;x=y',
    'loopback/1/c/d',
    'error/a b',
    'user/1@a,',
    ',user/1@a',
    'user/1@a,,user/2@a',
    'user/1@a,user/2@a|user/3@a',
    Array.from({ length: 9 }, (_, n) => `user/${n}@a`).join(','),
    '[origination_uuid=x]user/1@a',
    '[tandem_leg=x]user/1@a',
    '[leg_timeout=0]user/1@a',
    '[leg_timeout=99999]user/1@a',
    '[leg_timeout=5;x]user/1@a',
    '[api_hangup_hook=system rm]user/1@a',
    '[execute_on_answer=system rm]user/1@a',
    '{originate_timeout=x}user/1@a',
    '{leg_timeout=5}',
    '{leg_timeout=5}{leg_timeout=6}user/1@a',
    'user/1@a &park()',
    "user/1@a'",
    'user/1@a\nbgapi shutdown',
    '[sip_h_X-A=a|b]user/1@a',
    'u'.repeat(2_000),
  ];
  for (const contact of bad) {
    it(`B4: refuses ${JSON.stringify(contact.slice(0, 60))}`, () => {
      assert.throws(() => freeswitchContact(contact, 'default'), refused);
      assert.equal(typeof freeswitchContactProblem(contact), 'string');
    });
  }

  it('the provisioning hears nothing of a good contact', () => assert.equal(freeswitchContactProblem('user/1001@default'), undefined));
});

describe('dial strings: legs on FreeSWITCH', () => {
  it('B4: blanks, commas and apostrophes have the form in which the switch gave them back', () => {
    // seen on a telephone as: Foo Bar, J'n
    assert.equal(
      originateVariables({ a: 'x y', origination_caller_id_name: "Foo Bar, J'n" }),
      "{a=x\\sy,origination_caller_id_name=Foo\\sBar\\,\\sJ\\'n}",
    );
    assert.equal(originateVariables({ name: 'Grüße an Ä' }), '{name=Grüße\\san\\sÄ}');
  });

  it('B4: a value that has no such form is refused, and none leaves its braces', () => {
    for (const value of ['', ' a', 'a ', 'a}b', 'a{', 'a|b', 'a\\b', 'a"b', '${x}', '$x', 'a<b', 'a\nb', '^^:a']) {
      assert.equal(isOriginateValue(value) && !/[\n]/.test(value), false, JSON.stringify(value));
      assert.throws(() => originateVariables({ name: value }), refused, JSON.stringify(value));
    }
    assert.throws(() => originateVariables({ 'a=b': 'c' }), refused);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (value) => {
        let text: string;
        try {
          text = originateVariables({ name: value, end: '1' });
        } catch (error) {
          assert.ok(refused(error));
          return;
        }
        // what the switch makes of it: one word, two variables
        assert.ok(!/[ \n]/.test(text));
        const parts = text.slice(1, -1).match(/(?:\\.|[^,\\])+/g) ?? [];
        assert.deepEqual([parts.length, parts[1]], [2, 'end=1']);
        assert.equal(
          parts[0]
            ?.slice('name='.length)
            .replace(/\\s/g, ' ')
            .replace(/\\([,'])/g, '$1'),
          value,
        );
      }),
    );
  });

  it('a leg’s program is one quoted word', () => {
    const steps = [
      { application: 'playback', argument: 'ivr/ivr-one_moment_please.wav' },
      { application: 'set', argument: 'x=${uuid_bridge(a ${uuid})}', isExpanded: true },
    ] as const;
    assert.equal(legProgram(steps), 'm:^:playback:ivr/ivr-one_moment_please.wav^set:x=${uuid_bridge(a ${uuid})}');
    assert.equal(
      originateCommand({ a: '1' }, 'user/1@a', steps.slice(0, 1)),
      "originate {a=1}user/1@a 'm:^:playback:ivr/ivr-one_moment_please.wav' inline",
    );
    assert.equal(transferToProgram('u-1', steps.slice(0, 1)), "uuid_transfer u-1 'm:^:playback:ivr/ivr-one_moment_please.wav' inline");
  });

  it('B4: no step ends another one, or the word, or is expanded unless Tandem wrote it', () => {
    for (const argument of ['a^hangup:', "a' inline", 'a\\', 'a\nb', '${system ls}'])
      assert.throws(() => legProgram([{ application: 'playback', argument }]), refused, argument);
    assert.throws(() => legProgram([{ application: 'playback^x', argument: '' }]), refused);
    assert.throws(() => transferToProgram('u 1', []), refused);
  });

  it('sounds: files and streams of the switch', () => {
    assert.equal(freeswitchSound('tone_stream://%(200,0,800);loops=2'), 'tone_stream://%(200,0,800);loops=2');
    assert.equal(freeswitchSound('/srv/sounds/a.wav'), '/srv/sounds/a.wav');
    for (const file of ['a b.wav', '../a.wav', 'tone_stream://%(200,0,800) x', "local_stream://a'b", 'x^y', ''])
      assert.throws(() => freeswitchSound(file), refused);
  });

  it('seconds are whole and never none', () =>
    assert.deepEqual([0, 1, 1_000, 1_001, 15_000].map(wholeSeconds), ['1', '1', '1', '2', '15']));
});
