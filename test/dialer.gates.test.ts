/** The gates before each call (dialer.md B4), each by itself: passes, blocks, cannot be evaluated. */
import assert from 'node:assert/strict';
import type { GateFacts, GateVerdict } from '../core/dialer-ports.js';
import type { Campaign } from '../core/dialer/campaign.js';
import { dialerSettingsDefaults } from '../core/dialer/campaign-defaults.js';
import { cappedUntil } from '../core/dialer/compliance/gate-checks.js';
import { createGates, explainGates, type GateContext } from '../core/dialer/compliance/gates.js';
import { shippedProfiles } from '../core/dialer/compliance/profiles.js';
import type { Contact } from '../core/dialer/contact.js';
import type { DncEntry } from '../core/dialer/engine-words.js';
import { gates, type Gate } from '../core/dialer/words.js';
import { createRulebook } from '../core/services/dialer-rules.js';
import { campaignOf, contactOf, contextOf, dayMs, factsOf, hourMs, nowMs, profileOf } from './support/dialer-rules.js';

interface Case {
  readonly context?: Partial<GateContext>;
  readonly campaign?: Partial<Campaign>;
  readonly facts?: Partial<GateFacts>;
  readonly contact?: Partial<Contact>;
}

const judge = ({ context, campaign, facts, contact }: Case): GateVerdict =>
  createGates(contextOf(context, campaign))(factsOf(facts, contact), nowMs);

const go = { kind: 'go', guaranteedOnly: false } as const;
const wait = (gate: Gate, untilMs?: number) => ({ kind: 'wait', gate, untilMs });

const entry = (more: Partial<DncEntry> = {}): DncEntry => ({
  number: '4930123456',
  isPrefix: false,
  scope: '',
  source: 'import',
  reason: '',
  fromMs: 0,
  untilMs: undefined,
  ...more,
});

