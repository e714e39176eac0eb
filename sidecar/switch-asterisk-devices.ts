/** What the agents' telephones do (B22): device states of Asterisk, read when the link comes up and followed from there on. */
import type { AgentId } from '../core/acd/ids.js';
import type { DeviceState } from '../core/acd/words.js';
import type { Log } from '../core/ports.js';
import type { Feed } from '../core/switch.js';
import type { AmiLink } from './ami.js';
import type { AmiPacket } from './ami-packet.js';

/** Agents by the device whose state is theirs, as Asterisk spells it: `PJSIP/1001`. Asked for at each event: must be cheap. */
export type WatchedDevices = () => ReadonlyMap<string, readonly AgentId[]>;

const words: Readonly<Record<string, DeviceState>> = {
  NOT_INUSE: 'idle',
  INUSE: 'in-use',
  BUSY: 'in-use',
  ONHOLD: 'in-use',
  // a second call rings while the first one runs
  RINGINUSE: 'in-use',
  RINGING: 'ringing',
  UNAVAILABLE: 'unavailable',
  INVALID: 'unavailable',
};

export const deviceStateOf = (word: string | undefined): DeviceState => words[(word ?? '').toUpperCase()] ?? 'unknown';

export interface Devices {
  /** Read all states again: the list of watched devices has changed. Never rejects. */
  refresh(): Promise<void>;
  close(): void;
}

export function createDevices(deps: {
  readonly link: AmiLink;
  readonly feed: Feed;
  readonly log: Log;
  readonly watched: WatchedDevices;
}): Devices {
  const { link, feed, log, watched } = deps;
  /** devices that changed while the list is being read: the list may be older than that */
  let changed: Set<string> | undefined;

  function tell(event: AmiPacket): void {
    const agents = watched().get(event.get('device') ?? '');
    if (!agents) return;
    const device = deviceStateOf(event.get('state'));
    for (const agent of agents) feed({ type: 'device-changed', agent, device });
  }

  async function refresh(): Promise<void> {
    if (watched().size === 0) return;
    const since = (changed ??= new Set<string>());
    try {
      const { events } = await link.action({ Action: 'DeviceStateList' }, { list: true });
      for (const event of events) if (!since.has(event.get('device') ?? '')) tell(event);
    } catch (error) {
      log.warn({ err: error }, 'asterisk: states of the telephones could not be read');
    } finally {
      if (changed === since) changed = undefined;
    }
  }

  const stops = [
    link.on('DeviceStateChange', (event) => {
      if (watched().has(event.get('device') ?? '')) changed?.add(event.get('device') ?? '');
      tell(event);
    }),
    link.onState(({ state }) => {
      if (state === 'up') void refresh();
    }),
  ];
  if (link.status().state === 'up') void refresh();
  return {
    refresh,
    close() {
      for (const stop of stops) stop();
    },
  };
}
