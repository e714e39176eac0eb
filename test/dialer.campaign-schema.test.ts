/** A campaign as API and files write it (dialer.md B2 to B6, B63). */
import assert from 'node:assert/strict';
import { implicitCampaign, readCampaign, startProblems, writeCampaign } from '../core/dialer/campaign-schema.js';
import type { Campaign } from '../core/dialer/campaign.js';
import { campaignDefaults, dialerSettingsDefaults } from '../core/dialer/campaign-defaults.js';
import { shippedProfiles } from '../core/dialer/compliance/profiles.js';
import { contactOf, profileOf } from './support/dialer-rules.js';

const least = { mode: 'PROGRESSIVE', profile: 'eu-generic', queue: 'sales' };
const predictive = { ...least, mode: 'PREDICTIVE', safe_harbour: { audio: 'custom/safe-harbour' } };

const read = (value: unknown, base?: Campaign, id = 'spring'): Campaign => {
  const result = readCampaign(id, value, shippedProfiles, base);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
};
/** wrong fields, in order */
const wrong = (value: unknown, base?: Campaign, id = 'spring'): readonly string[] => {
  const result = readCampaign(id, value, shippedProfiles, base);
  return result.ok ? [] : result.problems.map(({ field }) => field);
};

describe('dialer: campaign schema', () => {
  it('what is not said gets its default', () => {
    assert.deepEqual(read(least), {
      ...campaignDefaults,
      id: 'spring',
      name: 'spring',
      mode: 'PROGRESSIVE',
      profile: 'eu-generic',
      queue: 'sales',
    });
  });

  it('what is written can be read again', () => {
    const given = {
      ...predictive,
      name: 'Spring sale',
      gateways: ['gw-1', { gateway: '7ec1f9c6-9b1c-4d8f-9a57-3f6a3f0f0b01', switch: 'fs1', channels_max: 30 }],
      caller_ids: ['+49301234567', 4930999],
      country: 'DE',
      time_zone: 'Europe/Berlin',
      amd: { mode: 'switch', on_machine: 'MESSAGE', message: 'custom/machine', max_s: 1.5 },
      retry: { BUSY: { delays_s: [60, 120], attempts_max: 3 }, NO_ANSWER: null },
      day_parts: ['09:00', '13:00', '20:00'],
      starts_at: '2026-12-01T08:00:00Z',
      ends_at: 1_800_000_000_000,
      dispositions: [
        { name: 'SOLD', success: true },
        { name: 'LATER', callback: true },
        { name: 'AGAIN', recycle_s: 3600 },
      ],
      preview: { limit_s: 30, on_timeout: 'dial' },
      grace_s: 1.5,
    };
    const campaign = read(given);
    assert.deepEqual(read(writeCampaign(campaign)), campaign);
    assert.deepEqual(campaign.gateways[1], { gateway: '7ec1f9c6-9b1c-4d8f-9a57-3f6a3f0f0b01', switch: 'fs1', channelsMax: 30 });
    const { BUSY, NO_ANSWER, MACHINE } = campaign.retry;
    assert.deepEqual([BUSY?.delaysMs, BUSY?.then], [[60_000, 120_000], 'next-number'], 'what a rule does not say stays');
    assert.equal(NO_ANSWER?.retry, false);
    assert.equal(MACHINE, campaignDefaults.retry.MACHINE);
    assert.deepEqual(
      campaign.dispositions.map(({ isFinal }) => isFinal),
      [true, false, false],
    );
    assert.equal(campaign.startsAtMs, Date.parse('2026-12-01T08:00:00Z'));
    assert.equal(campaign.preview.onTimeout, 'DIAL');
  });

  it('a change keeps what it does not say, and the campaign’s life', () => {
    const before: Campaign = { ...read({ ...least, weight: 3, grace_s: 1 }), state: 'paused', revision: 7, startedAtMs: 5 };
    const after = read({ weight: 2, starts_at: null }, before);
    assert.deepEqual(after, { ...before, weight: 2 });
  });

  it('settings of its own make an implicit campaign an own one', () => {
    const implicit = implicitCampaign(contactOf({ campaignId: 'x' }), dialerSettingsDefaults);
    assert.equal(read({ ...least, profile: 'reference' }, implicit, 'x').isImplicit, false);
  });

  it('defaults bend to the profile', () => {
    const uk = read({ ...predictive, profile: 'uk' });
    assert.ok(uk.abandonGoal * uk.abandonCap <= 0.01);
    assert.equal(read({ ...least, profile: 'ca' }).abandonCap, 0.03);
  });

  it('B4: a profile must be named, and be one', () => {
    const none = { mode: least.mode, queue: least.queue };
    assert.deepEqual(wrong(none), ['profile']);
    assert.deepEqual(wrong({ ...least, profile: 'nowhere' }), ['profile']);
    assert.deepEqual(wrong({}), ['profile', 'mode']);
  });

  it('every wrong field is named at once', () => {
    const fields = wrong(
      {
        ...least,
        colour: 'red',
        gateways: [{ gateway: 'gw 1', switch: 'a b' }, 'ok'],
        retry: { BUSY: { delays_s: [1, -1] }, NONSENSE: {} },
        weight: -1,
        day_parts: ['12:00', '08:00'],
        time_zone: 'Mars/Olympus',
        country: 'XX',
        abandon_cap: 0.2,
        ring_timeout_s: 10,
      },
      undefined,
      'a b',
    );
    for (const field of [
      'id',
      'colour',
      'gateways[0].gateway',
      'gateways[0].switch',
      'retry.BUSY.delays_s[1]',
      'weight',
      'day_parts',
      'time_zone',
      'country',
      'abandon_cap',
      'ring_timeout_s',
    ])
      assert.ok(fields.includes(field), `${field} in ${fields.join(' ')}`);
    assert.ok(fields.some((field) => field.startsWith('retry')));
    assert.deepEqual(wrong(null), ['', 'profile', 'mode']);
    assert.ok(wrong('x').includes(''));
  });

  it('B2: predictive and power need native agents on standby, a message, and a profile that allows them', () => {
    for (const mode of ['PREDICTIVE', 'POWER']) {
      assert.deepEqual(wrong({ ...predictive, mode }), [], mode);
      assert.deepEqual(wrong({ ...least, mode }), ['safe_harbour'], mode);
      assert.deepEqual(wrong({ ...predictive, mode, agent_source: 'connector' }), ['agent_source'], mode);
      assert.deepEqual(wrong({ ...predictive, mode, profile: 'reference' }), ['mode'], mode);
      assert.deepEqual(
        wrong({ ...predictive, mode, safe_harbour: { audio: 'a', opt_out_digits: '' } }),
        ['safe_harbour.opt_out_digits'],
        mode,
      );
    }
  });

  it('B4: caps, goals and times within the profile', () => {
    assert.deepEqual(wrong({ ...predictive, abandon_cap: 0.031 }), ['abandon_cap']);
    assert.deepEqual(wrong({ ...predictive, profile: 'uk', abandon_goal: 0.98 }), ['abandon_goal']);
    assert.deepEqual(wrong({ ...predictive, grace_s: 2.5 }), ['grace_s']);
    assert.deepEqual(wrong({ ...least, grace_s: 5 }), [], 'only who dials ahead of agents abandons');
    assert.deepEqual(wrong({ ...least, min_ring_s: 10 }), ['min_ring_s']);
    assert.deepEqual(wrong({ ...least, min_ring_s: 30 }), ['ring_timeout_s']);
    const capped = new Map([['capped', { ...profileOf('eu-generic'), name: 'capped', caps: { per24h: 3, per7d: 0, per30d: 0 } }]]);
    const fields = (n: number) => {
      const result = readCampaign('c', { ...least, profile: 'capped', attempts_per_number_day: n }, capped);
      return result.ok ? [] : result.problems.map(({ field }) => field);
    };
    assert.deepEqual([fields(3), fields(4), fields(0)], [[], ['attempts_per_number_day'], ['attempts_per_number_day']]);
  });

  it('parts demand each other', () => {
    assert.deepEqual(wrong({ ...least, queue: '' }), ['queue']);
    assert.deepEqual(wrong({ ...least, queue: '', agent_source: 'connector' }), []);
    assert.deepEqual(wrong({ mode: 'IVR', profile: 'reference' }), []);
    assert.deepEqual(wrong({ ...least, amd: { mode: 'switch', on_machine: 'MESSAGE' } }), ['amd.message']);
    assert.deepEqual(wrong({ ...least, starts_at: '2026-12-02', ends_at: '2026-12-01' }), ['ends_at']);
    assert.deepEqual(wrong({ ...least, dispositions: [{ name: 'A', callback: true, final: true }] }), ['dispositions']);
    assert.deepEqual(wrong({ ...least, dispositions: [{ name: 'A' }, { name: 'a' }] }), ['dispositions']);
  });

  it('B4 of the features: nothing that a dial string or an event socket would read gets in', () => {
    const hostile = ['a,b', "a'b", 'a{b', 'a}b', 'a[b', 'a]b', 'a|b', 'a\\b', 'a\nb', 'a\r\nEvent: x', 'a b', '${x}', 'a;b', 'a`b', '../x'];
    for (const text of hostile) {
      assert.ok(wrong({ ...least, gateways: [text] }).includes('gateways[0].gateway'), text);
      assert.ok(wrong({ ...least, gateways: [{ gateway: 'g', switch: text }] }).includes('gateways[0].switch'), text);
      assert.ok(wrong({ ...least, caller_ids: [text] }).includes('caller_ids[0]'), text);
      assert.ok(wrong({ ...least, ivr: text }).includes('ivr'), text);
      assert.ok(wrong({ ...least, queue: text }).includes('queue'), text);
      assert.ok(wrong({ ...predictive, safe_harbour: { audio: text } }).includes('safe_harbour.audio'), text);
      assert.ok(wrong({ ...predictive, safe_harbour: { audio: 'a', opt_out_digits: text } }).includes('safe_harbour.opt_out_digits'), text);
      assert.ok(wrong({ ...least, amd: { message: text } }).includes('amd.message'), text);
      assert.ok(wrong(least, undefined, text).includes('id'), text);
    }
    for (const text of ['a\nb', '${x}', 'a\u0000b']) assert.ok(wrong({ ...least, name: text }).includes('name'), text);
  });

  it('at its start the profile is looked at again, and asks for a caller id', () => {
    const campaign = read(predictive);
    assert.deepEqual(
      startProblems(campaign, shippedProfiles).map(({ field }) => field),
      ['caller_ids'],
    );
    assert.deepEqual(startProblems({ ...campaign, callerIds: ['+4930'] }, shippedProfiles), []);
    assert.deepEqual(
      startProblems({ ...campaign, callerIds: ['+4930'], safeHarbour: undefined }, shippedProfiles).map(({ field }) => field),
      ['safe_harbour'],
    );
    assert.deepEqual(
      startProblems({ ...campaign, profile: 'gone' }, shippedProfiles).map(({ field }) => field),
      ['profile'],
    );
  });
});

