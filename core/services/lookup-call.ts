/** Lookup and insert on a live call: arguments in, variables, caller id and the exit out (AGI-1, AGI-2, AGI-11). */
import type { Call } from '../call.js';
import { parseLookupArgument } from '../cluster/lookup-argument.js';
import { nameProblem } from '../dial-string.js';
import { hasCode } from '../errors.js';
import type { Log } from '../ports.js';
import type { LookupExit, LookupInsert, LookupInsertResult } from './lookup-insert.js';

export interface LookupCallOptions {
  /** extension of each exit in the context (AGI-2); also by query `exit_a=` to `exit_d=` */
  readonly exits: Readonly<Record<LookupExit, string>>;
  /** channel variables that may hold the code when the name does not (TRK-3), first one first */
  readonly codeVariables: (call: Call) => readonly string[];
  /** three short silences before the lookup, as the reference plays (AGI-10); also by query `silence=yes` */
  readonly silence: boolean;
  /** exit for a failure of our own (AGI-4) */
  readonly internalErrorExit: LookupExit;
}

export const lookupExitDefaults: LookupCallOptions['exits'] = { A: 'A', B: 'B', C: 'C', D: 'D' };

/** Both names under which the doors offer it: the reference's script and ours. */
export const lookupInsertNames = ['cm_sc_ccc_lookup_insert', 'ccc_lookup_insert'] as const;

export interface LookupCallDeps {
  readonly lookup: LookupInsert;
  readonly log: Log;
}

const silenceFile = 'sip-silence';
const silences = 3;

/** Container and list: argument string first, query parameters over it. */
function argumentOf(call: Call): { readonly containerId: string | undefined; readonly listId: string | undefined } {
  const fromText = parseLookupArgument(call.args[0] ?? '');
  const fromQuery = parseLookupArgument(`${call.query.get('container') ?? ''}---${call.query.get('list_id') ?? ''}`);
  return { containerId: fromQuery.containerId ?? fromText.containerId, listId: fromQuery.listId ?? fromText.listId };
}

/** The values of the variables that are set. A variable that the switch refuses to read holds no code. */
async function readVariables(call: Call, names: readonly string[]): Promise<readonly string[]> {
  const values: string[] = [];
  for (const name of names) {
    try {
      const value = await call.getVariable(name);
      if (value !== undefined && value !== '') values.push(value);
    } catch (e) {
      if (!hasCode(e, 'TDM_SWITCH_REFUSED', 'TDM_BAD_VALUE')) throw e;
    }
  }
  return values;
}

async function playSilence(call: Call): Promise<void> {
  for (let n = 0; n < silences; n++) await call.play(silenceFile, '');
}

/** The application. Rejects TDM_CALL_GONE, or why the door stopped the call; then nothing more is sent (AGI-3). */
export function createLookupCall(deps: LookupCallDeps, options: LookupCallOptions): (call: Call) => Promise<void> {
  /** Where the dialplan goes on: a wrong word from the query must not cost the caller the exit. */
  function place(call: Call, exit: LookupExit): { readonly context: string; readonly extension: string } {
    const asked = { context: call.query.get('context'), extension: call.query.get(`exit_${exit.toLowerCase()}`) };
    const usable = (kind: 'context' | 'extension') => asked[kind] !== undefined && nameProblem(kind, asked[kind]) === undefined;
    for (const kind of ['context', 'extension'] as const) {
      if (asked[kind] !== undefined && !usable(kind))
        deps.log.warn({ uniqueId: call.uniqueId, kind }, 'lookup: exit from query not usable');
    }
    return {
      context: usable('context') ? (asked.context ?? call.context) : call.context,
      extension: usable('extension') ? (asked.extension ?? options.exits[exit]) : options.exits[exit],
    };
  }

  async function find(call: Call): Promise<LookupInsertResult> {
    const wantsSilence = options.silence || call.query.get('silence') === 'yes';
    return deps.lookup({
      ...argumentOf(call),
      callerIdName: call.callerIdName,
      otherNames: () => readVariables(call, options.codeVariables(call)),
      callerIdNumber: call.callerIdNumber,
      uniqueId: call.uniqueId,
      channel: call.channel,
      ...(wantsSilence ? { beforeLookup: () => playSilence(call) } : {}),
      signal: call.signal,
    });
  }

  /**
   * The caller id first: without our own code the call must not reach option A, where the code of the other
   * cluster would open a wrong customer's record (W-14).
   */
  async function tell(call: Call, result: LookupInsertResult): Promise<LookupInsertResult> {
    if (!('leadId' in result)) return result;
    try {
      await call.setCallerId(result.callerIdName, result.callerIdNumber);
    } catch (e) {
      if (!hasCode(e, 'TDM_SWITCH_REFUSED', 'TDM_BAD_VALUE')) throw e;
      deps.log.error({ err: e, uniqueId: call.uniqueId }, 'lookup: caller id not set');
      return { exit: options.internalErrorExit, reason: 'caller-id-refused' };
    }
    await call.setVariable('ccc_lead_id', String(result.leadId));
    await call.setVariable('ccc_remote_lead_id', String(result.remoteLeadId));
    return result;
  }

  return async (call) => {
    const { exit, reason } = await tell(call, await find(call));
    await call.setVariable('TANDEM_REASON', reason);
    await call.setVariable('ccc_result', exit);
    await call.setVariable('TANDEM_RESULT', exit);
    if (call.query.get('goto') !== 'no') await call.goto(place(call, exit));
  };
}