describe('dialer: gates (B4)', () => {
  it('a contact against which nothing speaks may be called', () => {
    assert.deepEqual(judge({}), go);
  });

  it('campaign: not running, not begun, over, a mode that its profile does not allow', () => {
    for (const state of ['draft', 'paused', 'draining', 'stopped', 'done'] as const)
      assert.deepEqual(judge({ campaign: { state } }), wait('campaign'), state);
    assert.deepEqual(judge({ campaign: { startsAtMs: nowMs + 1 } }), wait('campaign', nowMs + 1));
    assert.deepEqual(judge({ campaign: { startsAtMs: nowMs, endsAtMs: nowMs + 1 } }), go);
    assert.deepEqual(judge({ campaign: { endsAtMs: nowMs } }), wait('campaign'));
    assert.deepEqual(judge({ context: { profile: profileOf('reference') }, campaign: { mode: 'PREDICTIVE' } }), wait('campaign'));
  });

  it('a profile that nobody knows holds everything', () => {
    assert.deepEqual(judge({ context: { profile: undefined } }), wait('campaign'));
  });

  it('E26 expired: the end time of a contact is its end', () => {
    assert.deepEqual(judge({ contact: { endTimeMs: nowMs + 1 } }), go);
    assert.deepEqual(judge({ contact: { endTimeMs: nowMs } }), { kind: 'final', gate: 'expired', result: 'EXPIRED' });
  });

  it('attempts: as many as the campaign allows', () => {
    assert.deepEqual(judge({ contact: { attempts: 5 } }), go);
    assert.deepEqual(judge({ contact: { attempts: 6 } }), { kind: 'final', gate: 'attempts', result: 'MAX_ATTEMPTS' });
    assert.deepEqual(judge({ contact: { attempts: 600 }, campaign: { attemptsMax: 0 } }), go);
  });

  it('dnc: every list that applies now, and no other', () => {
    const blocked = { kind: 'final', gate: 'dnc', result: 'BLOCKED_DNC' };
    const by = (more: Partial<DncEntry>) => judge({ facts: { dnc: [entry(more)] }, campaign: { client: 'acme' } });
    assert.deepEqual(by({}), blocked);
    assert.deepEqual(by({ number: '4930', isPrefix: true }), blocked);
    assert.deepEqual(by({ scope: 'campaign:spring' }), blocked);
    assert.deepEqual(by({ scope: 'campaign:autumn' }), go);
    assert.deepEqual(by({ scope: 'client:acme' }), blocked);
    assert.deepEqual(by({ scope: 'client:other' }), go);
    assert.deepEqual(by({ scope: 'national:de' }), blocked);
    assert.deepEqual(by({ scope: 'what is this' }), blocked);
    assert.deepEqual(by({ untilMs: nowMs + 1 }), blocked);
    assert.deepEqual(by({ untilMs: nowMs }), go);
    assert.deepEqual(by({ fromMs: nowMs + 1 }), go);
  });

  it('dnc: a national list that is missing or too old holds everything; consent lifts it where the profile says so', () => {
    const uk: Case = { context: { profile: profileOf('uk') }, contact: { zones: ['Europe/London'], consentUntilMs: undefined } };
    const with_ = (ageMs: number) => judge({ ...uk, context: { ...uk.context, suppression: new Map([['uk-tps', nowMs - ageMs]]) } });
    assert.deepEqual(judge(uk), wait('dnc'));
    assert.deepEqual(with_(28 * dayMs), go);
    assert.deepEqual(with_(28 * dayMs + 1), wait('dnc'));
    assert.deepEqual(with_(NaN), wait('dnc'));
    assert.deepEqual(judge({ ...uk, contact: { ...uk.contact, consentUntilMs: Infinity } }), go);
    const listed = { ...uk, facts: { dnc: [entry({ scope: 'national:uk-tps' })] } };
    assert.equal(judge(listed).kind, 'final');
    assert.deepEqual(judge({ ...listed, contact: { ...uk.contact, consentUntilMs: Infinity } }), go);
    assert.equal(
      judge({ ...listed, facts: { dnc: [entry()] }, contact: { ...uk.contact, consentUntilMs: Infinity } }).kind,
      'final',
      'our own list holds',
    );
  });

  it('consent: where the profile needs it', () => {
    const blocked = { kind: 'final', gate: 'consent', result: 'BLOCKED_CONSENT' };
    assert.deepEqual(judge({ contact: { consentUntilMs: undefined } }), blocked);
    assert.deepEqual(judge({ contact: { consentUntilMs: nowMs } }), blocked);
    assert.deepEqual(judge({ contact: { consentUntilMs: nowMs + 1 } }), go);
    assert.deepEqual(judge({ context: { profile: profileOf('reference') }, contact: { consentUntilMs: undefined } }), go);
  });

  it('window: closed waits for the next opening, no zone ends the contact', () => {
    assert.deepEqual(judge({ contact: { zones: ['Asia/Tokyo'] } }), wait('window', Date.parse('2026-11-26T00:00:00Z')));
    assert.deepEqual(judge({ contact: { numberKey: '1004' } }), { kind: 'final', gate: 'window', result: 'NO_TIME_ZONE' });
    assert.deepEqual(judge({ contact: { numberKey: '1004' }, campaign: { timeZone: 'Europe/Berlin' } }), go);
    assert.deepEqual(judge({ contact: { zones: ['Pacific/Kiritimati', 'Pacific/Niue', 'Europe/London'] } }), {
      kind: 'final',
      gate: 'window',
      result: 'NO_TIME_ZONE',
    });
    assert.deepEqual(
      judge({ context: { profile: profileOf('reference') }, contact: { numberKey: '1004' } }),
      go,
      'the manager keeps the hours',
    );
  });

  it('window: the number that is dialled next says where', () => {
    assert.deepEqual(judge({ facts: { numberKey: '81312345678' } }).kind, 'wait');
  });

  it('window: not placed unless it stays open for the ring time', () => {
    const closes = Date.parse('2026-11-25T19:00:00Z');
    const gate = createGates(contextOf({}, { ringTimeoutMs: 25_000 }));
    const facts = factsOf({}, { nextAttemptAtMs: 0 });
    assert.equal(gate(facts, closes - 25_000).kind, 'go');
    assert.equal(gate(facts, closes - 24_999).kind, 'wait');
  });

  it('E25 retry-time: not before its next attempt, nor before its start time', () => {
    assert.deepEqual(judge({ contact: { nextAttemptAtMs: nowMs + 1 } }), wait('retry-time', nowMs + 1));
    assert.deepEqual(judge({ contact: { nextAttemptAtMs: nowMs } }), go);
    assert.deepEqual(judge({ contact: { startTimeMs: nowMs + 5 } }), wait('retry-time', nowMs + 5));
  });

  it('caps: calls to the number over all campaigns, by campaign and by profile', () => {
    const hour = Math.floor(nowMs / hourMs);
    const called = (numberHours: GateFacts['numberHours'], more: Case = {}) => judge({ ...more, facts: { numberHours } });
    assert.deepEqual(called([[hour - 1, 1]]), go);
    assert.deepEqual(called([[hour - 1, 2]]), wait('caps', (hour + 24) * hourMs));
    assert.deepEqual(called([[hour - 25, 2]]), go, 'left the day');
    assert.deepEqual(called([[hour - 1, 9]], { campaign: { attemptsPerNumberDay: 0 } }), go);
    const profile = { ...profileOf('eu-generic'), caps: { per24h: 0, per7d: 3, per30d: 4 } };
    const capped = { context: { profile }, campaign: { attemptsPerNumberDay: 0 } };
    assert.deepEqual(called([[hour - 100, 2]], capped), go);
    assert.deepEqual(called([[hour - 100, 3]], capped), wait('caps', (hour - 99 + 7 * 24) * hourMs));
    assert.deepEqual(called([[hour - 600, 4]], capped), wait('caps', (hour - 599 + 30 * 24) * hourMs));
  });

  it('caps: Florida, Oklahoma and Maryland allow three calls a day', () => {
    const hour = Math.floor(nowMs / hourMs);
    const us = { profile: profileOf('us-telemarketing'), suppression: new Map([['us-dnc', nowMs]]) };
    const called = (numberKey: string, calls: number) =>
      judge({
        context: us,
        contact: { numberKey },
        facts: { numberKey, numberHours: [[hour - 1, calls]] },
        campaign: { attemptsPerNumberDay: 0 },
      }).kind;
    for (const area of ['305', '405', '410']) {
      assert.equal(called(`1${area}5550123`, 2), 'go', area);
      assert.equal(called(`1${area}5550123`, 3), 'wait', area);
    }
    assert.equal(called('12125550123', 30), 'go');
  });

  it('an hour of calls counts until its end has left the span; the oldest leave first', () => {
    const hour = 1_000;
    const at = 1_024 * hourMs;
    assert.equal(cappedUntil([[hour, 1]], 1, 24 * hourMs, at + hourMs - 1), at + hourMs);
    assert.equal(cappedUntil([[hour, 1]], 1, 24 * hourMs, at + hourMs), undefined);
    assert.equal(
      cappedUntil(
        [
          [hour + 5, 1],
          [hour, 1],
        ],
        1,
        24 * hourMs,
        at,
      ),
      (hour + 6 + 24) * hourMs,
    );
    assert.equal(cappedUntil([], 1, 24 * hourMs, at), undefined);
  });

  it('protect: after an abandoned call only with an agent who is held', () => {
    const uk = { profile: profileOf('uk'), suppression: new Map([['uk-tps', nowMs]]) };
    const within = (ageMs: number, context: Partial<GateContext>, campaign: Partial<Campaign>) =>
      judge({ context: { ...uk, ...context }, campaign, facts: { lastAbandonedMs: nowMs - ageMs } });
    const held = { kind: 'go', guaranteedOnly: true };
    const until = nowMs - hourMs + 72 * hourMs;
    assert.deepEqual(within(72 * hourMs, {}, { mode: 'PREDICTIVE' }), go);
    assert.deepEqual(within(hourMs, {}, { mode: 'PREDICTIVE' }), held, 'the hopper may have it');
    assert.deepEqual(within(hourMs, { purpose: 'claim' }, { mode: 'PREDICTIVE' }), wait('protect', until));
    assert.deepEqual(within(hourMs, { purpose: 'claim', isGuaranteed: true }, { mode: 'PREDICTIVE' }), held);
    assert.deepEqual(within(hourMs, { purpose: 'claim', isForcedOneToOne: true }, { mode: 'PREDICTIVE' }), held);
    for (const mode of ['PROGRESSIVE', 'PREVIEW'] as const) assert.deepEqual(within(hourMs, { purpose: 'claim' }, { mode }), held, mode);
    assert.deepEqual(within(hourMs, {}, { mode: 'IVR' }), wait('protect', until), 'nobody can be held for an IVR');
    assert.deepEqual(
      judge({ facts: { lastAbandonedMs: nowMs }, campaign: { mode: 'PREDICTIVE' } }),
      go,
      'other profiles have no such rule',
    );
  });

  it('protect: after a machine 24 hours in the UK; and whom this campaign abandoned, always', () => {
    const uk = { profile: profileOf('uk'), suppression: new Map([['uk-tps', nowMs]]), purpose: 'claim' as const };
    const machine = (ageMs: number) => judge({ context: uk, campaign: { mode: 'PREDICTIVE' }, facts: { lastMachineMs: nowMs - ageMs } });
    assert.deepEqual(machine(24 * hourMs), go);
    assert.deepEqual(machine(24 * hourMs - 1), wait('protect', nowMs + 1));
    const abandoned = { campaign: { mode: 'PREDICTIVE' as const }, contact: { resultCounts: { ABANDONED: 1 } } };
    assert.deepEqual(judge(abandoned), { kind: 'go', guaranteedOnly: true });
    assert.deepEqual(judge({ ...abandoned, context: { purpose: 'claim' } }), wait('protect'));
  });

  it('same-number: one call to a number at a time', () => {
    assert.deepEqual(judge({ facts: { isNumberActive: true } }), wait('same-number'));
  });

  it('gateway: one that may be dialled', () => {
    const usable = (names: readonly string[]) => ({ isGatewayUsable: (name: string) => names.includes(name) });
    assert.deepEqual(judge({ context: usable(['gw1']) }), go);
    assert.deepEqual(judge({ context: usable([]) }), wait('gateway'));
    assert.deepEqual(judge({ context: usable(['gw1']), contact: { gatewayId: 'gw2' } }), wait('gateway'));
    assert.deepEqual(judge({ campaign: { gateways: [] } }), wait('gateway'));
  });

  it('B47 callback-agent: his alone until his patience is over, then anybody’s or the supervisor’s', () => {
    const contact = { callbackAgent: 'ann', callbackPatienceUntilMs: nowMs + 60_000 };
    const agents = (...names: string[]) => ({ agents: new Set(names) });
    assert.deepEqual(judge({ contact, context: agents('ann') }), go);
    assert.deepEqual(judge({ contact, context: agents('ben') }), wait('callback-agent', nowMs + 60_000));
    assert.deepEqual(judge({ contact }), go, 'nobody looked');
    const over = { ...contact, callbackPatienceUntilMs: nowMs };
    assert.deepEqual(judge({ contact: over, context: agents('ben') }), go);
    assert.deepEqual(judge({ contact: over, context: agents('ben'), campaign: { callbackThen: 'supervisor' } }), wait('callback-agent'));
  });

  it('B47: a callback that was agreed is not kept back by the limits of the campaign, but by those of the profile', () => {
    const hour = Math.floor(nowMs / hourMs);
    const called = { numberHours: [[hour - 1, 2]] as const };
    const owed = { callbackAtMs: nowMs - 60_000, dialTimeMs: nowMs - 2 * hourMs, attempts: 6 };
    assert.deepEqual(judge({ contact: owed, facts: called }), go);
    const profile = { ...profileOf('eu-generic'), caps: { per24h: 2, per7d: 0, per30d: 0 } };
    assert.deepEqual(judge({ contact: owed, facts: called, context: { profile } }), wait('caps', (hour + 24) * hourMs));
    const waits = { ...owed, callbackAtMs: nowMs - 5 * hourMs, dialTimeMs: nowMs - 6 * hourMs };
    assert.deepEqual(judge({ contact: waits, facts: called }), go, 'also when nobody could call at its time');
    const spent = { ...owed, callbackAtMs: nowMs - hourMs, dialTimeMs: nowMs - hourMs };
    assert.deepEqual(judge({ contact: spent }), { kind: 'final', gate: 'attempts', result: 'MAX_ATTEMPTS' }, 'it was called');
    const never = { ...owed, callbackAtMs: undefined };
    assert.equal(judge({ contact: never }).kind, 'final');
    assert.deepEqual(judge({ contact: { ...never, attempts: 1 }, facts: called }), wait('caps', (hour + 24) * hourMs));
  });

  it('B42 skip-hold: not offered again to those who skipped it', () => {
    const contact = { skippedBy: { ann: nowMs + 10, ben: nowMs + 20 } };
    const preview = { mode: 'PREVIEW' as const };
    assert.deepEqual(judge({ contact, campaign: preview, context: { agents: new Set(['ann', 'ben']) } }), wait('skip-hold', nowMs + 10));
    assert.equal(judge({ contact, campaign: preview, context: { agents: new Set(['ann', 'eve']) } }).kind, 'go');
    assert.equal(judge({ contact, context: { agents: new Set(['ann']) } }).kind, 'go', 'only in preview');
    assert.equal(judge({ contact: { skippedBy: { ann: nowMs } }, campaign: preview, context: { agents: new Set(['ann']) } }).kind, 'go');
  });

  it('the first gate that refuses decides, in the order of the words', () => {
    const everything: Case = { campaign: { state: 'paused' }, contact: { endTimeMs: 1, attempts: 9, consentUntilMs: undefined } };
    assert.deepEqual(judge(everything), wait('campaign'));
    assert.equal(judge({ ...everything, campaign: {} }).kind, 'final');
  });
});

