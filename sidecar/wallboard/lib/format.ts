/** Numbers and times as people read them. Pure. */

const two = (n: number): string => String(n).padStart(2, '0');

/** `0:05`, `12:30`, `1:02:03`; nothing runs backwards. */
export function clockText(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${two(seconds)}` : `${String(minutes)}:${two(seconds)}`;
}

/** For a machine: `PT65S`. */
export const isoDuration = (ms: number): string => `PT${String(Math.max(0, Math.floor(ms / 1000)))}S`;

export const percentText = (share: number | undefined): string => (share === undefined ? '–' : `${String(Math.round(share * 100))} %`);

export const timeText = (atMs: number): string =>
  new Date(atMs).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** `support@default` is shown as `support`. */
export const shortId = (id: string): string => id.replace(/@default$/, '');
