/** Answered calls of campaigns on a real Asterisk, with the shipped dialplan: agent, message, AMD, IVR, connector (dialer.md B2, B4, A10). */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { agentId } from '../../core/acd/ids.js';
import type { ArrivalPlan } from '../../core/dialer/engine-words.js';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { addSound, far, startDialerBed, type DialerBed } from './dialer-bed.js';

type QueuePlan = Extract<ArrivalPlan, { kind: 'queue' }>;

describe('real: answered calls of campaigns', function () {
  this.timeout(30_000);
  let bed: DialerBed;
  let message: NonNullable<QueuePlan['message']>;
  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startDialerBed();
    message = { audio: await addSound(bed.alpha, 'harbour', 2), optOutDigits: '', optOutPrompt: '', maxMs: 15_000 };
  });
  after(async () => {
    await (bed as DialerBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  const queuePlan = (overrides: Partial<QueuePlan> = {}): QueuePlan => ({
    kind: 'queue',
    queue: 'support',
    maxWaitMs: 2_000,
    reservation: undefined,
    message,
    variables: { tandem_campaign: 'spring' },
    ...overrides,
  });
  const agents = (...ids: readonly string[]) => ({ queues: [{}], agents: ids.map((id) => ({ id: agentId(id) })) });
  const hears = (call: SipCall) => {
    const heard = call.media.received;
    return eventually(
      () => call.media.received,
      (packets) => packets > heard + 5,
    );
  };

  it('E10 B43: a free agent of the queue gets the call, sees the customer, and the talk ends with either', async () => {
    bed.provision(agents('1011'));
    bed.plan = queuePlan();
    const atAgent = (await bed.alpha.phone(11)).nextCall();
    const order = bed.order();
    bed.dial.originate(order);
    const talk = await atAgent;
    await bed.event(order.callId, 'call-bridged');
    await hears(talk);
    assert.equal(talk.caller.number, far.listener);
    assert.deepEqual(
      bed.news.arrived.map(({ callId, amd }) => [callId, amd]),
      [[order.callId, undefined]],
    );
    talk.hangup();
    const end = await bed.ended(order.callId);
    assert.deepEqual([end.cause, end.endedBy, bed.news.waitedOut.length], ['NORMAL_CLEARING', 'us', 0]);
  });

  it('B44: standby agents hear the customer within 200 ms of his answer', async () => {
    bed.provision({
      queues: [{}],
      agents: [{ id: agentId('1013'), type: 'uuid-standby', contact: 'PJSIP/1013', initialStatus: 'Logged Out' }],
    });
    bed.plan = queuePlan();
    const standby = await (await bed.alpha.phone(13)).call('standby');
    await hears(standby);
    const standing = () => bed.tandem.loop.view().agents.get(agentId('1013'));
    const tookMs: number[] = [];
    for (let n = 0; n < 20; n++) {
      await eventually(standing, (agent) => agent?.standby !== undefined && agent.phase.kind === 'idle', { msMax: 5_000, everyMs: 10 });
      const order = bed.order();
      bed.dial.originate(order);
      const { atMs: answeredAtMs } = await bed.event(order.callId, 'call-answered');
      const { atMs } = await bed.event(order.callId, 'call-bridged');
      tookMs.push(atMs - answeredAtMs);
      bed.dial.hangUp(order.callId, 'test');
      await bed.ended(order.callId);
    }
    tookMs.sort((a, b) => a - b);
    if (process.env['DIALER_BED_TIMES'] !== undefined) console.error('answer to bridge, ms:', tookMs.join(' '));
    assert.ok((tookMs[tookMs.length >> 1] ?? Infinity) < 200, `median of ${tookMs.join(' ')}`);
    standby.hangup();
  });

  it('B1: ids that begin each other: each customer gets his own agent', async () => {
    bed.provision(agents('1011'));
    bed.plan = queuePlan({ maxWaitMs: 5_000 });
    const callId = `begins-${Date.now()}`;
    // the longer one exists and rings when the shorter one is bridged, so that a search by its begin may find it
    const longer = bed.order({ callId: `${callId}2`, number: far.noAnswer });
    bed.dial.originate(longer);
    await bed.event(longer.callId, 'call-ringing');
    const atAgent = (await bed.alpha.phone(11)).nextCall();
    const shorter = bed.order({ callId });
    bed.dial.originate(shorter);
    const talk = await atAgent;
    await bed.event(shorter.callId, 'call-bridged');
    assert.ok(!bed.events.some((event) => event.type === 'call-bridged' && event.callId === longer.callId));
    await hears(talk);
    assert.ok(!bed.events.some(({ type }) => type === 'call-ended'));
    for (const { callId: id } of [shorter, longer]) bed.dial.hangUp(id, 'test');
  });

  it('B44: no agent is free: the message begins within the grace and is heard to its end, then the call is over', async () => {
    bed.provision(agents());
    bed.plan = queuePlan({ maxWaitMs: 1_000 });
    const { order, end } = await bed.call();
    const { atMs: answeredAtMs } = await bed.event(order.callId, 'call-answered');
    const [out] = bed.news.waitedOut;
    assert.equal(out?.callId, order.callId);
    assert.ok(out.atMs - answeredAtMs <= 1_000, `message ${out.atMs - answeredAtMs} ms after the answer`);
    const heardMs = bed.news.played[0]?.ms ?? 0;
    assert.ok(heardMs >= 1_900 && heardMs < 2_500, `heard ${heardMs} ms`);
    assert.deepEqual([end.cause, end.endedBy], ['NORMAL_CLEARING', 'us']);
  });

  it('B44: his key in the message puts him on the list before the call is hung up', async () => {
    bed.provision(agents());
    bed.plan = queuePlan({ maxWaitMs: 300, message: { ...message, audio: await addSound(bed.alpha, 'long', 10), optOutDigits: '1' } });
    const { order, end } = await bed.call({ number: far.keys });
    assert.deepEqual(bed.news.optedOut, [order.callId]);
    assert.ok((bed.news.played[0]?.ms ?? 0) < 3_000);
    assert.equal(end.endedBy, 'us');
  });

  it('B44: a message that is too long is cut by the switch itself', async () => {
    bed.provision(agents());
    bed.plan = queuePlan({ maxWaitMs: 300, message: { ...message, audio: await addSound(bed.alpha, 'endless', 30), maxMs: 1_500 } });
    const { order } = await bed.call();
    const [{ atMs: answeredAtMs }, end] = [await bed.event(order.callId, 'call-answered'), await bed.ended(order.callId)];
    assert.ok(end.atMs - answeredAtMs < 4_500);
    assert.equal(bed.news.played[0]?.ms, 1_500);
  });

  it('B44: a customer who hangs up in the message: what he heard is told', async () => {
    bed.provision(agents());
    bed.plan = queuePlan({ maxWaitMs: 100 });
    const { end } = await bed.call({ number: far.hangsUpLater });
    await eventually(
      () => bed.news.played.length,
      (count) => count === 1,
    );
    assert.ok((bed.news.played[0]?.ms ?? 9_999) < 500);
    assert.equal(end.endedBy, 'customer');
  });

  it('E63: a customer who hangs up while he waits: nobody says anything to him', async () => {
    bed.provision(agents());
    bed.plan = queuePlan({ maxWaitMs: 3_000 });
    const { order, end } = await bed.call({ number: far.hangsUpLater });
    assert.equal(end.endedBy, 'customer');
    await bed.notice('member-left');
    assert.deepEqual([bed.news.waitedOut, bed.news.played, bed.news.arrived.length], [[], [], 1]);
    assert.ok(!bed.events.some((event) => event.type === 'call-bridged' && event.callId === order.callId));
  });

  it('B37: AMD tells a machine from a person, within its time', async () => {
    bed.provision(agents());
    bed.plan = { kind: 'hang-up', reason: 'test' };
    const amd = { mode: 'switch', maxMs: 4_000 } as const;
    const [machine, human] = await Promise.all([bed.call({ number: far.machine, amd }), bed.call({ number: far.human, amd })]);
    const verdict = (callId: string) => bed.news.arrived.find((news) => news.callId === callId)?.amd;
    assert.deepEqual([verdict(machine.order.callId), verdict(human.order.callId)], ['MACHINE', 'HUMAN']);
  });

  it('B37: the message for a machine is left and the call ended', async () => {
    bed.provision(agents());
    bed.plan = { kind: 'message', audio: message.audio, maxMs: 10_000 };
    const { end } = await bed.call({ number: far.machine, amd: { mode: 'switch', maxMs: 1_800 } });
    assert.ok((bed.news.played[0]?.ms ?? 0) >= 1_900);
    assert.equal(end.endedBy, 'us');
  });

  it('E13: key 1 in the IVR asks for an agent, and the recording is named', async () => {
    bed.provision(agents('1011'));
    bed.plan = queuePlan();
    const atAgent = (await bed.alpha.phone(11)).nextCall();
    const order = bed.order({ kind: 'ivr', mode: 'IVR', number: far.keys, record: true });
    bed.dial.originate(order);
    const talk = await atAgent;
    await bed.event(order.callId, 'call-bridged');
    assert.deepEqual(
      bed.news.arrived.map(({ callId, amd }) => [callId, amd]),
      [[order.callId, undefined]],
    );
    talk.hangup();
    const end = await bed.ended(order.callId);
    assert.equal(end.recording, `dialer/spring/${order.callId}.wav`);
    const { size } = await stat(`${bed.alpha.dir}/spool/monitor/${end.recording}`);
    assert.ok(size > 1_000);
  });

  it('E10 E61: connector: the reserved agent gets the customer, with the headers that his desktop reads', async () => {
    bed.provision(agents());
    const atAgent = (await bed.alpha.phone(12)).nextCall();
    const order = bed.order({ kind: 'agent-connector', agentExtension: '1012', queueName: 'second line', mode: 'PROGRESSIVE' });
    bed.dial.originate(order);
    const talk = await atAgent;
    const bridged = await bed.event(order.callId, 'call-bridged');
    assert.equal(bridged.agent, '1012');
    const header = (name: string) => talk.invite?.header(name);
    assert.deepEqual(
      ['x-call-id', 'x-call-variable0', 'x-destination-number', 'x-queue', 'x-queuetype', 'x-agentextension', 'x-calltype'].map(header),
      [order.callId, order.callId, '1218', 'second line', 'NAME', '1012', 'PROGRESSIVE'],
    );
    assert.equal(talk.caller.number, far.listener);
    talk.hangup();
    await bed.ended(order.callId);
  });

  it('B44: no dialer knows the call: the dialplan plays its own message and ends it', async () => {
    bed.provision(agents());
    bed.plan = undefined;
    const { order, end } = await bed.call();
    const { atMs: answeredAtMs } = await bed.event(order.callId, 'call-answered');
    assert.equal(bed.news.arrived.length, 2);
    assert.ok(end.atMs - answeredAtMs > 500, `the message took ${end.atMs - answeredAtMs} ms`);
    assert.match(await bed.alpha.log(), new RegExp(`Tandem unreachable for dialled call ${order.callId} TDM_STANDBY`));
  });

  it('B44: Tandem dies while a customer waits: the dialplan plays its own message and ends the call', async () => {
    bed.provision(agents());
    bed.plan = queuePlan({ maxWaitMs: 10_000 });
    const order = bed.order();
    bed.dial.originate(order);
    await bed.notice('member-joined');
    await bed.tandem.door.close(0);
    const diedAtMs = Date.now();
    const end = await bed.ended(order.callId);
    assert.equal(end.endedBy, 'us');
    assert.ok(end.atMs - diedAtMs > 500 && end.atMs - diedAtMs < 5_000, `${end.atMs - diedAtMs} ms`);
  });
});