describe('dialer: a gate that cannot be evaluated blocks (B4, B11)', () => {
  const broken = (): never => {
    throw new Error('store is away');
  };
  const withBroken = (field: keyof GateFacts): GateFacts => Object.defineProperty({ ...factsOf() }, field, { get: broken });
  const contactWith = (field: keyof Contact): GateFacts => {
    const facts = factsOf();
    return { ...facts, contact: Object.defineProperty({ ...facts.contact }, field, { get: broken }) };
  };
  const cases: Readonly<Record<Gate, () => { readonly facts: GateFacts; readonly context?: GateContext }>> = {
    campaign: () => ({
      facts: factsOf(),
      context: contextOf({ profile: Object.defineProperty({ ...profileOf('eu-generic') }, 'modes', { get: broken }) }),
    }),
    expired: () => ({ facts: contactWith('endTimeMs') }),
    attempts: () => ({ facts: contactWith('attempts') }),
    dnc: () => ({ facts: withBroken('dnc') }),
    consent: () => ({ facts: contactWith('consentUntilMs') }),
    window: () => ({ facts: factsOf({}, { zones: ['Mars/Olympus'] }) }),
    'retry-time': () => ({ facts: contactWith('nextAttemptAtMs') }),
    caps: () => ({ facts: withBroken('numberHours') }),
    protect: () => ({ facts: withBroken('lastAbandonedMs') }),
    'same-number': () => ({ facts: withBroken('isNumberActive') }),
    gateway: () => ({ facts: factsOf(), context: contextOf({ isGatewayUsable: broken }) }),
    'callback-agent': () => ({ facts: contactWith('callbackAgent') }),
    'skip-hold': () => ({ facts: contactWith('skippedBy') }),
  };
  for (const gate of gates)
    it(`${gate}: waits`, () => {
      const { facts, context = contextOf() } = cases[gate]();
      const verdict = createGates(context)(facts, nowMs);
      assert.equal(verdict.kind, 'wait');
      assert.equal(verdict.gate, gate);
    });
});

