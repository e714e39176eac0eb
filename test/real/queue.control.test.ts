/** Around the talk on a real Asterisk: recording, transfers, a Tandem that dies, supervision, lamps, standby agents (B34, B40, user-needs 28). */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { agentId, legId } from '../../core/acd/ids.js';
import type { SpyMode } from '../../core/switch.js';
import { eventually } from '../support/eventually.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { hears } from './clusters.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';
import { here } from './queue-tandem.js';

describe('real: queue, around the talk', function () {
  this.timeout(15_000);
  let bed: QueueBed;

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qcontrol');
  });
  after(async () => {
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(() => bed.clear());

  async function talk(extension = 'queue'): Promise<{ readonly call: SipCall; readonly agentCall: SipCall }> {
    const atAgent = (await bed.asterisk.phone(11)).nextCall();
    const call = await bed.join(extension);
    const agentCall = await atAgent;
    await bed.notice('talk-started');
    await hears(agentCall);
    return { call, agentCall };
  }
  const atPhone = async (nn: number): Promise<SipCall> => (await bed.asterisk.phone(nn)).nextCall();
  const report = () =>
    eventually(
      () => bed.reports[0],
      (seen) => seen !== undefined,
    );

  it('F28 F132: the talk is recorded from the connection, in the folder and under the name of the template', async () => {
    bed.provision({
      queues: [{ recordTemplate: 'calls/${queue}/${agent}-${caller_id_number}-${uuid}', hangUpAfterTalk: false }],
      agents: [{}],
    });
    const { agentCall } = await talk('own');
    await hears(agentCall);
    agentCall.hangup();
    const name = (await report())?.[4] ?? '';
    assert.match(name, /^calls\/support\/1011-5551234-\d+\.\d+\.wav$/);
    const { size } = await stat(join(bed.asterisk.dir, 'spool/monitor', name));
    assert.ok(size > 1_000, `${size} bytes`);
  });

  it('F66: without hang-up after the talk the dialplan goes on with the result variables', async () => {
    bed.provision({ queues: [{ hangUpAfterTalk: false }], agents: [{}] });
    const { call, agentCall } = await talk('own');
    agentCall.hangup();
    assert.deepEqual((await report())?.slice(0, 4), ['answered', '', '1011', 'answered']);
    assert.equal(await call.ended, 'remote');
  });

  it('B28: blind transfer: the agent is free at once, the caller goes on to the other telephone', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const { call, agentCall } = await talk();
    const other = atPhone(12);
    agentCall.refer('sip:1012@127.0.0.1');
    const ended = await bed.notice('talk-ended');
    assert.deepEqual([ended.by, ended.cause], ['transfer', 'blind transfer to 1012@from-phones']);
    const otherCall = await other;
    await hears(otherCall);
    assert.equal(call.state, 'up');
    assert.equal((await bed.notice('member-left')).reason, 'answered');
  });

  it('B28: attended transfer (SIP Replaces): the same', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const { call, agentCall } = await talk();
    const other = atPhone(12);
    const consult = await (await bed.asterisk.phone(11)).call('1012');
    await consult.answered;
    const otherCall = await other;
    await hears(otherCall);
    agentCall.referReplaces(consult);
    const ended = await bed.notice('talk-ended');
    assert.deepEqual([ended.by, ended.cause], ['transfer', 'attended transfer']);
    await agentCall.ended;
    await hears(otherCall);
    assert.equal(call.state, 'up');
  });

  it('B28: blind transfer by an agent behind a Local channel', async () => {
    bed.provision({ queues: [{}], agents: [{ contact: 'Local/1011@agents/n' }] });
    const { call, agentCall } = await talk();
    const other = atPhone(12);
    agentCall.refer('sip:1012@127.0.0.1');
    assert.equal((await bed.notice('talk-ended')).by, 'transfer');
    await hears(await other);
    assert.equal(call.state, 'up');
  });

  it('B28: a waiting caller, and one in a talk, are sent to another place by the system', async () => {
    for (const isTalking of [false, true]) {
      bed.provision({ queues: [{}], agents: isTalking ? [{}] : [] });
      const call = isTalking ? (await talk()).call : await bed.join();
      const member = [...bed.tandem.loop.view().members.values()].find(({ phase }) => phase.kind !== 'abandoned');
      const other = atPhone(12);
      await bed.tandem.control.transfer(member?.call ?? assert.fail('no call'), { context: 'from-phones', extension: '1012' });
      await hears(await other);
      assert.equal(call.state, 'up');
      if (isTalking) assert.equal((await bed.notice('talk-ended')).by, 'transfer');
      else assert.equal((await bed.event('caller-left')).cause, 'transferred');
      await bed.clear();
    }
  });

  it('B5: Tandem dies in the talk: the talk goes on; when it is back it knows of the talk and of its end', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const { call, agentCall } = await talk();
    const { offer } = await bed.notice('talk-started');
    await bed.kill();
    await hears(agentCall);
    await hears(call);
    await bed.start();
    await bed.event('channels-listed');
    assert.equal(bed.tandem.loop.view().offers.get(offer)?.phase.kind, 'talking');
    agentCall.hangup();
    await bed.notice('talk-ended');
    assert.equal(await call.ended, 'remote');
  });

  it('B5: Tandem dies while the agent rings and he answers then: the leg connects itself with the waiting caller', async () => {
    bed.provision({ queues: [{}], agents: [{ ringMs: 10_000 }] });
    const phone = await bed.asterisk.phone(11);
    const rings = new Promise<SipCall>((resolve) => {
      phone.onCall = (ringing) => {
        ringing.ring();
        resolve(ringing);
      };
    });
    const call = await bed.join();
    const agentCall = await rings;
    await bed.kill();
    await agentCall.answer();
    await hears(agentCall);
    await bed.start();
    await bed.event('channels-listed');
    await eventually(
      () => [...bed.tandem.loop.view().offers.values()][0]?.phase.kind,
      (phase) => phase === 'talking',
    );
    call.hangup();
    await bed.notice('talk-ended');
  });

  it('B5: the manager link is lost in the talk: the talk and its end are known all the same', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const { call, agentCall } = await talk();
    bed.tandem.link.stop();
    await hears(agentCall);
    agentCall.hangup();
    const ended = await bed.notice('talk-ended');
    assert.equal(ended.by, 'agent');
    await call.ended;
    await bed.kill();
    await bed.start();
  });

  it('the session on the agent’s leg is not there: the two are connected over the manager link', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const phone = await bed.asterisk.phone(11);
    const call = await bed.join();
    const { offer } = await bed.notice('talk-started');
    const order = bed.tandem.loop.orderOf(offer) ?? assert.fail('no order');
    for (const agentCall of phone.calls.values()) agentCall.hangup();
    await call.ended;
    // a second caller and a leg that is up and has no session
    bed.provision({ queues: [{}], agents: [] });
    const other = phone.nextCall();
    const waiting = await bed.join();
    const member = [...bed.tandem.loop.view().members.values()].at(-1)?.call ?? assert.fail('no caller');
    const leg = legId('tandem-bare');
    const ring = { ...order, offer: 'bare' as typeof offer, leg, call: member };
    await bed.tandem.link.originate({ Channel: 'PJSIP/1011', ChannelId: leg, Application: 'Wait', Data: '10', Timeout: 3_000 });
    bed.tandem.control.legs.visit(ring).sessionLost();
    bed.tandem.control.connect({
      offer: ring.offer,
      leg,
      switch: here,
      queue: order.queue,
      agent: order.agent,
      agentName: 'Ann',
      member: order.member,
      call: member,
      isStandby: false,
      recordTemplate: undefined,
      hangUpAfterTalk: true,
    });
    await bed.event('connected', (event) => event.offer === ring.offer);
    await hears(await other);
    waiting.hangup();
    await bed.event('call-ended', (event) => event.offer === ring.offer);
  });

  const modes: readonly { mode: SpyMode; options: string }[] = [
    { mode: 'listen', options: 'qES' },
    { mode: 'whisper', options: 'qESw' },
    { mode: 'barge', options: 'qESB' },
  ];
  it('B34: a supervisor listens, whispers and barges in; his call ends with the talk', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    const { agentCall } = await talk();
    const { leg } = await bed.notice('talk-started');
    const supervisor = await bed.asterisk.phone(13);
    for (const [n, { mode, options }] of modes.entries()) {
      const rings = supervisor.nextCall();
      await bed.tandem.control.spy({ leg: legId(`tandem-spy-${n}`), target: leg, supervisor: 'PJSIP/1013', mode });
      const spying = await rings;
      await hears(spying);
      assert.match(await bed.asterisk.cli('core show channels concise'), new RegExp(`ChanSpy!PJSIP/1011-\\w+,${options}!`));
      const { uniqueIds } = await bed.tandem.control.listChannels();
      assert.ok(![...uniqueIds].some((id) => id.startsWith('tandem-') && id !== leg), 'no leg that the engine would take for a lost one');
      if (mode === 'barge') agentCall.hangup();
      else spying.hangup();
      await spying.ended;
    }
  });

  it('B40: the agent’s lamp is a device state that hints can show', async () => {
    const state = async () => (await bed.asterisk.cli('core show hint support')).match(/State:(\w+)/)?.[1];
    const agent = agentId('1011');
    for (const [facts, shown] of [
      [{ status: 'Available', state: 'Waiting', wrapUp: false }, 'Idle'],
      [{ status: 'Available', state: 'In a queue call', wrapUp: false }, 'InUse'],
      [{ status: 'Logged Out', state: 'Waiting', wrapUp: false }, 'Unavailable'],
    ] as const) {
      bed.tandem.control.lamp(agent, facts);
      await eventually(state, (now) => now === shown);
    }
  });

  it('B22: the state of the agent’s telephone is read at the start and followed', async () => {
    bed.provision({ queues: [{}], agents: [{}] });
    await bed.kill();
    await bed.start();
    const device = () => bed.tandem.loop.view().agents.get(agentId('1011'))?.device;
    await eventually(device, (now) => now === 'idle');
    const phone = await bed.asterisk.phone(11);
    const call = await phone.call('echo');
    await call.answered;
    await eventually(device, (now) => now === 'in-use');
    call.hangup();
    await eventually(device, (now) => now === 'idle');
  });

  it('F70: a standby agent stays on the line through two talks', async () => {
    bed.provision({
      queues: [{}],
      agents: [{ id: agentId('1013'), type: 'uuid-standby', contact: 'PJSIP/1013', initialStatus: 'Logged Out' }],
    });
    const standby = await (await bed.asterisk.phone(13)).call('standby');
    await hears(standby);
    const standing = () => bed.tandem.loop.view().agents.get(agentId('1013'));
    for (let n = 0; n < 2; n++) {
      await eventually(standing, (agent) => agent?.standby !== undefined && agent.phase.kind !== 'talking');
      bed.notices.length = 0;
      const call = await bed.join();
      await bed.notice('talk-started');
      await hears(call);
      call.hangup();
      assert.equal((await bed.notice('talk-ended')).by, 'caller');
      assert.equal(standby.state, 'up');
    }
    await eventually(
      () => bed.asterisk.cli('core show channels concise'),
      (channels) => channels.includes('!MusicOnHold!'),
    );
    standby.hangup();
    await eventually(standing, (agent) => agent?.standby === undefined);
  });
});
