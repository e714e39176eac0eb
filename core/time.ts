/** Wall-clock arithmetic on a given instant and zone. Nothing here reads the clock. */

export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 = Sunday */
  readonly weekday: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const formatsMax = 600; // there are about 420 IANA zones
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    if (formats.size >= formatsMax) formats.clear();
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      weekday: 'short',
    });
    formats.set(zone, format);
  }
  return format;
}

/** True when `zone` is an IANA zone name that this runtime knows. */
export function isZone(zone: string): boolean {
  try {
    formatFor(zone);
    return true;
  } catch {
    return false;
  }
}

const recent = new Map<string, LocalTime>();
const recentMax = 1_000;

/** The wall-clock time in `zone` at the instant `ms` (Unix milliseconds). The last seconds asked for are remembered. */
export function localTime(ms: number, zone: string): LocalTime {
  const key = `${zone} ${Math.floor(ms / 1000)}`;
  let time = recent.get(key);
  if (!time) {
    if (recent.size >= recentMax) recent.clear();
    recent.set(key, (time = readClock(ms, zone)));
  }
  return time;
}

function readClock(ms: number, zone: string): LocalTime {
  const part: Record<string, string> = {};
  for (const { type, value } of formatFor(zone).formatToParts(ms)) part[type] = value;
  return {
    year: Number(part['year']),
    month: Number(part['month']),
    day: Number(part['day']),
    hour: Number(part['hour']),
    minute: Number(part['minute']),
    second: Number(part['second']),
    weekday: weekdays.indexOf(part['weekday'] ?? ''),
  };
}

export const pad2 = (n: number): string => String(n).padStart(2, '0');

/** `YYYY-MM-DD HH:MM:SS` in `zone`: the form of VICIdial's DATETIME columns. */
export function sqlDateTime(ms: number, zone: string): string {
  const t = localTime(ms, zone);
  return `${String(t.year)}-${pad2(t.month)}-${pad2(t.day)} ${pad2(t.hour)}:${pad2(t.minute)}:${pad2(t.second)}`;
}

/** The instant (Unix ms) of a `YYYY-MM-DD HH:MM:SS` wall-clock text in `zone`; undefined when it is no date. In a repeated hour: the later one. */
export function instantOf(text: string, zone: string): number | undefined {
  const m = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(text);
  if (!m || m[1] === '0000') return undefined;
  const wanted = Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6]));
  if (Number.isNaN(wanted)) return undefined;
  const offsetAt = (ms: number) => {
    const t = localTime(ms, zone);
    return Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second) - ms;
  };
  const guess = wanted - offsetAt(wanted);
  return wanted - offsetAt(guess);
}

/** Offset of `zone` from UTC at `ms`, in minutes. */
export function offsetMinutes(ms: number, zone: string): number {
  const t = localTime(ms, zone);
  return Math.round((Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second) - Math.floor(ms / 1000) * 1000) / 60_000);
}
