/**
 * Caller codes: the 20 characters that VICIdial puts into CALLERID(name) and that carry a lead id
 * from one cluster to another (vicidial-ccc section 2, CODE-1 to CODE-4).
 */
import { localTime, pad2 } from './time.js';

/** Kinds that carry a lead id and that the lookup accepts. */
export type CallerCodeKind = 'V' | 'M' | 'Y' | 'J' | 'DC';
export type DatedKind = Exclude<CallerCodeKind, 'DC'>;

export interface CallerCode {
  readonly kind: CallerCodeKind;
  /** nine digits of `mmddHHMMSS` without the month's tens digit; for DC the last six digits of the epoch second */
  readonly time: string;
  readonly leadId: number;
  /** the code itself, exactly 20 characters: nothing else may leave for the origin (CODE-2) */
  readonly code: string;
  /** what followed the 20 characters, e.g. an appended extension */
  readonly suffix: string;
}

/** Why a name is no caller code. */
export type CallerCodeProblem = 'empty' | 'no-code' | 'lead-id-zero' | 'lead-id-too-large' | 'lead-id-not-decimal';

export type CallerCodeResult =
  { readonly ok: true; readonly code: CallerCode } | { readonly ok: false; readonly problem: CallerCodeProblem };

export const leadIdMax = 4_294_967_295;
const dated = /^([VMYJ])(\d{9})(\d{10})/;
const framed = /^DC(\d{6})W(.{10})W/s;

/** Read a caller code from the start of a caller-ID name (CODE-1). Text after column 20 is kept apart. */
export function parseCallerCode(name: string): CallerCodeResult {
  if (name === '') return { ok: false, problem: 'empty' };
  const found = dated.exec(name) ?? framed.exec(name);
  if (!found) return { ok: false, problem: 'no-code' };
  const isFramed = found.length === 3;
  const [time = '', digits = ''] = isFramed ? [found[1], found[2]] : [found[2], found[3]];
  // The agent screen puts a user id there when it has no lead (section 2.1).
  if (!/^\d{10}$/.test(digits)) return { ok: false, problem: 'lead-id-not-decimal' };
  const leadId = Number(digits);
  if (leadId === 0) return { ok: false, problem: 'lead-id-zero' };
  if (leadId > leadIdMax) return { ok: false, problem: 'lead-id-too-large' };
  const kind = (isFramed ? 'DC' : found[1]) as CallerCodeKind;
  return { ok: true, code: { kind, time, leadId, code: name.slice(0, 20), suffix: name.slice(20) } };
}

/** The nine time digits of a dated code: local `mmddHHMMSS` with the first character dropped (section 2.1). */
export function codeTime(nowMs: number, zone: string): string {
  const t = localTime(nowMs, zone);
  return `${pad2(t.month)}${pad2(t.day)}${pad2(t.hour)}${pad2(t.minute)}${pad2(t.second)}`.slice(1);
}

function tenDigits(leadId: number): string {
  if (!Number.isInteger(leadId) || leadId < 1 || leadId > leadIdMax)
    throw new RangeError(`lead id ${String(leadId)} does not fit into a caller code`);
  return String(leadId).padStart(10, '0');
}

/** A dated code (V, M, Y, J) for a lead of ours, byte-equal to VICIdial's (CODE-3). */
export function encodeCallerCode(kind: DatedKind, nowMs: number, zone: string, leadId: number): string {
  return `${kind}${codeTime(nowMs, zone)}${tenDigits(leadId)}`;
}

/** A third-party (3-way) code: `DC`, last six digits of the epoch second, `W`, lead id, `W`. */
export function encodeThirdPartyCode(nowMs: number, leadId: number): string {
  const epoch = String(Math.floor(nowMs / 1000))
    .slice(-6)
    .padStart(6, '0');
  return `DC${epoch}W${tenDigits(leadId)}W`;
}
