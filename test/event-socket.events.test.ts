/**
 * What becomes of calls, as a monitor of mod_callcenter hears it: names, order and headers of `callcenter::info` events over
 * the real engine (freeswitch-callcenter 12, 13), beside a call that was recorded on a real one.
 */
import assert from 'node:assert/strict';
import { memberId, switchId, type OfferId } from '../core/acd/ids.js';
import { CallcenterInfo } from '../core/callcenter/info-events.js';
import { hearsEvent } from '../core/callcenter/heard.js';
import type { InfoEvent } from '../core/callcenter/info-event.js';
import type { Headers } from '../core/callcenter/info-headers.js';
import { FrameReader } from '../esl-outbound/frame.js';
import { createDesk, deskConfig, type Desk, type DeskConfig } from './support/engine-desk.js';
import { headersOf } from './support/event-socket-desk.js';
import { readTranscript } from './support/esl-transcript.js';
import { Random } from './simulation/random.js';

const of = (headers: Headers, name: string): string | undefined => headers.find(([header]) => header === name)?.[1];
const action = ({ headers }: Pick<InfoEvent, 'headers'>): string => of(headers, 'CC-Action') ?? 'presence';
const ccNames = (headers: Headers): string[] => headers.map(([name]) => name).filter((name) => name.startsWith('CC-'));

const site: DeskConfig = { queues: { support: {}, other: {} }, agents: { a1: { contact: 'null/a1' } }, tiers: ['support a1'] };

function listen(config: Partial<DeskConfig> = {}) {
  const desk = createDesk(deskConfig({ ...site, ...config }));
  desk.step({ type: 'time-passed' }); // what the configuration brought is told
  const info = new CallcenterInfo('single_box');
  info.begin(desk.state);
  const heard: InfoEvent[] = [];
  desk.port.onNotice((notice, atMs) => heard.push(...info.of(notice, desk.state, atMs)));
  const last = (name: string): Headers => heard.filter((event) => action(event) === name).at(-1)?.headers ?? [];
  return {
    desk,
    info,
    heard,
    last,
    /** actions since the last time, with what matters of them */
    news: (...shown: readonly string[]) =>
      heard
        .splice(0)
        .map((event) => [action(event), ...shown.map((name) => of(event.headers, name)).filter((value) => value !== undefined)].join(' ')),
  };
}

const offersOf = (desk: Desk, member: string): readonly OfferId[] => desk.state.members.get(memberId(member))?.offers ?? [];

/** The callcenter::info events of the recorded call. */
function recordedCall(): readonly Headers[] {
  const events: Headers[] = [];
  new FrameReader().push(readTranscript('in-callcenter').fromSwitch, ({ head, body }) => {
    if (head.includes('text/event-plain')) events.push(headersOf(`${head}\n\n${body?.toString('utf8') ?? ''}`));
    return true;
  });
  return events.filter((headers) => of(headers, 'CC-Action') !== 'agent-contact-change');
}

const joinNews = ['member-queue-start', 'members-count', 'presence'];

