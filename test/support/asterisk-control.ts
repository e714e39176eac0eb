/** The Asterisk switch adapter on a scripted manager, with timers turned by hand: what it orders, and what it feeds. */
import { agentId, legId, memberId, offerId, queueId, switchId, type AgentId } from '../../core/acd/ids.js';
import type { ConnectOrder, RingOrder } from '../../core/acd/effects.js';
import type { AcdEvent } from '../../core/acd/events.js';
import { createAsteriskSwitch, type AsteriskSwitch } from '../../sidecar/switch-asterisk.js';
import { createAmiHarness, nextState, type AmiHarness } from './ami-harness.js';
import type { FakeAction, FakeFields, FakeSession } from './fake-ami.js';
import { createHandTimers, type HandTimers } from './hand-timers.js';
import { recordingMeter, silentLog, type RecordingMeter } from './observers.js';

export const here = switchId('alpha');
export const caller = { switch: here, uniqueId: '1795300000.1', channel: 'PJSIP/1010-00000001' };

export function ringOrder(overrides: Partial<RingOrder> = {}): RingOrder {
  const offer = overrides.offer ?? offerId('o1');
  return {
    offer,
    leg: legId(`tandem-${offer}`),
    switch: here,
    media: 'audio',
    queue: queueId('support'),
    agent: agentId('1011'),
    agentName: 'Ann Agent',
    contact: 'PJSIP/1011',
    contactFreeswitch: undefined,
    standby: undefined,
    ringMs: 20_000,
    member: memberId('m1'),
    call: caller,
    callerNumber: '5551234',
    callerName: 'SALES: Jane Doe',
    joinedAtMs: 1_795_300_000_000,
    announcements: [],
    confirmKey: '',
    confirmMs: 5_000,
    language: undefined,
    variables: {},
    leadId: undefined,
    ...overrides,
  };
}

export const connectOrder = (ring: RingOrder, overrides: Partial<ConnectOrder> = {}): ConnectOrder => ({
  offer: ring.offer,
  leg: ring.leg,
  switch: here,
  queue: ring.queue,
  agent: ring.agent,
  agentName: ring.agentName,
  member: ring.member,
  call: caller,
  isStandby: false,
  recordTemplate: undefined,
  hangUpAfterTalk: true,
  ...overrides,
});

export interface ControlWorld {
  readonly harness: AmiHarness;
  readonly control: AsteriskSwitch;
  readonly timers: HandTimers;
  readonly meter: RecordingMeter;
  /** without `switch-changed` */
  readonly fed: AcdEvent[];
  readonly ups: boolean[];
  /** Send an event of Asterisk and resolve when it was delivered. */
  event(fields: FakeFields): Promise<void>;
  /** The nth Originate and a way to answer it. */
  originate(n?: number): Promise<{ readonly action: FakeAction; readonly respond: (fields: FakeFields) => Promise<void> }>;
  /** until all that was sent has been heard and all that follows has run */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export async function controlWorld(devices: Readonly<Record<string, string>> = {}): Promise<ControlWorld> {
  const timers = createHandTimers();
  const meter = recordingMeter();
  const harness = await createAmiHarness();
  const { ami, link } = harness;
  const fed: AcdEvent[] = [];
  const ups: boolean[] = [];
  const watched = new Map<string, readonly AgentId[]>([['PJSIP/1011', [agentId('1011'), agentId('ann')]]]);
  const sessions = new Map<string, FakeSession>();
  ami.on('Originate', (action, session) => {
    sessions.set(action['ActionID'] ?? '', session);
    session.send({ Response: 'Success', ActionID: action['ActionID'], Message: 'Originate successfully queued' });
  });
  for (const name of ['Hangup', 'Setvar', 'Redirect', 'Bridge', 'MixMonitor', 'ControlPlayback']) ami.on(name, success);
  ami.on('Getvar', (action, session) => {
    const device = /^DEVICE_STATE\((.*)\)$/.exec(action['Variable'] ?? '')?.[1] ?? '';
    session.send({ Response: 'Success', ActionID: action['ActionID'], Value: devices[device] ?? 'INVALID' });
  });
  const control = createAsteriskSwitch(
    { id: here, agiAddress: '127.0.0.1:4573' },
    {
      link,
      feed: (event) => (event.type === 'switch-changed' ? ups.push(event.isUp) : fed.push(event)),
      log: silentLog,
      meter,
      timers,
      watchedDevices: () => watched,
      orderOf: () => undefined,
    },
  );
  link.start();
  if (link.status().state !== 'up') await nextState(link, 'up');

  const world: ControlWorld = {
    harness,
    control,
    timers,
    meter,
    fed,
    ups,
    async event(fields) {
      ami.event(fields);
      await world.settled();
    },
    async originate(n = 1) {
      const action = await ami.seen('Originate', n);
      const id = action['ActionID'] ?? '';
      return {
        action,
        async respond(fields) {
          sessions.get(id)?.send({ Event: 'OriginateResponse', ActionID: id, Uniqueid: field(action, 'ChannelId'), ...fields });
          await world.settled();
        },
      };
    },
    async settled() {
      // a question of our own is answered behind everything sent before
      for (let n = 0; n < 2; n++) await link.action({ Action: 'Ping' }).catch(() => undefined);
    },
    async close() {
      control.close();
      await harness.close();
    },
  };
  return world;
}

/** A field of an action; the library writes `ChannelId` as `Channelid`. */
export const field = (action: FakeAction, name: string): string | undefined =>
  Object.entries(action).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];

export const success = (action: FakeAction, session: FakeSession): void =>
  session.send({ Response: 'Success', ActionID: action['ActionID'], Message: 'done' });

export const refusal =
  (message: string) =>
  (action: FakeAction, session: FakeSession): void =>
    session.send({ Response: 'Error', ActionID: action['ActionID'], Message: message });

export const hangup = (id: string, cause: number, more: FakeFields = {}): FakeFields => ({
  Event: 'Hangup',
  Channel: 'PJSIP/1011-00000002',
  Uniqueid: id,
  ChannelState: '6',
  Cause: String(cause),
  ...more,
});
export const bridgeEnter = (id: string): FakeFields => ({ Event: 'BridgeEnter', Uniqueid: id });
