/** HEARTBEAT every 20 s, as FreeSWITCH sends it: clients take a connection without one for broken. */
import type { QueueEngine } from '../../core/acd-ports.js';
import type { EventHeaders } from '../../core/event-socket/event.js';
import type { Timers } from '../timers.js';

export const heartbeatEveryMs = 20_000;

/** `0 years, 0 days, 0 hours, 0 minutes, 12 seconds, 345 milliseconds, 0 microseconds` */
export function upTime(ms: number): string {
  const s = Math.floor(ms / 1000);
  const parts: readonly (readonly [number, string])[] = [
    [0, 'years'],
    [Math.floor(s / 86_400), 'days'],
    [Math.floor(s / 3_600) % 24, 'hours'],
    [Math.floor(s / 60) % 60, 'minutes'],
    [s % 60, 'seconds'],
    [ms % 1000, 'milliseconds'],
    [0, 'microseconds'],
  ];
  return parts.map(([count, unit]) => `${String(count)} ${unit}`).join(', ');
}

/** Callers who are there, and those of them who talk. */
export function sessionsOf(engine: Pick<QueueEngine, 'isOwner' | 'view'>): { readonly present: number; readonly talking: number } {
  const members = engine.isOwner() ? [...engine.view().members.values()] : [];
  return {
    present: members.filter(({ call }) => call !== undefined).length,
    talking: members.filter(({ phase }) => phase.kind === 'talking').length,
  };
}

export const heartbeat = (upMs: number, version: string, sessions: number): EventHeaders => [
  ['Event-Info', 'System Ready'],
  ['Up-Time', upTime(upMs)],
  ['FreeSWITCH-Version', `Tandem ${version}`],
  ['Uptime-msec', String(upMs)],
  ['Session-Count', String(sessions)],
  ['Heartbeat-Interval', String(heartbeatEveryMs / 1000)],
];

/** The result ends it. */
export function startHeartbeat(timers: Timers, beat: () => void): () => void {
  let cancel = (): void => undefined;
  const later = (): void => {
    cancel = timers.after(heartbeatEveryMs, () => {
      beat();
      later();
    });
  };
  later();
  return () => cancel();
}
