/** mod_callcenter's commands put together: engine, provisioning, and the live channels of the switches. */
import { nameProblem } from '../core/dial-string.js';
import { switchId, type CallKey, type SwitchId } from '../core/acd/ids.js';
import type { QueueEngine } from '../core/acd-ports.js';
import type { RecordCommand } from '../core/access-ports.js';
import type { AgentGet, CallcenterCommands } from '../core/callcenter-ports.js';
import type { Log } from '../core/ports.js';
import { createCallcenterCommands } from '../core/services/callcenter-commands.js';
import { recordedCommands } from '../core/services/recorded-command.js';
import type { CallcenterProvisioning } from '../core/services/callcenter-tools.js';
import { createTrackedCalls, type TrackedCalls } from '../core/services/tracked-calls.js';
import type { SwitchPort } from '../core/switch.js';
import type { Links } from './links.js';
import type { Timers } from './timers.js';

export interface CallcenterDeps {
  readonly engine: QueueEngine;
  readonly ports: ReadonlyMap<SwitchId, SwitchPort>;
  readonly links: Pick<Links, 'ami' | 'esl'>;
  readonly provisioning: CallcenterProvisioning;
  /** give what is provisioned to the engine */
  reload(): Promise<void>;
  /** commands that change something are written down */
  readonly record: RecordCommand;
  readonly timers: Timers;
  readonly log: Log;
}

export interface Callcenter {
  /** for every door */
  readonly commands: CallcenterCommands;
  /** outside calls, for the application in the dialplan too */
  readonly tracked: TrackedCalls;
  /** Hear what `agent get` answered, at whatever door. */
  onGet(listener: (get: AgentGet) => void): void;
  close(): void;
}

export function openCallcenter(deps: CallcenterDeps, options: { readonly instance: string }): Callcenter {
  const { engine, ports, links, provisioning, timers, log } = deps;
  const nowMs = (): number => timers.nowMs();
  const tracked = createTrackedCalls({ engine, ports, after: (delayMs, run) => timers.after(delayMs, run), nowMs });
  const stops = watchHangups(links, (on, uniqueId) => tracked.gone(on, uniqueId));
  const listeners: ((get: AgentGet) => void)[] = [];
  const unrecorded = createCallcenterCommands(
    {
      engine,
      provisioning,
      reload: () => deps.reload(),
      channel: (uuid) => findChannel(deps, uuid),
      tracked,
      onGet: (get) => listeners.forEach((listener) => listener(get)),
      log,
      nowMs,
    },
    options,
  );
  return {
    commands: recordedCommands(unrecorded, deps.record),
    tracked,
    onGet: (listener) => void listeners.push(listener),
    close() {
      for (const stop of stops) stop();
      tracked.close();
    },
  };
}

function watchHangups({ ami, esl }: Pick<Links, 'ami' | 'esl'>, gone: (on: SwitchId, uniqueId: string) => void): (() => void)[] {
  return [
    ...[...ami].map(([name, link]) => link.on('Hangup', (event) => gone(switchId(name), event.get('uniqueid') ?? ''))),
    ...[...esl].map(([name, link]) => link.on('CHANNEL_HANGUP', (event) => gone(switchId(name), event.get('Unique-ID') ?? ''))),
  ];
}

/** FreeSWITCH is asked for this one channel, Asterisk for its list. A switch that does not answer has no such channel. */
async function findChannel({ ports, links, log }: CallcenterDeps, uuid: string): Promise<CallKey | undefined> {
  if (nameProblem('uuid', uuid) !== undefined) return undefined;
  const onSwitch = async (port: SwitchPort): Promise<CallKey | undefined> => {
    const { id, kind } = port;
    const link = links.esl.get(id);
    const isThere =
      kind === 'freeswitch' && link
        ? (await link.api(`uuid_exists ${uuid}`)).trim() === 'true'
        : (await port.listChannels()).uniqueIds.has(uuid);
    return isThere ? { switch: id, uniqueId: uuid, channel: uuid } : undefined;
  };
  const found = await Promise.allSettled([...ports.values()].map(onSwitch));
  for (const result of found)
    if (result.status === 'rejected') log.warn({ err: result.reason as unknown }, 'queues: a switch could not be asked for a channel');
  return found.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []))[0];
}
