/** What an agent's page keeps of his talks for campaigns. Pure. */
import type { CallbackRow, DispositionChoice, Talk } from './dialer-wire.ts';

/** Talks of which nothing was said yet, at most. */
export const openTalksMax = 5;

/** The talk that goes on is the first; those that are over wait for a word. The same call is there once. */
export function withTalk(open: readonly Talk[], now: Talk | null): readonly Talk[] {
  if (!now) return open;
  return [now, ...open.filter(({ callId }) => callId !== now.callId)].slice(0, openTalksMax);
}

export const withoutTalk = (open: readonly Talk[], callId: string): readonly Talk[] => open.filter((talk) => talk.callId !== callId);

/** What was kept in the browser; anything else is nothing. */
export function readTalks(text: string | null): readonly Talk[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isTalk).slice(0, openTalksMax) : [];
  } catch {
    return [];
  }
}

const isTalk = (value: unknown): value is Talk => {
  const talk = value as Partial<Talk> | null;
  return (
    typeof talk === 'object' &&
    typeof talk?.callId === 'string' &&
    typeof talk.contact === 'string' &&
    typeof talk.data === 'object' &&
    Array.isArray(talk.dispositions)
  );
};

/** Fields with something in them, in the order of the record, with names as people write them. */
export const fieldsOf = (data: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(data)
    .filter(([, value]) => value.trim() !== '')
    .map(([name, value]) => [name.replaceAll('_', ' '), value]);

const nameFields = ['name', 'full_name', 'fullname', 'customer_name'];

/** Who it is, as far as the record says; '' = it does not. */
export function nameIn(data: Readonly<Record<string, string>>): string {
  const of = (wanted: string): string =>
    Object.entries(data)
      .find(([name]) => name.toLowerCase() === wanted)?.[1]
      .trim() ?? '';
  const whole = nameFields.map(of).find((name) => name !== '');
  return whole ?? [of('first_name'), of('last_name')].filter((part) => part !== '').join(' ');
}

const two = (n: number): string => String(n).padStart(2, '0');

/** For `<input type="datetime-local">`, by the browser's clock. */
export function localTime(atMs: number): string {
  const at = new Date(atMs);
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The other way; undefined: no time. */
export function timeOfLocal(text: string): number | undefined {
  const atMs = new Date(text).getTime();
  return Number.isFinite(atMs) ? atMs : undefined;
}

const hourMs = 3_600_000;

/** In two hours, on the hour: what the form says before anybody changes it. */
export const suggestedCallback = (nowMs: number): number => Math.ceil((nowMs + 2 * hourMs) / hourMs) * hourMs;

/** What follows a disposition. */
export function consequenceOf({ callback, dnc, recycle_s: recycle }: DispositionChoice): 'callback' | 'dnc' | 'recycle' | 'final' {
  if (dnc !== 'none') return 'dnc';
  if (callback) return 'callback';
  return recycle === null ? 'final' : 'recycle';
}

export interface OwnCallback {
  readonly id: string;
  readonly who: string;
  readonly campaign: string;
  readonly atMs: number;
  readonly isDue: boolean;
  readonly attempts: number;
}

/** By their time; those without one are left out. */
export function callbackRows(rows: readonly CallbackRow[], nowMs: number): readonly OwnCallback[] {
  return rows
    .flatMap((row) => {
      const atMs = row.callback_at === null ? NaN : Date.parse(row.callback_at);
      if (!Number.isFinite(atMs)) return [];
      const who = nameIn(row.data) || row.customer_number;
      return [{ id: row.id, who, campaign: row.campaign_id, atMs, isDue: atMs <= nowMs, attempts: row.attempts }];
    })
    .sort((a, b) => a.atMs - b.atMs);
}
