/** Contacts as the intake gets them (dialer.md A2, A5). */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readContact, sameContent, type ContactOptions } from '../core/dialer/contact-schema.js';
import { readTime } from '../core/dialer/contact-time.js';
import type { NewContact } from '../core/dialer/contact.js';

const flat = {
  id: '2f6c0e2a-0f5b-4e0c-8a0e-3a5a6f1d2c11',
  customer_number: '+4930123456',
  campaign_type: 'IVR',
  gateway_id: '7ec1f9c6-9b1c-4d8f-9a57-3f6a3f0f0b01',
  campaign_contact_id: 'cc-1',
  campaign_id: 'spring',
  start_time: '2026-12-01 08:00:00',
  end_time: '2026-12-01T18:00:00Z',
  priority: 7,
};
const agent = {
  ...flat,
  campaign_type: 'AGENT',
  dialing_mode: 'PROGRESSIVE',
  routing_mode: 'QUEUE',
  resource_id: 'q-1',
  queue_name: 'sales',
};

const read = (value: unknown, options: ContactOptions = { country: '' }): NewContact => {
  const result = readContact(value, options);
  assert.ok(result.ok, JSON.stringify(result));
  return result.contact;
};
/** `field CODE` of each problem */
const wrong = (value: unknown, options: ContactOptions = { country: '' }): readonly string[] => {
  const result = readContact(value, options);
  return result.ok ? [] : result.problems.map(({ field, code }) => `${field} ${code}`);
};

