/** The commands by which customers are called: literal where the reference has them, and no value can bring anything of its own (dialer.md A9, A10). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asteriskChannelId, asteriskOriginate, callIdOfChannel, freeswitchOriginate } from '../core/dialer/dial-strings.js';
import type { OriginateOrder } from '../core/dialer/engine-words.js';
import { hasCode } from '../core/errors.js';
import { dialOrder } from './support/dial-order.js';

const id = 'c0ffee00-0000-4000-8000-000000000001';

describe('dial strings: FreeSWITCH', () => {
  const a9 = `{session_in_hangup_hook=true,domain_name=192.0.2.10,record_session=true,origination_caller_id_name=9664,origination_caller_id_number=9664,call_direction=outbound,origination_uuid=${id}}sofia/gateway/carrier/4915112345 9664 XML 192.0.2.10`;
  const a10 = `originate {ignore_early_media=true,session_in_hangup_hook=true,sip_h_X-Destination-Number=1218,sip_h_X-CallType=PROGRESSIVE,customer_number=4915112345,sip_h_X-CALL-VARIABLE0=${id},sip_h_X-Call-Id=${id},domain_name=192.0.2.10,record_session=true,call_direction=outbound,sip_h_X-queueType=NAME,sip_h_X-queue='sales',origination_uuid=${id},origination_caller_id_name=1004,origination_caller_id_number=1004,sip_h_X-agentExtension=1004}sofia/gateway/carrier/4915112345 agent XML 192.0.2.10`;

  it('E48: the IVR call of the reference, byte by byte', () => {
    const order = dialOrder({ kind: 'ivr', mode: 'IVR', strictStrings: true, record: false });
    assert.equal(freeswitchOriginate(order), `originate ${a9}`);
  });

  it('E48: without the wish to be literal a carrier’s announcement is no answer, and nothing else differs', () => {
    const order = dialOrder({ kind: 'ivr', mode: 'IVR', callerId: '' });
    assert.equal(freeswitchOriginate(order), `originate ${a9.replace('{', '{ignore_early_media=true,')}`);
  });

  it('E48: the campaign’s caller id and its wish not to record replace the reference’s', () => {
    const command = freeswitchOriginate(dialOrder({ kind: 'ivr', record: false, domain: '' }));
    assert.match(command, /origination_caller_id_name=4930555,origination_caller_id_number=4930555,/);
    assert.match(command, /record_session=false/);
    assert.match(command, / 9664 XML tandem_dialer$/);
    assert.doesNotMatch(command, /domain_name/);
  });

  it('E61: the agent call of the reference, byte by byte, literal or not', () => {
    const order = dialOrder({ kind: 'agent-connector', strictStrings: true, record: false });
    assert.equal(freeswitchOriginate(order), a10);
    assert.equal(freeswitchOriginate({ ...order, strictStrings: false, callerId: '', record: true }), a10);
  });

  it('E61: a queue by its id, a queue name with a blank, and the campaign’s caller id', () => {
    const order = dialOrder({ kind: 'agent-connector', queueType: 'ID', queueName: 'second line' });
    const command = freeswitchOriginate(order);
    assert.ok(command.includes(",sip_h_X-queueType=ID,sip_h_X-queue='second line',"));
    assert.ok(command.includes('origination_caller_id_name=4930555,origination_caller_id_number=4930555,sip_h_X-agentExtension=1004}'));
  });

  it('E10: our own calls carry plain variables, which no carrier sees, and the campaign’s caller id', () => {
    const command = freeswitchOriginate(
      dialOrder({ strictStrings: true, amd: { mode: 'switch', maxMs: 1_800 }, fallbackSound: 'custom/spring.wav', ringTimeoutMs: 20_500 }),
    );
    assert.equal(
      command,
      `originate {ignore_early_media=true,originate_timeout=21,session_in_hangup_hook=true,origination_uuid=${id},origination_caller_id_name=4930555,origination_caller_id_number=4930555,call_direction=outbound,customer_number=4915112345,tandem_call_id=${id},tandem_campaign=spring,record_session=true,tandem_amd=1800,tandem_safe_harbour=custom/spring.wav}sofia/gateway/carrier/4915112345 answered XML tandem_dialer`,
    );
    assert.doesNotMatch(command, /sip_h_/);
  });
});

describe('dial strings: Asterisk', () => {
  it('E48: an IVR call through AMI', () => {
    const dial = asteriskOriginate(dialOrder({ kind: 'ivr', strictStrings: true }));
    assert.deepEqual(dial, {
      Channel: 'PJSIP/4915112345@carrier',
      ChannelId: id,
      Context: 'tandem-dialer-ivr',
      Exten: '9664',
      Priority: 1,
      CallerID: '"9664" <9664>',
      Timeout: 25_000,
      EarlyMedia: 'false',
      Variable: {
        __TANDEM_CALL_ID: id,
        __TANDEM_CAMPAIGN: 'spring',
        record_session: 'true',
        call_direction: 'outbound',
        customer_number: '4915112345',
        TANDEM_RECORDING: `dialer/spring/${id}.wav`,
      },
    });
  });

  it('E61: an agent call through AMI', () => {
    const { CallerID, Context, Exten, Variable } = asteriskOriginate(dialOrder({ kind: 'agent-connector', strictStrings: true }));
    assert.deepEqual([CallerID, Context, Exten], ['1004', 'tandem-dialer-agent', 's']);
    const { agent_extension, queue_name, service_identifier } = Variable;
    assert.deepEqual([agent_extension, queue_name, service_identifier], ['1004', 'sales', '1218']);
  });

  it('E10: our own calls: the campaign’s caller id or none, AMD and the message only where wanted', () => {
    const plain = asteriskOriginate(dialOrder({ strictStrings: true, record: false }));
    assert.deepEqual([plain.CallerID, plain.Context, plain.Exten], ['"4930555" <4930555>', 'tandem-dialer-queue', 's']);
    assert.deepEqual(Object.keys(plain.Variable), [
      '__TANDEM_CALL_ID',
      '__TANDEM_CAMPAIGN',
      'record_session',
      'call_direction',
      'customer_number',
    ]);
    assert.equal(plain.Variable['record_session'], 'false');
    const rich = asteriskOriginate(dialOrder({ callerId: '', amd: { mode: 'switch', maxMs: 900 }, fallbackSound: 'custom/spring' }));
    assert.equal('CallerID' in rich, false);
    assert.deepEqual([rich.Variable['TANDEM_AMD'], rich.Variable['TANDEM_SAFE_HARBOUR']], ['900', 'custom/spring']);
  });

  it('E15: a UUID is the channel’s id; any other gets an end, since Asterisk takes call-1 for call-12', () => {
    for (const uuid of [id, id.toUpperCase(), `${id}.2`]) assert.deepEqual([asteriskChannelId(uuid), callIdOfChannel(uuid)], [uuid, uuid]);
    for (const callId of ['call-1', '7', `${id}.x`, `${id}0`, `x${id}`]) {
      assert.equal(asteriskChannelId(callId), `${callId}~`);
      assert.equal(callIdOfChannel(asteriskChannelId(callId)), callId);
    }
    assert.equal(asteriskOriginate(dialOrder({ callId: 'call-1' })).ChannelId, 'call-1~');
    assert.equal(asteriskOriginate(dialOrder({ callId: 'call-1' })).Variable['__TANDEM_CALL_ID'], 'call-1');
  });

  it('no channel’s id begins another call’s', () => {
    const ids = fc.stringMatching(/^[A-Za-z0-9_.:@-]{1,6}$/);
    fc.assert(fc.property(ids, ids, (a, b) => a === b || !asteriskChannelId(b).startsWith(asteriskChannelId(a))));
  });

  it('a recording’s file is named after campaign and call, and leaves its folder in no case', () => {
    const { Variable } = asteriskOriginate(dialOrder({ callId: '..@a:b', campaignId: '..' }));
    assert.equal(Variable['TANDEM_RECORDING'], 'dialer/__/___a_b.wav');
  });
});

describe('dial strings: refusals', () => {
  type TextField =
    'callId' | 'gateway' | 'number' | 'callerId' | 'ivr' | 'agentExtension' | 'queueName' | 'serviceIdentifier' | 'campaignId';
  type Builder = (order: OriginateOrder) => unknown;
  const builders: Readonly<Record<string, Builder>> = {
    freeswitch: (order) => freeswitchOriginate(order),
    asterisk: (order) => asteriskOriginate(order),
  };
  /** each field with the kinds of call in which it stands */
  const fields: readonly (readonly [TextField, readonly OriginateOrder['kind'][]])[] = [
    ['callId', ['ivr', 'agent-connector', 'agent-native']],
    ['gateway', ['ivr', 'agent-connector', 'agent-native']],
    ['number', ['ivr', 'agent-connector', 'agent-native']],
    ['callerId', ['ivr', 'agent-connector', 'agent-native']],
    ['ivr', ['ivr']],
    ['agentExtension', ['agent-connector']],
    ['queueName', ['agent-connector']],
    ['serviceIdentifier', ['agent-connector']],
    ['campaignId', ['agent-native']],
  ];
  const bad = [
    ',',
    "'",
    '{',
    '}',
    '[',
    ']',
    '|',
    '\\',
    '\n',
    '\r',
    '\r\nAction: Command',
    '\n\nbgapi shutdown',
    '"',
    '$',
    '`',
    '^',
    '<',
    '>',
    ';',
    '&',
    '(',
    ')',
    '=',
    '\0',
    '%0a',
    '${system(x)}',
    'ä',
  ];
  const refuses = (builder: Builder, order: OriginateOrder): boolean => {
    try {
      builder(order);
      return false;
    } catch (error) {
      return hasCode(error, 'TDM_BAD_VALUE');
    }
  };

  for (const [name, builder] of Object.entries(builders)) {
    for (const [field, kinds] of fields) {
      it(`E48 E61: ${name}, ${field}: every character that means something to a switch, in front, in the middle and behind`, () => {
        for (const kind of kinds) {
          const whole = dialOrder({ kind, fallbackSound: 'custom/spring' });
          assert.equal(refuses(builder, whole), false);
          const value = whole[field];
          for (const text of field === 'queueName' ? bad : [...bad, ' '])
            for (const spoilt of [text + value, value.slice(0, 2) + text + value.slice(2), value + text])
              assert.equal(refuses(builder, { ...whole, [field]: spoilt }), true, `${kind} ${JSON.stringify(spoilt)}`);
        }
      });
    }
  }

  it('E48 E61: FreeSWITCH, domain: the same', () => {
    for (const kind of ['ivr', 'agent-connector'] as const)
      for (const text of [...bad, ' ', ':', '@'])
        assert.equal(
          refuses((order) => freeswitchOriginate(order), dialOrder({ kind, domain: `192.0.2.10${text}` })),
          true,
          JSON.stringify(text),
        );
  });

  it('E18: on Asterisk a gateway’s name cannot lead to another host', () => {
    for (const gateway of ['carrier@192.0.2.1', 'sip:evil', 'a/b'])
      assert.equal(
        refuses((order) => asteriskOriginate(order), dialOrder({ gateway })),
        true,
        gateway,
      );
  });

  it('B44: a sound that could bring anything is left out, the call is made all the same', () => {
    for (const text of [...bad, ' ', '://%(500,500,440)']) {
      const order = dialOrder({ fallbackSound: `custom/spring${text}` });
      assert.doesNotMatch(freeswitchOriginate(order), /harbour|spring\//);
      assert.equal('TANDEM_SAFE_HARBOUR' in asteriskOriginate(order).Variable, false);
    }
  });

  it('E61: blanks stand only inside a queue’s name', () => {
    for (const queueName of [' sales', 'sales ', ' '])
      assert.equal(
        refuses((order) => freeswitchOriginate(order), dialOrder({ kind: 'agent-connector', queueName })),
        true,
      );
  });

  it('E16: numbers as the intake takes them, and no others', () => {
    const takes = (number: string): boolean => !refuses((order) => freeswitchOriginate(order), dialOrder({ number }));
    for (const number of ['+4915112345', '110', '*31#4915112345', '12345678901234567890']) assert.equal(takes(number), true, number);
    for (const number of ['', '1', '+', 'sip', '123456789012345678901', '4915+12', '49 151']) assert.equal(takes(number), false, number);
  });

  it('whatever the values are: one line of printable characters, or a refusal', () => {
    const text = fc.string({ maxLength: 12, unit: 'binary' });
    fc.assert(
      fc.property(
        text,
        text,
        text,
        text,
        fc.constantFrom('ivr' as const, 'agent-connector' as const, 'agent-native' as const),
        (a, b, c, d, kind) => {
          const order = dialOrder({
            kind,
            number: a,
            gateway: b,
            callerId: c,
            queueName: d,
            callId: `x${a}`,
          });
          try {
            assert.match(
              freeswitchOriginate(order),
              /^originate \{[\x21-\x7e ]+\}sofia\/gateway\/[\x21-\x7e]+ [\x21-\x7e]+ XML [\x21-\x7e]+$/,
            );
          } catch (error) {
            if (!hasCode(error, 'TDM_BAD_VALUE')) throw error;
          }
        },
      ),
    );
  });

  it('a time to ring that is none', () => {
    for (const ringTimeoutMs of [0, -1, 1.5, NaN, 600_001])
      for (const builder of Object.values(builders))
        assert.equal(refuses(builder, dialOrder({ ringTimeoutMs })), true, String(ringTimeoutMs));
  });
});
