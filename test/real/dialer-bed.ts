/**
 * Calls of campaigns on real Asterisks: `alpha` dials, with the shipped dialplan, Tandem's queues, the application
 * `dialer_call` and the dialling switch in this process; `far` is the carrier and everybody behind it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createAgiDialerCall } from '../../agi/dialer-call.js';
import type { AgentConfig, QueueConfig } from '../../core/acd/config.js';
import type { AcdEvent } from '../../core/acd/events.js';
import type { Notice } from '../../core/acd/notices.js';
import type { ArrivalPlan, DialSwitchEvent, OriginateOrder } from '../../core/dialer/engine-words.js';
import type { AmdVerdict } from '../../core/dialer/words.js';
import type { DialSwitch } from '../../core/dialer-ports.js';
import { createAsteriskDialSwitch } from '../../sidecar/dial-asterisk.js';
import { createMemoryAcdStore } from '../support/acd-memory-store.js';
import { eventually } from '../support/eventually.js';
import { silentLog, silentMeter } from '../support/observers.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import { configOf, manager, messageFolder, startTandem, type Tandem } from './queue-tandem.js';

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const include = (...files: readonly string[]): string => files.map((file) => `#include ${samples}${file}\n`).join('');

/** What the customers' numbers do; the first digit tells, the rest is the customer. */
export const far = {
  human: '1001',
  /** answers after 200 ms and listens */
  listener: '1101',
  machine: '2001',
  busy: '3001',
  busyAfterRinging: '3101',
  noAnswer: '4001',
  congestion: '5001',
  unallocated: '6001',
  /** 0.3 s after the answer */
  hangsUpLater: '7001',
  /** with any digits behind: talks for 2 s and hangs up; stays; presses 1 again and again; is busy; is unallocated */
  talks: '13',
  stays: '14',
  pressesOne: '15',
  isBusy: '32',
  isNobody: '62',
  /** presses 1 again and again */
  keys: '1201',
  rejected: '8001',
  announcement: '9001',
} as const;

const farDialplan = `
[from-trunk](+)
exten => _10XX,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer()
 same => n,Playback(silence/1&hello&silence/9&silence/9&silence/9)
 same => n,Hangup()
exten => _11XX,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Set(TIMEOUT(absolute)=60)
 same => n(more),Playback(silence/9)
 same => n,Goto(more)
exten => _2XXX,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Playback(vm-theperson&vm-isunavail&vm-intro&beep&silence/9&silence/9)
 same => n,Hangup()
exten => _30XX,1,Hangup(17)
exten => _31XX,1,Ringing()
 same => n,Wait(0.5)
 same => n,Hangup(17)
exten => _4XXX,1,Ringing()
 same => n,Wait(60)
 same => n,Hangup()
exten => _5XXX,1,Hangup(34)
exten => _6XXX,1,Hangup(1)
exten => _12XX,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Set(TIMEOUT(absolute)=60)
 same => n(more),Playback(silence/1)
 same => n,SendDTMF(1)
 same => n,Goto(more)
exten => _13X.,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Playback(silence/2)
 same => n,Hangup()
exten => _14X.,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Playback(silence/9&silence/9&silence/9)
 same => n,Hangup()
exten => _15X.,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Set(TIMEOUT(absolute)=40)
 same => n(more),Playback(silence/1)
 same => n,SendDTMF(1)
 same => n,Goto(more)
exten => _32X.,1,Hangup(17)
exten => _62X.,1,Hangup(1)
exten => _7XXX,1,Ringing()
 same => n,Wait(0.2)
 same => n,Answer()
 same => n,Wait(0.3)
 same => n,Hangup()
exten => _8XXX,1,Hangup(21)
exten => _90XX,1,Progress()
 same => n,Playback(vm-isunavail,noanswer)
 same => n,Hangup(1)
`;

function dialplan(asterisk: Asterisk): string {
  const agi = `127.0.0.1:${asterisk.ports.base + 4}`;
  return `${include('tandem-globals.conf', 'tandem-doors.conf', 'tandem-agents.conf', 'tandem-dialer.conf')}
[globals](+)
TANDEM_AGI_1 = ${agi}
TANDEM_AGI_2 = ${agi}
TANDEM_PAUSE_S = 0.3
TANDEM_SAFE_HARBOUR = vm-goodbye
TANDEM_IVR_PROMPT = silence/9
[from-phones](+)
exten => standby,1,Answer()
 same => n,Set(TANDEM_AGENT=\${CALLERID(num)})
 same => n,Goto(tandem-agent-standby,s,1)
`;
}