describe('event socket: callcenter::info events', () => {
  it('F144 to F151, F154, B61: an answered call: the events of the recorded one in its order, each with its CC- headers in their order', () => {
    const t = listen();
    t.desk.login('a1');
    t.heard.length = 0;
    const offer = t.desk.connect(t.desk.call('support'));
    t.desk.advance(2_000);
    t.desk.step({ type: 'call-ended', offer, by: 'agent', cause: 'NORMAL_CLEARING' });

    const made = t.heard.filter(({ name }) => name === 'CUSTOM');
    const wanted = recordedCall();
    assert.deepEqual(
      made.map(action),
      wanted.map((headers) => of(headers, 'CC-Action')),
    );
    for (const [i, headers] of wanted.entries()) {
      const own = made[i]?.headers ?? [];
      assert.deepEqual(ccNames(own).filter((name) => name !== 'CC-Offer-UUID'), ccNames(headers), of(headers, 'CC-Action')); // prettier-ignore
      const [names, known] = [own, headers].map((list) => list.map(([name]) => name).filter((name) => !name.startsWith('CC-')));
      assert.deepEqual(names, known?.filter((name) => names?.includes(name)), 'channel data in the order of the reference'); // prettier-ignore
    }
    for (const name of [
      'CC-Agent-State',
      'CC-Cause',
      'CC-Hangup-Cause',
      'CC-Agent-Type',
      'CC-Agent-System',
      'CC-Selection',
      'Hangup-Cause',
    ])
      assert.deepEqual(
        made.map(({ headers }) => of(headers, name)),
        wanted.map((headers) => of(headers, name)),
        name,
      );
  });

  it('F145 F146 F147 F151 F154: ids, names, numbers and times of an answered call', () => {
    const t = listen();
    t.desk.login('a1');
    const startS = t.desk.nowMs() / 1_000;
    const member = t.desk.call('support', { name: 'Ann & Sons', number: '030123' });
    t.desk.advance(3_000);
    const offer = t.desk.connect(member);
    const leg = t.desk.state.offers.get(offer)?.leg ?? '';
    t.desk.advance(60_000);
    t.desk.step({ type: 'call-ended', offer, by: 'caller', cause: 'NORMAL_CLEARING' });

    const caller = {
      'CC-Member-UUID': member,
      'CC-Member-Session-UUID': 'u1',
      'CC-Member-CID-Name': 'Ann & Sons',
      'CC-Member-CID-Number': '030123',
    };
    const has = (name: string, wanted: Readonly<Record<string, string>>): void => {
      const headers = t.last(name);
      for (const [header, value] of Object.entries({ ...caller, ...wanted })) assert.equal(of(headers, header), value, `${name} ${header}`);
    };
    const talk = {
      'CC-Agent-UUID': leg,
      'CC-Agent-Called-Time': String(startS),
      'CC-Agent-Answered-Time': String(startS + 3),
      'CC-Member-Joined-Time': String(startS),
      'CC-Offer-UUID': offer,
    };
    has('member-queue-start', { 'Unique-ID': 'u1', 'Channel-Name': 'PJSIP/caller-1', variable_cc_queue: 'support' });
    has('agent-offering', { 'CC-Agent': 'a1', 'CC-Agent-Type': 'callback', 'CC-Offer-UUID': offer });
    has('bridge-agent-start', { ...talk, 'Unique-ID': leg, 'Answer-State': 'answered', variable_cc_side: 'agent' });
    has('bridge-agent-end', { ...talk, 'CC-Agent-Bridged': 'true', 'CC-Bridge-Terminated-Time': String(startS + 63) });
    has('member-queue-end', { 'CC-Cause': 'Terminated', 'CC-Member-Leaving-Time': String(startS + 63), 'CC-Agent-UUID': leg });
  });

  it('F147: the real cause of the end stands in Hangup-Cause; what is no word of the switch is NORMAL_CLEARING', () => {
    for (const [cause, shown] of [
      ['MEDIA_TIMEOUT', 'MEDIA_TIMEOUT'],
      ['16', 'NORMAL_CLEARING'],
      ['x\r\ny', 'NORMAL_CLEARING'],
    ] as const) {
      const t = listen();
      t.desk.login('a1');
      t.desk.step({ type: 'call-ended', offer: t.desk.connect(t.desk.call('support')), by: 'unknown', cause });
      assert.equal(of(t.last('bridge-agent-end'), 'Hangup-Cause'), shown);
    }
  });

  it('F148 F153: a missed call: bridge-agent-fail with its cause and times; the limit is told', () => {
    const t = listen({ agents: { a1: { contact: 'x', no_answer: { max: 1, delay_s: 5 } } } });
    t.desk.login('a1');
    const member = t.desk.call('support');
    const startS = t.desk.nowMs() / 1_000;
    t.desk.advance(4_000);
    t.heard.length = 0;
    for (const offer of offersOf(t.desk, member)) t.desk.step({ type: 'offer-failed', offer, failure: 'no-answer', detail: '' });

    const failed = t.last('bridge-agent-fail');
    assert.deepEqual(
      ['CC-Hangup-Cause', 'CC-Agent-Called-Time', 'CC-Agent-Aborted-Time'].map((name) => of(failed, name)),
      ['NO_ANSWER', String(startS), String(startS + 4)],
    );
    assert.deepEqual(
      ccNames(failed),
      ['CC-Queue', 'CC-Action', 'CC-Hangup-Cause', 'CC-Agent', 'CC-Agent-System', 'CC-Agent-Called-Time', 'CC-Agent-Aborted-Time']
        .concat(['CC-Member-UUID', 'CC-Member-Session-UUID', 'CC-Member-CID-Name', 'CC-Member-CID-Number', 'CC-Member-Joined-Time', 'CC-Offer-UUID']), // prettier-ignore
    );
    assert.deepEqual(t.last('agent-max-no-answer'), [
      ['CC-Agent', 'a1'],
      ['CC-Action', 'agent-max-no-answer'],
      ['CC-Agent-No-Answer-Count', '1'],
      ['CC-Agent-No-Answer-Status', 'On Break'],
      ['CC-Member-UUID', member],
      ['CC-Member-Session-UUID', 'u1'],
    ]);
    assert.deepEqual(t.news('CC-Agent-Status', 'CC-Agent-State'), [
      'agent-max-no-answer',
      'bridge-agent-fail',
      'agent-status-change On Break',
      'agent-state-change Waiting',
    ]);
  });

  it("F148: the cause of a failed leg is FreeSWITCH's word: what the switch said, or what it means", () => {
    for (const [failure, detail, shown] of [
      ['rejected', 'CALL_REJECTED', 'CALL_REJECTED'],
      ['busy', '17', 'USER_BUSY'],
      ['not-registered', '', 'USER_NOT_REGISTERED'],
      ['unreachable', 'NO_ROUTE_DESTINATION', 'NO_ROUTE_DESTINATION'],
      ['not-confirmed', '', 'NO_USER_RESPONSE'],
    ] as const) {
      const t = listen();
      t.desk.login('a1');
      const [offer] = offersOf(t.desk, t.desk.call('support'));
      assert.ok(offer);
      t.desk.step({ type: 'offer-failed', offer, failure, detail });
      assert.equal(of(t.last('bridge-agent-fail'), 'CC-Hangup-Cause'), shown);
    }
  });

  it('F148: of a ring-all race the loser has LOSE_RACE; a caller who leaves while it rings ORIGINATOR_CANCEL', () => {
    const race = listen({
      queues: { support: { strategy: 'ring-all' } },
      agents: { a1: { contact: 'x' }, b1: { contact: 'y' } },
      tiers: ['support a1', 'support b1'],
    });
    for (const agent of ['a1', 'b1']) race.desk.login(agent);
    const member = race.desk.call('support');
    race.heard.length = 0;
    race.desk.connect(member);
    assert.deepEqual(race.news('CC-Hangup-Cause', 'CC-Agent', 'CC-Agent-State', 'CC-Count').slice(0, 3), [
      'bridge-agent-fail LOSE_RACE b1',
      'agent-state-change b1 Waiting',
      'bridge-agent-start a1',
    ]);

    const left = listen();
    left.desk.login('a1');
    const caller = left.desk.call('support');
    left.heard.length = 0;
    left.desk.step({ type: 'caller-left', member: caller, cause: 'hangup' });
    assert.deepEqual(left.news('CC-Hangup-Cause', 'CC-Cause', 'CC-Cancel-Reason', 'CC-Count', 'force-status'), [
      'bridge-agent-fail ORIGINATOR_CANCEL',
      'member-queue-end Cancel BREAK_OUT',
      'members-count 0',
      'presence Idle',
      'agent-state-change',
    ]);
  });

  it('F152: why a caller left unserved: BREAK_OUT, EXIT_WITH_KEY, TIMEOUT, NO_AGENT_TIMEOUT, with its headers in their order', () => {
    const ways: readonly (readonly [string, object, (desk: Desk, member: string) => void])[] = [
      ['BREAK_OUT', {}, (desk, member) => desk.step({ type: 'caller-left', member: memberId(member), cause: 'hangup' })],
      ['EXIT_WITH_KEY', { exit_keys: '1' }, (desk, member) => desk.step({ type: 'key-pressed', member: memberId(member), key: '1' })],
      ['TIMEOUT', { max_wait_s: 5 }, (desk) => desk.advance(6_000)],
      ['NO_AGENT_TIMEOUT', { max_wait_no_agent_s: 5 }, (desk) => desk.advance(30_000)],
      ['BREAK_OUT', {}, (desk, member) => desk.step({ type: 'withdraw-asked', member, reason: 'withdrawn' })],
    ];
    for (const [reason, queue, leave] of ways) {
      const t = listen({ queues: { support: queue } });
      const member = t.desk.call('support');
      assert.deepEqual(t.news().slice(0, 3), joinNews);
      leave(t.desk, member);
      const ended = t.last('member-queue-end');
      assert.equal(of(ended, 'CC-Cancel-Reason'), reason);
      assert.equal(of(ended, 'Answer-State'), leave === ways[0]?.[2] ? 'hangup' : 'answered');
      assert.deepEqual(
        ccNames(ended),
        ['CC-Queue', 'CC-Action', 'CC-Member-Leaving-Time', 'CC-Member-Joined-Time', 'CC-Cause', 'CC-Cancel-Reason']
          .concat(['CC-Member-UUID', 'CC-Member-Session-UUID', 'CC-Member-CID-Name', 'CC-Member-CID-Number']), // prettier-ignore
      );
      assert.deepEqual(t.news('CC-Count', 'force-status').slice(-2), ['members-count 0', 'presence Idle']);
    }
  });

  it('F153: a caller who comes back to his place is a member-queue-resume', () => {
    const t = listen({ queues: { support: { abandoned_resume_allowed: true, discard_abandoned_after_s: 600 } } });
    const member = t.desk.call('support');
    t.desk.step({ type: 'caller-left', member, cause: 'hangup' });
    t.news();
    assert.equal(t.desk.call('support', { number: '5551' }), member);
    assert.deepEqual(t.news('CC-Count'), ['member-queue-resume', 'members-count 1', 'presence']);
  });

  it('F149 F150 F152: one who is moved leaves one queue and comes to the other', () => {
    const t = listen();
    const member = t.desk.call('support');
    t.news();
    t.desk.step({ type: 'move-asked', member, queue: 'other', keepWaiting: true });
    assert.deepEqual(t.news('CC-Queue', 'CC-Cancel-Reason', 'CC-Count', 'login', 'force-status'), [
      'member-queue-end support BREAK_OUT',
      'members-count support 0',
      'presence support Idle',
      'member-queue-start other',
      'members-count other 1',
      'presence other Active (1 waiting)',
    ]);
  });

  it('F150: a callback that waits without a call is in the queue, without a session', () => {
    const t = listen();
    const call = undefined;
    t.desk.call('support', { call, homeSwitch: switchId('west'), number: '030123', name: 'Ann' });
    const joined = t.last('member-queue-start');
    assert.deepEqual(
      ['CC-Member-CID-Number', 'CC-Member-Session-UUID', 'Unique-ID'].map((name) => of(joined, name)),
      ['030123', '', undefined],
    );
    assert.deepEqual(t.news('CC-Count', 'force-status'), ['member-queue-start', 'members-count 1', 'presence Active (1 waiting)']);
  });

  it('F143 F144 F153: agents: added, status, state, contact; what they were before is no news', () => {
    const t = listen();
    t.desk.login('a1');
    t.desk.step({ type: 'status-asked', agent: 'a1', status: 'On Break', reason: undefined });
    t.desk.step({ type: 'status-asked', agent: 'a1', status: 'On Break', reason: undefined });
    assert.deepEqual(t.news('CC-Agent', 'CC-Agent-Status'), ['agent-status-change a1 Available', 'agent-status-change a1 On Break']);
    t.desk.step({ type: 'configured', config: deskConfig({ ...site, agents: { a1: { contact: 'null/other' }, b1: { contact: 'y' } } }) });
    assert.deepEqual(t.news('CC-Agent', 'CC-Agent-Type', 'CC-Agent-Contact').sort(), [
      'agent-add b1 callback',
      'agent-contact-change a1 null/other',
    ]);
    const [changed] = [t.desk.step({ type: 'status-asked', agent: 'a1', status: 'Logged Out', reason: undefined })];
    assert.ok(changed.ok);
    assert.deepEqual(t.heard[0]?.headers, [
      ['CC-Agent', 'a1'],
      ['CC-Action', 'agent-status-change'],
      ['CC-Agent-Status', 'Logged Out'],
    ]);
  });

  it('B61: PRESENCE_IN as the lamps of telephones want it', () => {
    const t = listen();
    t.desk.call('support');
    t.desk.call('support');
    const event = t.heard.at(-1);
    assert.deepEqual([event?.name, event?.subclass], ['PRESENCE_IN', undefined]);
    assert.deepEqual(event?.headers, [
      ['proto', 'callcenter'],
      ['login', 'support'],
      ['from', 'support'],
      ['force-status', 'Active (2 waiting)'],
      ['rpid', 'unknown'],
      ['event_type', 'presence'],
      ['alt_event_type', 'dialog'],
      ['event_count', '0'],
      ['channel-state', 'CS_ROUTING'],
      ['unique-id', 'support'],
      ['answer-state', 'confirmed'],
      ['presence-call-direction', 'inbound'],
    ]);
  });

  it('B39: who may see some queues hears of these and of the agents who serve them', () => {
    const t = listen({ agents: { a1: { contact: 'x' }, b1: { contact: 'y' } }, tiers: ['support a1', 'other b1'] });
    const seen = new Set(['support']);
    const hears = (...pairs: readonly (readonly [string, string])[]): boolean => hearsEvent(t.desk.state, seen, pairs);
    assert.deepEqual(
      [hears(['CC-Queue', 'Support']), hears(['CC-Queue', 'other']), hears(['CC-Queue', 'other'], ['CC-Agent', 'a1'])],
      [true, false, false],
    );
    assert.deepEqual([hears(['CC-Agent', 'a1']), hears(['CC-Agent', 'b1']), hears(['CC-Agent', 'nobody'])], [true, false, false]);
    assert.deepEqual(
      [hears(['proto', 'callcenter'], ['login', 'other']), hears(['proto', 'callcenter'], ['login', 'support'])],
      [false, true],
    );
    assert.ok(hears(['note', 'of another program']));
    assert.ok(!hearsEvent(undefined, seen, [['CC-Agent', 'a1']]), 'without the queues nothing is known of agents');
  });
});

