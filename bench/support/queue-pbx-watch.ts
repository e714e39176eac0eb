/**
 * What Asterisk's own time stamps say about an engine: from a caller's step into the queue to the first agent's DialBegin,
 * and from the end of an agent's channel to the next DialBegin of the same agent. Both engines start agents' channels
 * with a dial, one by Dial in app_queue, one by Originate, so the event is the same.
 */
import type { AmiLink } from '../../sidecar/ami.js';
import type { AmiPacket } from '../../sidecar/ami-packet.js';

export interface PbxWatch {
  readonly joined: number[];
  readonly freed: number[];
  /** agents' channels started in this window */
  dials(): number;
  stop(): void;
}

const agentLeg = /^Local\/(\d+)@bench-agents-\w+;1$/;
const queueSteps: ReadonlySet<string> = new Set(['Queue', 'AGI']);

/** `onDial`: an agent is started, so one caller waits less. Times in ms. */
export function watchPbx(link: AmiLink, onDial: () => void): PbxWatch {
  const [joined, freed]: [number[], number[]] = [[], []];
  const joinedAt = new Map<string, number>();
  const freedAt = new Map<string, number>();
  let dials = 0;

  function take(sinceMs: Map<string, number>, key: string | undefined, nowMs: number, into: number[]): void {
    const since = key === undefined ? undefined : sinceMs.get(key);
    if (key === undefined || since === undefined) return;
    sinceMs.delete(key);
    into.push(nowMs - since);
  }

  function dialBegins(event: AmiPacket, nowMs: number): void {
    const agent = agentOf(event.known('destchannel'));
    if (agent === undefined) return;
    dials++;
    onDial();
    take(freedAt, agent, nowMs, freed);
    // Dial tells its caller, Originate the number that it shows
    take(joinedAt, event.known('calleridnum') ?? event.known('destconnectedlinenum'), nowMs, joined);
  }

  const stop = link.on(['Newexten', 'DialBegin', 'Hangup'], (event) => {
    const nowMs = Number(event.known('timestamp')) * 1_000;
    if (event.event === 'DialBegin') dialBegins(event, nowMs);
    else if (event.event === 'Hangup') {
      const agent = agentOf(event.known('channel'));
      if (agent !== undefined) freedAt.set(agent, nowMs);
    } else if (queueSteps.has(event.known('application') ?? '')) {
      const number = event.known('calleridnum');
      if (number !== undefined && event.known('context') !== 'tandem-agent') joinedAt.set(number, nowMs);
    }
  });

  return { joined, freed, dials: () => dials, stop };
}

const agentOf = (channel: string | undefined): string | undefined => agentLeg.exec(channel ?? '')?.[1];
