/** Queue entry on FreeSWITCH: `tandem_app=queue_entry`, `tandem_args=<queue>[,<prefix>[,<max wait s>[,<priority>]]]` into mod_callcenter. */
import { parseCallerCode } from '../core/callercode.js';
import type { Call, CallApplication } from '../core/call.js';
import { checkName } from '../core/dial-string.js';
import { hasCode } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { createQueueEntry } from '../core/services/enter-queue.js';
import type { EnterQueueDeps, QueueOutcome, QueueRequest, SwitchQueue } from '../core/services/enter-queue.js';

export interface FreeswitchQueueOptions {
  /** domain of queue names that are given without one */
  readonly queueDomain: string;
}

export const defaultFreeswitchQueueOptions: FreeswitchQueueOptions = { queueDomain: 'default' };

/** cc_cancel_reason of a caller who left the line unserved and is still there (freeswitch-callcenter 8). */
const results: Readonly<Record<string, QueueOutcome>> = {
  TIMEOUT: { result: 'timeout' },
  NO_AGENT_TIMEOUT: { result: 'leave-empty' },
  EXIT_WITH_KEY: { result: 'exit-key' },
  // taken out by a command; of a caller who hung up we hear TDM_CALL_GONE first
  BREAK_OUT: { result: 'withdrawn' },
  NONE: { result: 'withdrawn' },
};

export function createFreeswitchQueueEntry(
  deps: Omit<EnterQueueDeps, 'queues'>,
  options: FreeswitchQueueOptions = defaultFreeswitchQueueOptions,
): CallApplication {
  return createQueueEntry({ ...deps, queues: freeswitchQueue(deps.log, options) });
}

export function freeswitchQueue(log: Log, options: FreeswitchQueueOptions = defaultFreeswitchQueueOptions): SwitchQueue {
  checkName('domain', options.queueDomain);
  return { callerName, enter: (call, request) => enter(call, request, log, options) };
}

/** A lookup sets the effective name; a dialplan may have put another text there than the code that came in. */
export async function callerName(call: Call): Promise<string> {
  const effective = (await call.getVariable('effective_caller_id_name')) ?? '';
  return parseCallerCode(effective).ok ? effective : call.callerIdName;
}

async function enter(call: Call, request: QueueRequest, log: Log, options: FreeswitchQueueOptions): Promise<QueueOutcome> {
  if (request.maxWaitS !== undefined) {
    log.warn({ call: call.uniqueId, queue: request.queue }, 'mod_callcenter has no longest wait per call; set max-wait-time of the queue');
  }
  // Variables of an earlier visit are not cleared by the next one.
  for (const name of ['cc_cause', 'cc_cancel_reason', 'cc_exit_key']) await call.setVariable(name, '');
  // We do not stay for the talk: a caller parked after it would be parked for ever.
  await call.setVariable('park_after_bridge', 'false');
  await call.setVariable('cc_base_score', request.priority === undefined ? '' : String(request.priority));
  // mod_sofia drops whatever stands before the last `/` or `:` of a name on its way to a phone.
  await call.setVariable('cc_outbound_cid_name_prefix', (request.callerIdPrefix ?? '').replace(/[/:]/g, '-'));
  await exportLead(call);
  try {
    await call.execute('callcenter', request.queue.includes('@') ? request.queue : `${request.queue}@${options.queueDomain}`);
  } catch (e) {
    // The application ends when a talk begins, so whoever goes before that was not served.
    if (hasCode(e, 'TDM_CALL_GONE')) return { result: 'abandoned' };
    throw e;
  }
  return outcomeOf(call);
}

/** The agent's leg carries the lead id too. */
async function exportLead(call: Call): Promise<void> {
  const exported = (await call.getVariable('cc_export_vars')) ?? '';
  if (exported.split(',').includes('TANDEM_LEAD_ID')) return;
  await call.setVariable('cc_export_vars', exported === '' ? 'TANDEM_LEAD_ID' : `${exported},TANDEM_LEAD_ID`);
}

/** The application ends when the caller leaves the line: bridged or not. An unknown queue ends it without a cause. */
async function outcomeOf(call: Call): Promise<QueueOutcome> {
  const cause = (await call.getVariable('cc_cause')) ?? '';
  if (cause === '') return { result: 'error', reason: 'TDM_NOT_FOUND', detail: 'completed without cc_cause' };
  if (cause === 'answered') return { result: 'answered' };
  const reason = (await call.getVariable('cc_cancel_reason')) ?? 'NONE';
  const outcome = results[reason] ?? { result: 'error', reason: 'TDM_PROTOCOL' };
  if (outcome.result !== 'exit-key') return { ...outcome, detail: reason.slice(0, 40) };
  return { ...outcome, detail: (await call.getVariable('cc_exit_key')) ?? '' };
}
