/**
 * For a Tandem origin: give a live call a caller code of ours, write the row that proves it, and put the code into
 * CALLERID(name), so that a blind transfer or a dial with the customer hands the lead over (V2, V7; 2.3).
 */
import type { Call } from '../call.js';
import { encodeCallerCode, encodeThirdPartyCode, leadIdMax } from '../callercode.js';
import type { CallerCodeKind } from '../callercode.js';
import { hasCode } from '../errors.js';
import type { CallProofs, Log, Meter } from '../ports.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';
import { cleanCallerNumber } from './lookup-number.js';

export interface TagCallSettings {
  /** this switch as VICIdial names it (VARserver_ip) */
  readonly serverIp: string;
  /** longest time for the proof row and its check */
  readonly storeMsMax: number;
}

export const tagCallDefaults: TagCallSettings = { serverIp: '127.0.0.1', storeMsMax: 3_000 };

export interface TagCallDeps {
  readonly proofs: CallProofs;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
  readonly after: After;
  /** IANA zone of caller codes */
  readonly zone: string;
}

export type TagCallProblem = 'bad-kind' | 'bad-lead-id' | 'lead-unknown' | 'store-down' | 'internal';
export type TagCallResult = { readonly ok: true; readonly code: string } | { readonly ok: false; readonly reason: TagCallProblem };

/** Name under which the doors offer it: `caller_code,<kind>,<lead id>`. */
export const callerCodeName = 'caller_code';

const kinds: readonly string[] = ['V', 'M', 'Y', 'J', 'DC'];
const grainMs = 1_000; // proof rows keep whole seconds

type Wanted = { readonly kind: CallerCodeKind; readonly leadId: number } | TagCallProblem;

/** Arguments one by one, or as one text with commas. */
function readArguments(args: readonly string[]): Wanted {
  const [kind = '', lead = ''] = args.length === 1 ? (args[0] ?? '').split(',') : args;
  const wanted = kind.trim().toUpperCase();
  if (!kinds.includes(wanted)) return 'bad-kind';
  const leadId = /^\d{1,10}$/.test(lead.trim()) ? Number(lead) : 0;
  return leadId >= 1 && leadId <= leadIdMax ? { kind: wanted as CallerCodeKind, leadId } : 'bad-lead-id';
}

/** Make a code for a lead of ours and prove it. Rejects only when the call is gone. */
export function createTagCall(deps: TagCallDeps, given: Partial<TagCallSettings> = {}): (call: Call) => Promise<TagCallResult> {
  const settings = { ...tagCallDefaults, ...given };

  async function prove(call: Call, kind: CallerCodeKind, leadId: number): Promise<TagCallResult> {
    const atMs = deps.nowMs();
    const code = kind === 'DC' ? encodeThirdPartyCode(atMs, leadId) : encodeCallerCode(kind, atMs, deps.zone, leadId);
    const log = kind === 'DC' ? 'dial' : 'extended';
    const { uniqueId, channel, context, extension } = call;
    await deps.proofs.record({ log, code, leadId, uniqueId, serverIp: settings.serverIp, channel, context, extension, atMs });
    // The same question that the other cluster will ask: a code without a lead would only end there at B.
    const proven = await deps.proofs.find(log, code, atMs - 2 * grainMs);
    return proven?.lead ? { ok: true, code } : { ok: false, reason: 'lead-unknown' };
  }

  return async (call) => {
    const wanted = readArguments(call.args);
    if (typeof wanted === 'string') return { ok: false, reason: wanted };
    try {
      return await withDeadline(deps.after, settings.storeMsMax, call.signal, () => prove(call, wanted.kind, wanted.leadId));
    } catch (e) {
      if (call.signal.aborted) throw e;
      deps.log.error({ err: e, uniqueId: call.uniqueId }, 'caller code: not recorded');
      return { ok: false, reason: hasCode(e, 'TDM_STORE_DOWN', 'TDM_DEADLINE') ? 'store-down' : 'internal' };
    }
  };
}

/** The same on a live call: caller id and variables. `headerVariable`: where the switch wants the SIP header X-CCC-Code (TRK-3). */
export function createTagApplication(
  deps: TagCallDeps,
  given: Partial<TagCallSettings> = {},
  headerVariable?: string,
): (call: Call) => Promise<void> {
  const tag = createTagCall(deps, given);

  async function put(call: Call, code: string): Promise<void> {
    await call.setCallerId(code, cleanCallerNumber(call.callerIdNumber));
    await call.setVariable('ccc_code', code);
    if (headerVariable !== undefined) await call.setVariable(headerVariable, code);
  }

  return async (call) => {
    const result = await tag(call);
    if (result.ok) await put(call, result.code);
    const reason = result.ok ? 'tagged' : result.reason;
    deps.meter.count('tandem_caller_codes_total', { reason });
    deps.log.info({ uniqueId: call.uniqueId, reason, ...(result.ok ? { code: result.code } : {}) }, 'caller code: done');
    await call.setVariable('TANDEM_REASON', reason);
    await call.setVariable('TANDEM_RESULT', result.ok ? 'ok' : 'error');
  };
}