describe('dialer: contact schema', () => {
  it('E15 to E27: the flat shape', () => {
    assert.deepEqual(read(flat), {
      id: flat.id,
      customerNumber: '+4930123456',
      campaignType: 'IVR',
      campaignId: 'spring',
      gatewayId: flat.gateway_id,
      numberKey: '4930123456',
      dialingMode: undefined,
      routingMode: undefined,
      resourceId: undefined,
      queueName: undefined,
      startTimeMs: Date.parse('2026-12-01T08:00:00Z'),
      endTimeMs: Date.parse('2026-12-01T18:00:00Z'),
      campaignContactId: 'cc-1',
      priority: 7,
      ivr: undefined,
      tenantId: undefined,
      listId: undefined,
      numbers: [],
      zones: [],
      region: undefined,
      consentUntilMs: undefined,
      answeredBefore: false,
      data: {},
    });
  });

  it('a number in national form by the campaign’s country', () => {
    assert.equal(read({ ...flat, customer_number: '030123456' }, { country: 'DE' }).numberKey, '4930123456');
    assert.equal(read({ ...flat, customer_number: '030123456' }).numberKey, '030123456');
    for (const coded of ['030123456#', '*31#030123456'])
      assert.equal(
        read({ ...flat, customer_number: coded }, { country: 'DE' }).numberKey,
        '4930123456',
        'a feature code does not hide the number',
      );
  });

  it('A2: missing fields are named', () => {
    assert.deepEqual(wrong({}), [
      'id MISSING',
      'customer_number MISSING',
      'campaign_type MISSING',
      'campaign_id MISSING',
      'gateway_id MISSING',
    ]);
    assert.deepEqual(wrong({ ...flat, id: null, gateway_id: '' }), ['id MISSING', 'gateway_id MISSING']);
    assert.deepEqual(wrong([]), [' SHAPE']);
    assert.deepEqual(wrong('x'), [' SHAPE']);
  });

  it('E37: fields of agent campaigns are mandatory there, unless the campaign has settings of its own', () => {
    const bare = { ...flat, campaign_type: 'AGENT' };
    assert.deepEqual(wrong(bare), ['dialing_mode MISSING', 'routing_mode MISSING']);
    assert.deepEqual(wrong({ ...bare, dialing_mode: 'PREVIEW', routing_mode: 'AGENT' }), ['resource_id MISSING']);
    assert.deepEqual(wrong({ ...bare, dialing_mode: 'PREVIEW', routing_mode: 'AGENT', resource_id: 'ann' }), []);
    assert.deepEqual(wrong({ ...bare, dialing_mode: 'PREDICTIVE', routing_mode: 'QUEUE' }), ['queue_name MISSING']);
    assert.deepEqual(wrong({ ...bare, dialing_mode: 'PREDICTIVE', routing_mode: 'QUEUE', resource_id: 'q1' }), []);
    assert.deepEqual(wrong({ ...bare, dialing_mode: 'PREDICTIVE', routing_mode: 'QUEUE', queue_name: 'sales' }), []);
    const without = { ...bare, gateway_id: undefined };
    assert.deepEqual(wrong(without, { country: '', isOwnCampaign: true }), []);
    assert.equal(read(without, { country: '', isOwnCampaign: true }).gatewayId, '');
  });

  it('A2: unknown words, in any letter case known ones', () => {
    assert.deepEqual(wrong({ ...agent, campaign_type: 'SMS' }), ['campaign_type UNKNOWN_WORD']);
    assert.deepEqual(wrong({ ...agent, dialing_mode: 'MANUAL' }), ['dialing_mode UNKNOWN_WORD']);
    assert.deepEqual(wrong({ ...agent, routing_mode: 'SKILL' }), ['routing_mode UNKNOWN_WORD']);
    assert.equal(read({ ...agent, dialing_mode: 'progressive' }).dialingMode, 'PROGRESSIVE');
  });

  it('A2: lengths', () => {
    for (const field of ['id', 'campaign_id', 'campaign_contact_id', 'gateway_id', 'resource_id']) {
      assert.deepEqual(wrong({ ...agent, [field]: 'a'.repeat(40) }), [], field);
      assert.deepEqual(wrong({ ...agent, [field]: 'a'.repeat(41) }), [`${field} LENGTH`], field);
    }
    for (const field of ['ivr', 'queue_name']) {
      assert.deepEqual(wrong({ ...agent, [field]: 'a'.repeat(20) }), [], field);
      assert.deepEqual(wrong({ ...agent, [field]: 'a'.repeat(21) }), [`${field} LENGTH`], field);
    }
    assert.deepEqual(wrong({ ...flat, customer_number: '1'.repeat(20) }), []);
    assert.deepEqual(wrong({ ...flat, customer_number: '1'.repeat(21) }), ['customer_number LENGTH']);
    assert.deepEqual(wrong({ ...flat, customer_number: '1' }), ['customer_number CHARACTERS']);
  });

  it('A2, A10: nothing that a dial string or an event socket would read gets in', () => {
    const hostile = [
      "a'b",
      'a,b',
      'a{b',
      'a}b',
      'a[b',
      'a]b',
      'a|b',
      'a\\b',
      'a\nb',
      'a\r\nb',
      'a\u0000b',
      'a$b',
      'a"b',
      'a<b',
      'a;b',
      'aäb',
    ];
    for (const text of hostile)
      for (const field of [
        'id',
        'campaign_id',
        'campaign_contact_id',
        'gateway_id',
        'resource_id',
        'ivr',
        'queue_name',
        'customer_number',
        'tenant_id',
      ])
        assert.ok(wrong({ ...agent, [field]: text }).includes(`${field} CHARACTERS`), `${field} ${text}`);
    assert.deepEqual(wrong({ ...agent, queue_name: 'sales north' }), [], 'a queue name may have blanks');
    assert.deepEqual(wrong({ ...agent, id: 'a b' }), ['id CHARACTERS']);
  });

  it('E27: priority 1 to 10, 5 when it is missing', () => {
    assert.equal(read({ ...flat, priority: undefined }).priority, 5);
    assert.equal(read({ ...flat, priority: '10' }).priority, 10);
    assert.deepEqual(wrong({ ...flat, priority: 0 }), ['priority RANGE']);
    assert.deepEqual(wrong({ ...flat, priority: 11 }), ['priority RANGE']);
    assert.deepEqual(wrong({ ...flat, priority: 2.5 }), ['priority TYPE']);
    assert.deepEqual(wrong({ ...flat, priority: 'high' }), ['priority TYPE']);
  });

  it('E25, E26: times; the end after the start', () => {
    assert.deepEqual(wrong({ ...flat, end_time: flat.start_time }), ['end_time ORDER']);
    assert.deepEqual(wrong({ ...flat, start_time: 'tomorrow' }), ['start_time TIME']);
    const open = read({ ...flat, start_time: null, end_time: '' });
    assert.deepEqual([open.startTimeMs, open.endTimeMs], [undefined, undefined]);
  });

  it('forms of times', () => {
    const ms = Date.parse('2026-12-01T08:30:15.250Z');
    for (const form of [
      ms,
      String(ms),
      '2026-12-01T08:30:15.250Z',
      '2026-12-01T10:30:15.25+02:00',
      '2026-12-01 08:30:15.250',
      '2026-12-01T03:30:15.250-0500',
    ])
      assert.equal(readTime(form), ms, String(form));
    assert.equal(readTime('2026-12-01'), Date.parse('2026-12-01T00:00:00Z'));
    assert.equal(readTime('2026-12-01T08:30'), Date.parse('2026-12-01T08:30:00Z'), 'without an offset it is UTC');
    for (const form of [
      1_764_576_000,
      '1764576000',
      '2026-02-30',
      '2026-13-01',
      '2026-12-01T24:00:00Z',
      '2026-12-01T08:61',
      '2026-12-01T08:00+99:00',
      '',
      'now',
      true,
      {},
      1.5,
      -1,
    ])
      assert.equal(typeof readTime(form), 'string', JSON.stringify(form));
  });

  it('ours: further numbers, zones, region, consent, the customer’s own fields', () => {
    const more = read({
      ...flat,
      numbers: ['+4940111', '+4930123456', '+4940111'],
      time_zone: 'Europe/Berlin',
      region: 'DE-BE',
      consent: true,
      answered_before: true,
      data: { name: 'Ann', age: 40, vip: true, nothing: null },
    });
    assert.deepEqual(
      [more.numbers, more.zones, more.region, more.consentUntilMs, more.answeredBefore],
      [['+4940111'], ['Europe/Berlin'], 'DE-BE', Infinity, true],
    );
    assert.deepEqual(more.data, { age: '40', name: 'Ann', vip: 'true' });
    assert.equal(read({ ...flat, consent_until: '2027-01-01' }).consentUntilMs, Date.parse('2027-01-01T00:00:00Z'));
    assert.equal(read({ ...flat, consent: false, consent_until: '2027-01-01' }).consentUntilMs, undefined);
    assert.deepEqual(wrong({ ...flat, time_zone: ['Europe/Berlin', 'Mars/Olympus'] }), ['time_zone UNKNOWN_WORD']);
    assert.deepEqual(wrong({ ...flat, numbers: ['+49', 'x'] }), ['numbers[1] CHARACTERS']);
    assert.deepEqual(wrong({ ...flat, numbers: Array<string>(10).fill('123') }), ['numbers LENGTH']);
    assert.deepEqual(wrong({ ...flat, data: { big: 'x'.repeat(4_096) } }), ['data LENGTH']);
    assert.deepEqual(wrong({ ...flat, data: { deep: {} }, region: 'Bavaria', consent: 'perhaps' }), [
      'consent TYPE',
      'region CHARACTERS',
      'data.deep TYPE',
    ]);
  });

  it('E28: what the dialer owns and what nobody knows is left aside', () => {
    assert.deepEqual(read({ ...flat, status: 'ended', call_result: 'x', received_time: 'y', dial_time: 1, unknown: {} }), read(flat));
  });

  it('A5: the CIM message', () => {
    const cim = {
      id: flat.id,
      header: {
        channelData: {
          channelCustomerIdentifier: '+4930123456',
          serviceIdentifier: '1218',
          requestPriority: 3,
          additionalAttributes: [{ key: 'leadId', type: 'String', value: 'L1' }, { key: 'deep', value: {} }, 'x'],
        },
        schedulingMetaData: {
          campaignId: 'spring',
          campaignContactId: 'cc-1',
          campaignType: 'AGENT',
          gatewayId: 'gw1',
          dialingMode: 'PROGRESSIVE',
          routingMode: 'QUEUE',
          resourceId: 'q-1',
          queueName: 'sales',
          priority: 2,
          startTime: 1_796_112_000_000,
          endTime: '2026-12-31T00:00:00Z',
          somethingElse: 1,
        },
        intent: 'x',
      },
      body: { type: 'PLAIN' },
    };
    const { id, customerNumber, campaignId, campaignContactId, gatewayId, queueName, priority, startTimeMs, data } = read(cim);
    assert.deepEqual(
      [id, customerNumber, campaignId, campaignContactId, gatewayId, queueName, priority, startTimeMs, data],
      [flat.id, '+4930123456', 'spring', 'cc-1', 'gw1', 'sales', 2, 1_796_112_000_000, { leadId: 'L1', serviceIdentifier: '1218' }],
    );
    assert.deepEqual(wrong({ id: flat.id, header: {} }), [
      'customer_number MISSING',
      'campaign_type MISSING',
      'campaign_id MISSING',
      'gateway_id MISSING',
    ]);
    const many = {
      ...cim,
      header: {
        ...cim.header,
        channelData: { ...cim.header.channelData, additionalAttributes: [{ key: 'big', value: 'x'.repeat(9_000) }] },
      },
    };
    assert.deepEqual(read(many).data, { serviceIdentifier: '1218' }, 'what has no room is left out');
  });

  it('the id is told with the problems, when it can be read', () => {
    const result = readContact({ ...flat, priority: 99 }, { country: '' });
    assert.ok(!result.ok && result.id === flat.id);
  });

  it('anything at all is answered, never thrown', () => {
    const names = [...Object.keys(agent), 'numbers', 'time_zone', 'data', 'consent', 'header'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.anything()), (value) => {
        assert.equal(typeof readContact(value, { country: 'DE' }).ok, 'boolean');
      }),
      { numRuns: 500 },
    );
  });
});

