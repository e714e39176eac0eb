/**
 * Tandem's own queues on a real Asterisk, in this process: engine, loop, FastAGI door, manager link and the shipped
 * dialplan. `restart` is a kill of the process as Asterisk sees it: every session breaks, the link is lost.
 */
import { fileURLToPath } from 'node:url';
import type { AgentConfig, QueueConfig } from '../../core/acd/config.js';
import type { AcdEvent } from '../../core/acd/events.js';
import type { Notice } from '../../core/acd/notices.js';
import { createMemoryAcdStore, type MemoryAcdStore } from '../support/acd-memory-store.js';
import { eventually } from '../support/eventually.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import type { SipCall, SipCallOptions, SipPhone } from '../testbed/sip-phone.js';
import { asserted } from './clusters.js';
import { configOf, manager, messageFolder, startTandem, type Tandem } from './queue-tandem.js';

const samples = fileURLToPath(new URL('../../dialplan/asterisk/', import.meta.url));
const include = (...files: readonly string[]): string => files.map((file) => `#include ${samples}${file}\n`).join('');

export interface QueueBed {
  readonly asterisk: Asterisk;
  readonly store: MemoryAcdStore;
  /** everything fed to the engine, by all processes so far */
  readonly events: AcdEvent[];
  readonly notices: Notice[];
  /** what the dialplan of extension `own` found behind the queue: result, exit key, agent, cc_cause, recording */
  readonly reports: (readonly string[])[];
  readonly tandem: Tandem;
  /** Provision: queues and agents by what differs from the defaults; all agents serve all queues, and are available. */
  provision(config: { queues: readonly Partial<QueueConfig>[]; agents: readonly Partial<AgentConfig>[] }): void;
  /** A customer calls the queue `support` (or `extension`) from phone 1010; resolves when he hears music. */
  join(extension?: string, options?: SipCallOptions): Promise<SipCall>;
  /** Resolves with the notice of this type that comes next, or came since the last `provision`. */
  notice<T extends Notice['type']>(
    type: T,
    fits?: (notice: Extract<Notice, { type: T }>) => boolean,
  ): Promise<Extract<Notice, { type: T }>>;
  event<T extends AcdEvent['type']>(
    type: T,
    fits?: (event: Extract<AcdEvent, { type: T }>) => boolean,
  ): Promise<Extract<AcdEvent, { type: T }>>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Hang everything up and wait until Asterisk is empty. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

function dialplan(agiPort: number, messages: string): string {
  return `${include('tandem-globals.conf', 'tandem-doors.conf', 'tandem-agents.conf', 'tandem-queues.conf')}
[globals](+)
TANDEM_AGI_1 = 127.0.0.1:${agiPort}
TANDEM_AGI_2 = 127.0.0.1:${agiPort}
TANDEM_PAUSE_S = 0.3
TANDEM_ROUNDS = 12
TANDEM_GUARD_S = 5
TANDEM_MESSAGE_DIR = ${messages}
[tandem-dial-out](+)
exten => 1012,1,Dial(PJSIP/1012,10)
 same => n,Hangup(\${HANGUPCAUSE})
[from-phones](+)
exten => support,hint,Custom:tandem-1011
exten => queue,1,Goto(tandem-queue,s,1)
exten => leave,1,Goto(tandem-leave-message,s,1)
exten => own,1,Answer()
 same => n,Set(TANDEM_APP=queue_entry)
 same => n,Set(TANDEM_ARGS=support)
 same => n,Gosub(tandem-door,s,1)
 same => n,AGI(agi://127.0.0.1:${agiPort}/report,\${TANDEM_RESULT},\${TANDEM_EXIT_KEY},\${TANDEM_AGENT},\${cc_cause},\${cc_record_filename})
 same => n,Hangup()
exten => standby,1,Answer()
 same => n,Set(TANDEM_AGENT=1013)
 same => n,Goto(tandem-agent-standby,s,1)
[agents]
exten => _10XX,1,Dial(PJSIP/\${EXTEN},20)
 same => n,Hangup()
`;
}

const account = `
[${manager.user}]
secret = ${manager.secret}
permit = 127.0.0.1/255.255.255.255
read = ${manager.read}
write = ${manager.write}
`;

export async function startQueueBed(name: string): Promise<QueueBed> {
  const { bases, release } = await claimPorts(1);
  const asterisk = await startAsterisk({ name, base: bases[0] ?? 0 });
  try {
    await asterisk.addConfig('extensions', '50-queue', dialplan(asterisk.ports.base + 4, messageFolder(asterisk)));
    await asterisk.addConfig('manager', '50-tandem', account);
    await asterisk.reload();
    await asterisk.cli('manager reload');
    return await createBed(asterisk, release);
  } catch (error) {
    await asterisk.stop();
    release();
    throw error;
  }
}

async function createBed(asterisk: Asterisk, release: () => void): Promise<QueueBed> {
  const store = createMemoryAcdStore();
  const events: AcdEvent[] = [];
  const notices: Notice[] = [];
  const reports: (readonly string[])[] = [];
  let config = configOf({ queues: [{}], agents: [] });
  let tandem: Tandem;

  async function start(): Promise<void> {
    tandem = await startTandem(asterisk, config, store, events, reports, (notice) => notices.push(notice));
  }
  await start();

  const bed: QueueBed = {
    asterisk,
    store,
    events,
    notices,
    reports,
    get tandem() {
      return tandem;
    },
    provision(given) {
      config = configOf(given);
      notices.length = events.length = reports.length = 0;
      // what an earlier test left must not meet the new offers
      for (const { id } of config.agents) tandem.loop.tell({ type: 'release-asked', agent: id, by: 'test' });
      tandem.loop.tell({ type: 'configured', config });
      for (const { id } of config.agents) tandem.loop.tell({ type: 'status-asked', agent: id, status: 'Available', reason: undefined });
    },
    async join(extension = 'queue', options = {}) {
      const phone = await asterisk.phone(10);
      const call = await phone.call(extension, { headers: asserted('Jane Doe', '5551234'), ...options });
      await call.answered;
      const heard = call.media.received;
      await eventually(
        () => call.media.received,
        (packets) => packets > heard + 3,
      );
      return call;
    },
    notice: (type, fits = () => true) =>
      found(
        () => notices.find((notice): notice is Extract<Notice, { type: typeof type }> => notice.type === type && fits(notice as never)),
        type,
      ),
    event: (type, fits = () => true) =>
      found(
        () => events.find((event): event is Extract<AcdEvent, { type: typeof type }> => event.type === type && fits(event as never)),
        type,
      ),
    kill: () => tandem.stop(),
    start,
    async clear() {
      for (const nn of [10, 11, 12, 13, 14]) hangUpAll(await asterisk.phone(nn));
      await eventually(
        () => asterisk.channels(),
        (channels) => channels.length === 0,
        { msMax: 5_000 },
      );
    },
    async stop() {
      await tandem.stop();
      await asterisk.stop();
      release();
    },
  };
  return bed;
}

function hangUpAll(phone: SipPhone): void {
  phone.onCall = (call) => {
    call.ring();
    void call.answer();
  };
  for (const call of phone.calls.values()) call.hangup();
}

async function found<T>(find: () => T | undefined, what: string): Promise<T> {
  const value = await eventually(find, (seen) => seen !== undefined, { msMax: 5_000, everyMs: 5 }).catch(() => undefined);
  if (value === undefined) throw new Error(`no ${what} within 5 s`);
  return value;
}
