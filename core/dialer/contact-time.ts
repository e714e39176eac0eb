/** Times as campaign managers, lists and people write them (A5): Unix ms, ISO 8601, or a DATETIME, which is UTC. */

/** 2001: a smaller number is meant as seconds, or as something else. */
const epochMsMin = 1_000_000_000_000;
/** year 9999 */
const epochMsMax = 253_402_300_800_000;

const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s?(Z|[+-]\d\d:?\d\d)?$/i;

/** Unix ms, or in words why it is none. Without an offset the time is UTC. */
export function readTime(value: unknown): number | string {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{10,15}$/.test(value))) {
    const ms = Number(value);
    if (!Number.isInteger(ms)) return 'must be a whole number of milliseconds';
    if (ms < epochMsMin) return 'is no Unix time in milliseconds; seconds are not taken';
    return ms < epochMsMax ? ms : 'lies too far ahead';
  }
  const says = 'must be a time: ISO 8601, YYYY-MM-DD HH:MM:SS (UTC) or Unix milliseconds';
  if (typeof value !== 'string' || value.length > 40) return says;
  const m = pattern.exec(value.trim());
  if (!m) return says;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = m
    .slice(1, 7)
    .map((part: string | undefined) => Number(part ?? 0));
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) + Number((m[7] ?? '').padEnd(3, '0').slice(0, 3));
  const given = new Date(ms);
  if (given.getUTCMonth() !== month - 1 || given.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    return 'is no date that exists';
  const offset = offsetMinutes(m[8]);
  return offset === undefined ? 'has no offset that exists' : ms - offset * 60_000;
}

function offsetMinutes(text: string | undefined): number | undefined {
  if (text === undefined || text.toUpperCase() === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  if (minutes > 14 * 60 || Number(text.slice(-2)) > 59) return undefined;
  return text.startsWith('-') ? -minutes : minutes;
}