describe('dialer: gates explained (explain contact)', () => {
  it('all gates in order, with what each says, also behind the first that refuses', () => {
    const explained = explainGates(contextOf(), factsOf({ isNumberActive: true, dnc: [entry({ reason: 'asked for it' })] }), nowMs);
    assert.deepEqual(
      explained.gates.map(({ gate }) => gate),
      gates,
    );
    assert.deepEqual(
      explained.gates.filter(({ passes }) => !passes).map(({ gate }) => gate),
      ['dnc', 'same-number'],
    );
    assert.equal(explained.first, 'dnc');
    assert.equal(explained.verdict.kind, 'final');
    assert.match(explained.gates.find(({ gate }) => gate === 'dnc')?.detail ?? '', /global list: asked for it/);
    for (const { detail } of explained.gates) assert.ok(detail.length > 5);
  });

  it('says the same as the judge', () => {
    for (const contact of [{}, { zones: ['Asia/Tokyo'] }, { attempts: 7 }, { nextAttemptAtMs: nowMs + 9 }]) {
      const { first, verdict } = explainGates(contextOf(), factsOf({}, contact), nowMs);
      assert.deepEqual(verdict, judge({ contact }));
      assert.equal(first, verdict.kind === 'go' ? undefined : verdict.gate);
    }
  });
});