// ------------------------------------------------------------------ every offer

/** A day of anything in any order; events by offer. */
function randomDay(seed: number): { readonly byOffer: ReadonlyMap<string, readonly string[]>; readonly open: ReadonlySet<string> } {
  const random = new Random(seed);
  const queues = {
    support: { strategy: random.pick(['ring-all', 'longest-idle-agent', 'ring-progressively']), max_wait_s: 40 },
    other: {},
  };
  const agents = { a: { contact: 'x' }, b: { contact: 'y', no_answer: { max: 2 } }, c: { contact: 'z', wrap_up_s: 5 } };
  const config = { queues, agents, tiers: ['support a', 'support b', 'support c', 'other c'] };
  const t = listen(config);
  const { desk } = t;
  const agent = () => random.pick(['a', 'b', 'c']);
  const offer = () => random.pick([...desk.state.offers.keys()]);
  const member = () => random.pick([...desk.state.members.keys()]);
  const steps: readonly (() => unknown)[] = [
    () => desk.call(random.pick(['support', 'other'])),
    () => desk.login(agent()),
    () => desk.login(agent()),
    () =>
      desk.step({
        type: 'status-asked',
        agent: agent(),
        status: random.pick(['Logged Out', 'On Break', 'Available (On Demand)']),
        reason: undefined,
      }),
    () => desk.advance(random.span(8_000)),
    () => desk.step({ type: 'agent-answered', offer: offer() }),
    () => desk.step({ type: 'agent-ready', offer: offer() }),
    () => desk.step({ type: 'connected', offer: offer() }),
    () => desk.step({ type: 'call-ended', offer: offer(), by: random.pick(['caller', 'agent', 'unknown']), cause: '' }),
    () =>
      desk.step({
        type: 'offer-failed',
        offer: offer(),
        failure: random.pick(['no-answer', 'busy', 'rejected', 'agent-gone']),
        detail: '',
      }),
    () => desk.step({ type: 'caller-left', member: member(), cause: 'hangup' }),
    () => desk.step({ type: 'session-lost', member: member() }),
    () => desk.step({ type: 'move-asked', member: member(), queue: random.pick(['support', 'other']), keepWaiting: true }),
    () => desk.step({ type: 'release-asked', agent: agent(), by: 'boss' }),
    () =>
      desk.step({
        type: 'configured',
        config: deskConfig({ ...config, ...(random.chance(0.3) && { tiers: ['support a'], agents: { a: agents.a } }) }),
      }),
  ];
  for (let n = 0; n < 300; n++) {
    const step = random.pick(steps);
    if (/offer\(\)/.test(step.toString()) && desk.state.offers.size === 0) continue;
    if (/member\(\)/.test(step.toString()) && desk.state.members.size === 0) continue;
    step();
  }
  const byOffer = new Map<string, string[]>();
  for (const event of t.heard) {
    const id = of(event.headers, 'CC-Offer-UUID');
    if (id !== undefined) byOffer.set(id, [...(byOffer.get(id) ?? []), action(event)]);
  }
  return { byOffer, open: new Set(desk.state.offers.keys()) };
}

describe('event socket: every offer', function () {
  this.timeout(30_000);
  it('F145 to F148: agent-offering, then either start and end or fail, once, whatever happens', () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= 60; seed++) {
      const { byOffer, open } = randomDay(seed);
      for (const [id, actions] of byOffer) {
        const story = actions.join(' ');
        counts.set(story, (counts.get(story) ?? 0) + 1);
        const whole = ['agent-offering bridge-agent-fail', 'agent-offering bridge-agent-start bridge-agent-end'];
        const begun = ['agent-offering', 'agent-offering bridge-agent-start'];
        assert.ok((open.has(id) ? begun : whole).includes(story), `seed ${String(seed)}, ${id}: ${story}`);
      }
    }
    assert.ok((counts.get('agent-offering bridge-agent-fail') ?? 0) > 200 && (counts.get('agent-offering bridge-agent-start bridge-agent-end') ?? 0) > 40, JSON.stringify([...counts])); // prettier-ignore
  });
});