const account = `
[${manager.user}]
secret = ${manager.secret}
permit = 127.0.0.1/255.255.255.255
read = ${manager.read}
write = ${manager.write}
`;

/** A trunk whose far end does not answer a qualifying question. */
const deadTrunk = `
[dead](phone)
aors = dead
[dead]
type = aor
contact = sip:127.0.0.1:9
qualify_frequency = 1
qualify_timeout = 0.5
`;

export interface DoorNews {
  readonly arrived: { readonly callId: string; readonly amd: AmdVerdict | undefined; readonly atMs: number }[];
  readonly waitedOut: { readonly callId: string; readonly reason: string; readonly atMs: number }[];
  readonly played: { readonly callId: string; readonly ms: number }[];
  readonly optedOut: string[];
}

export interface DialerBed {
  readonly alpha: Asterisk;
  readonly far: Asterisk;
  readonly dial: DialSwitch;
  readonly tandem: Tandem;
  readonly events: DialSwitchEvent[];
  readonly notices: Notice[];
  readonly news: DoorNews;
  /** what answered calls are to do */
  plan: ArrivalPlan | undefined;
  provision(config: { queues: readonly Partial<QueueConfig>[]; agents: readonly Partial<AgentConfig>[] }): void;
  order(overrides?: Partial<OriginateOrder>): OriginateOrder;
  /** Dial, and resolve with the end of it. */
  call(overrides?: Partial<OriginateOrder>): Promise<{ readonly order: OriginateOrder; readonly end: Ended }>;
  ended(callId: string, msMax?: number): Promise<Ended>;
  event<T extends DialSwitchEvent['type']>(callId: string, type: T): Promise<Extract<DialSwitchEvent, { type: T }>>;
  notice<T extends Notice['type']>(type: T): Promise<Extract<Notice, { type: T }>>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export type Ended = Extract<DialSwitchEvent, { type: 'call-ended' }>;

/** The dialling Asterisk with the shipped dialplan, whose FastAGI door is at `base + 4`, and the carrier. */
export interface DialerSwitches {
  readonly alpha: Asterisk;
  readonly far: Asterisk;
  /** Stops both and gives the ports back. */
  readonly stop: () => Promise<void>;
}

export async function startDialerSwitches(): Promise<DialerSwitches> {
  const { bases, release } = await claimPorts(2);
  const [alphaBase = 0, farBase = 0] = bases;
  const started: Asterisk[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((asterisk) => asterisk.stop()));
    release();
  };
  try {
    const [alpha, carrier] = await Promise.all([
      startAsterisk({ name: 'alpha', base: alphaBase, peers: { far: farBase } }),
      startAsterisk({ name: 'far', base: farBase, peers: { alpha: alphaBase } }),
    ]);
    started.push(alpha, carrier);
    await alpha.addConfig('extensions', '50-dialer', dialplan(alpha));
    await alpha.addConfig('manager', '50-tandem', account);
    await alpha.addConfig('pjsip', '50-dead', deadTrunk);
    await carrier.addConfig('extensions', '50-far', farDialplan);
    await Promise.all([alpha.reload(), carrier.reload()]);
    await alpha.cli('manager reload');
    return { alpha, far: carrier, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function startDialerBed(): Promise<DialerBed> {
  const switches = await startDialerSwitches();
  try {
    return await createBed(switches);
  } catch (error) {
    await switches.stop();
    throw error;
  }
}

let lastCall = 0;

async function createBed({ alpha, far: carrier, stop }: DialerSwitches): Promise<DialerBed> {
  const store = createMemoryAcdStore();
  const acdEvents: AcdEvent[] = [];
  const notices: Notice[] = [];
  const events: DialSwitchEvent[] = [];
  const news: DoorNews = { arrived: [], waitedOut: [], played: [], optedOut: [] };
  const door = {
    arrived: (callId: string, amd: AmdVerdict | undefined) => {
      news.arrived.push({ callId, amd, atMs: Date.now() });
      return Promise.resolve(bed.plan);
    },
    waitedOut: (callId: string, reason: string) => void news.waitedOut.push({ callId, reason, atMs: Date.now() }),
    messagePlayed: (callId: string, ms: number) => void news.played.push({ callId, ms }),
    optedOut: (callId: string) => Promise.resolve(void news.optedOut.push(callId)),
  };
  await mkdir(messageFolder(alpha), { recursive: true });
  const tandem = await startTandem(
    alpha,
    configOf({ queues: [{}], agents: [] }),
    store,
    acdEvents,
    [],
    (notice) => notices.push(notice),
    (tools, queue) => ({ dialer_call: createAgiDialerCall({ ...tools, door, queue }) }),
  );
  const log = process.env['QUEUE_BED_LOG'] === undefined ? silentLog : tandem.log;
  const dial = createAsteriskDialSwitch(
    { id: 'alpha' },
    { link: tandem.link, feed: (event) => events.push(event), log, meter: silentMeter },
  );
  const find = async <T>(read: () => T | undefined, what: string, msMax = 10_000): Promise<T> => {
    const value = await eventually(read, (seen) => seen !== undefined, { msMax, everyMs: 5 }).catch(() => undefined);
    if (value === undefined) throw new Error(`no ${what} within ${msMax} ms`);
    return value;
  };
  const bed: DialerBed = {
    alpha,
    far: carrier,
    dial,
    tandem,
    events,
    notices,
    news,
    plan: undefined,
    provision(given) {
      notices.length = events.length = acdEvents.length = 0;
      for (const list of Object.values(news)) (list as unknown[]).length = 0;
      const config = configOf(given);
      for (const { id } of config.agents) tandem.loop.tell({ type: 'release-asked', agent: id, by: 'test' });
      tandem.loop.tell({ type: 'configured', config });
      for (const { id } of config.agents) tandem.loop.tell({ type: 'status-asked', agent: id, status: 'Available', reason: undefined });
    },
    order: (overrides = {}) => ({
      callId: `call-${Date.now()}-${++lastCall}`,
      contactId: 'contact',
      campaignId: 'spring',
      mode: 'PREDICTIVE',
      kind: 'agent-native',
      switch: 'alpha',
      gateway: 'far',
      number: far.listener,
      callerId: '4930555',
      ivr: '9664',
      agentExtension: '',
      queueName: '',
      queueType: 'NAME',
      serviceIdentifier: '1218',
      domain: '',
      ringTimeoutMs: 3_000,
      strictStrings: false,
      amd: { mode: 'off', maxMs: 1_800 },
      record: false,
      ...overrides,
    }),
    async call(overrides) {
      const order = bed.order(overrides);
      dial.originate(order);
      return { order, end: await bed.ended(order.callId) };
    },
    ended: (callId, msMax) =>
      find(() => events.find((event): event is Ended => event.type === 'call-ended' && event.callId === callId), `end of ${callId}`, msMax),
    event: (callId, type) =>
      find(
        () =>
          events.find(
            (event): event is Extract<DialSwitchEvent, { type: typeof type }> =>
              event.type === type && 'callId' in event && event.callId === callId,
          ),
        `${type} of ${callId}`,
      ),
    notice: (type) =>
      find(() => notices.find((notice): notice is Extract<Notice, { type: typeof type }> => notice.type === type), `notice ${type}`),
    async clear() {
      await Promise.all([alpha.cli('channel request hangup all'), carrier.cli('channel request hangup all')]);
      for (const nn of [11, 12, 13]) for (const call of (await alpha.phone(nn)).calls.values()) call.hangup();
      await eventually(
        async () => [...(await alpha.channels()), ...(await carrier.channels())],
        (channels) => channels.length === 0,
        { msMax: 5_000 },
      );
    },
    async stop() {
      dial.close();
      await tandem.stop();
      await stop();
    },
  };
  return bed;
}

/** A sound of `seconds` for tests: silence that is long enough to press a key in. */
export async function addSound(asterisk: Asterisk, name: string, seconds: number): Promise<string> {
  const file = `${asterisk.dir}/spool/${name}`;
  await writeFile(`${file}.ulaw`, Buffer.alloc(seconds * 8_000, 0xff));
  return file;
}