describe('the calling window at the moment of the call (B11)', () => {
  const rules = (more: Partial<Parameters<typeof createRulebook>[0]> = {}) =>
    createRulebook({
      profiles: () => shippedProfiles,
      settings: () => dialerSettingsDefaults,
      suppression: () => new Map(),
      isForced: () => false,
      agentsOf: () => undefined,
      isGatewayUsable: () => true,
      random: () => 0.5,
      ...more,
    }).engine;

  it('B11: open until it has rung, closed behind its end time, without a profile and with a zone that nobody knows', () => {
    const campaign = campaignOf({ ringTimeoutMs: 25_000 });
    const at = (local: string): number => Date.parse(`2026-11-25T${local}+01:00`);
    const closes = [...Array(24).keys()]
      .map((hour) => at(`${String(hour).padStart(2, '0')}:00:00`))
      .findLast((ms) => isOpen({}, ms - 25_000));
    function isOpen(contact: Parameters<typeof contactOf>[0], ms: number, more = campaign): boolean | undefined {
      return rules().isOpen?.(contactOf(contact), more, ms);
    }
    assert.ok(closes !== undefined && closes > at('12:00:00') && closes < at('23:00:00'));
    assert.deepEqual([isOpen({}, closes - 25_000), isOpen({}, closes - 24_999), isOpen({}, closes)], [true, false, false]);
    assert.equal(isOpen({ endTimeMs: nowMs }, nowMs), false);
    assert.equal(isOpen({ zones: ['Mars/Base'] }, nowMs), false);
    assert.equal(isOpen({}, nowMs, campaignOf({ profile: 'gone' })), false);
  });
});