describe('dialer: campaigns of the reference’s contacts alone (E24)', () => {
  const implicit = (contact: object, settings: object = {}) =>
    implicitCampaign(contactOf(contact), { ...dialerSettingsDefaults, ...settings });

  it('runs at once, calls nobody twice, and names who serves', () => {
    const campaign = implicit({ routingMode: 'QUEUE', queueName: 'sales' });
    assert.deepEqual([campaign.state, campaign.isImplicit, campaign.queue, campaign.profile], ['running', true, 'sales', 'reference']);
    assert.deepEqual([campaign.retry, campaign.attemptsPerNumberDay, campaign.stickyStop], [{}, 0, true]);
    assert.equal(implicit({ routingMode: 'QUEUE', resourceId: 'q-7' }).queue, 'q-7');
    assert.equal(implicit({}, { voiceConnector: 'http://vc' }).agentSource, 'connector');
  });

  it('E13: an IVR campaign whose contacts name a queue does not wait for its agents', () => {
    assert.equal(implicit({ campaignType: 'IVR', routingMode: 'QUEUE', queueName: 'sales', resourceId: 'q-7' }).queue, '');
    assert.equal(implicit({ campaignType: 'IVR', queueName: 'sales' }).queue, '');
  });

  it('E30 to E32: modes; what dials ahead of agents needs a campaign with rules', () => {
    assert.equal(implicit({ campaignType: 'IVR' }).mode, 'IVR');
    assert.equal(implicit({ dialingMode: 'PREVIEW' }).mode, 'PREVIEW');
    assert.equal(implicit({ dialingMode: 'PROGRESSIVE' }).mode, 'PROGRESSIVE');
    assert.equal(implicit({ dialingMode: 'PREDICTIVE' }).mode, 'PROGRESSIVE');
    assert.equal(implicit({}).mode, 'PROGRESSIVE');
  });

  it('may be started as it is', () => {
    assert.deepEqual(startProblems(implicit({}), shippedProfiles), []);
  });
});
