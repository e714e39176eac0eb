/** What a bystander on the manager link of a real Asterisk sees: agents' legs, who is connected to whom, and which channels live. */
import { legPrefix } from '../../core/acd/ids.js';
import { createAmiLink, type AmiLink } from '../../sidecar/ami.js';
import type { AmiPacket } from '../../sidecar/ami-packet.js';
import { silentLog, silentMeter } from '../support/observers.js';

/** One leg that Tandem started, from its channel's birth to its end. Times are Unix ms, 0 = not yet. */
export interface SeenLeg {
  readonly id: string;
  agent: string;
  /** unique id of the caller for whom it was started */
  caller: string;
  readonly bornAtMs: number;
  connectedAtMs: number;
  leftAtMs: number;
  goneAtMs: number;
}

export interface FaultWatch {
  readonly link: AmiLink;
  readonly legs: ReadonlyMap<string, SeenLeg>;
  /** moment in which a channel was gone, by unique id */
  goneAtMs(uniqueId: string): number | undefined;
  isAlive(uniqueId: string): boolean;
  /** unique id of the newest channel with this caller number */
  uniqueIdOf(number: string): string | undefined;
  legsOf(caller: string): readonly SeenLeg[];
  talking(): readonly SeenLeg[];
  ringing(): readonly SeenLeg[];
  /** Hear each variable that a channel is given. The result ends it. */
  onVariable(listener: (uniqueId: string, name: string, value: string) => void): () => void;
  /** Asterisk is gone, and all of its channels with it. */
  allGone(): void;
  /** Pairs of legs that lived at the same time for one agent or one caller, since `sinceMs`. */
  doubled(sinceMs: number): readonly string[];
  stop(): void;
}

/** A leg that is being hung up may overlap with the agent's next one this long. */
const overlapMsMax = 250;

export async function watchFaults(amiPort: number): Promise<FaultWatch> {
  const link = createAmiLink(
    {
      name: 'bystander',
      host: '127.0.0.1',
      port: amiPort,
      user: 'testbed',
      secret: 'testbed-secret',
      eventMask: 'call,dialplan',
      backoffCapMs: 200,
    },
    { log: silentLog, meter: silentMeter },
  );
  const watch = listen(link);
  link.start();
  await link.waitUp(10_000);
  return watch;
}

function listen(link: AmiLink): FaultWatch {
  const legs = new Map<string, SeenLeg>();
  const alive = new Set<string>();
  const gone = new Map<string, number>();
  const numbers = new Map<string, string>();
  const listeners = new Set<(uniqueId: string, name: string, value: string) => void>();
  const legIn = (event: AmiPacket): SeenLeg | undefined => legs.get(event.get('uniqueid') ?? '');

  link.on('Newchannel', (event) => {
    const id = event.get('uniqueid') ?? '';
    alive.add(id);
    const number = event.known('calleridnum');
    if (number !== undefined && !id.startsWith(legPrefix)) numbers.set(number, id);
    if (id.startsWith(legPrefix))
      legs.set(id, { id, agent: '', caller: '', bornAtMs: Date.now(), connectedAtMs: 0, leftAtMs: 0, goneAtMs: 0 });
  });
  link.on('NewCallerid', (event) => {
    const [id, number] = [event.get('uniqueid') ?? '', event.known('calleridnum')];
    if (number !== undefined && /^(c|\d)/.test(id)) numbers.set(number, id);
  });
  link.on('VarSet', (event) => {
    const [id, name, value] = [event.get('uniqueid') ?? '', event.get('variable') ?? '', event.get('value') ?? ''];
    const leg = legs.get(id);
    if (leg && name === 'TANDEM_AGENT') leg.agent = value;
    if (leg && name === 'TANDEM_CALLER') leg.caller = value;
    for (const listener of listeners) listener(id, name, value);
  });
  link.on('BridgeEnter', (event) => {
    const leg = legIn(event);
    if (leg && leg.connectedAtMs === 0) leg.connectedAtMs = Date.now();
  });
  link.on('BridgeLeave', (event) => {
    const leg = legIn(event);
    if (leg) leg.leftAtMs = Date.now();
  });
  link.on('Hangup', (event) => {
    const id = event.get('uniqueid') ?? '';
    alive.delete(id);
    gone.set(id, Date.now());
    const leg = legs.get(id);
    if (leg) leg.goneAtMs = Date.now();
  });

  const all = (fits: (leg: SeenLeg) => boolean): readonly SeenLeg[] => [...legs.values()].filter(fits);
  return {
    link,
    legs,
    goneAtMs: (id) => gone.get(id),
    isAlive: (id) => alive.has(id),
    uniqueIdOf: (number) => numbers.get(number),
    legsOf: (caller) => all((leg) => leg.caller === caller),
    talking: () => all((leg) => leg.goneAtMs === 0 && leg.connectedAtMs > 0 && leg.leftAtMs === 0),
    ringing: () => all((leg) => leg.goneAtMs === 0 && leg.connectedAtMs === 0),
    onVariable(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    allGone() {
      const nowMs = Date.now();
      for (const id of alive) gone.set(id, nowMs);
      alive.clear();
      for (const leg of legs.values()) if (leg.goneAtMs === 0) leg.goneAtMs = nowMs;
    },
    doubled: (sinceMs) =>
      (['agent', 'caller'] as const).flatMap((who) =>
        overlaps(
          all((leg) => leg.bornAtMs >= sinceMs && leg[who] !== ''),
          who,
        ),
      ),
    stop: () => link.stop(),
  };
}

function overlaps(legs: readonly SeenLeg[], who: 'agent' | 'caller'): string[] {
  const last = new Map<string, SeenLeg>();
  const found: string[] = [];
  for (const leg of legs) {
    const before = last.get(leg[who]);
    const untilMs = before?.goneAtMs === 0 ? Infinity : (before?.goneAtMs ?? 0);
    if (before && untilMs > leg.bornAtMs + overlapMsMax)
      found.push(`${who} ${leg[who]}: ${leg.id} began ${String(leg.bornAtMs)} while ${before.id} lived until ${String(untilMs)}`);
    last.set(leg[who], leg);
  }
  return found;
}