describe('dialer: the same content (A5: duplicate or conflict)', () => {
  it('the same in another form is the same', () => {
    assert.ok(sameContent(read(flat), read({ ...flat, priority: '7', start_time: '2026-12-01T09:00:00+01:00', unknown: 1 })));
    assert.ok(sameContent(read({ ...flat, data: { b: 1, a: '2' } }), read({ ...flat, data: { a: 2, b: '1' } })));
    assert.ok(sameContent(read(flat), { ...read(flat), listId: 7, numberKey: 'other' }), 'what is made of it says nothing');
  });

  it('each field that differs makes it another', () => {
    const others = {
      customer_number: '+4930123457',
      campaign_type: 'AGENT',
      gateway_id: 'g2',
      campaign_contact_id: 'cc-2',
      campaign_id: 'autumn',
      start_time: null,
      end_time: null,
      priority: 6,
      ivr: '*9664',
      tenant_id: 't',
      dialing_mode: 'PREVIEW',
      routing_mode: 'AGENT',
      resource_id: 'r',
      queue_name: 'q',
      numbers: ['123'],
      time_zone: 'Europe/Berlin',
      region: 'DE',
      consent: true,
      answered_before: true,
      data: { a: 'b' },
    };
    const own = { country: '', isOwnCampaign: true };
    for (const [field, value] of Object.entries(others))
      assert.ok(!sameContent(read(flat, own), read({ ...flat, [field]: value }, own)), field);
  });
});
