/**
 * Queue entry: the call goes into a queue, with its lead id, a prefix for the agent's display and a result the
 * dialplan can branch on. Whose queue it is (Tandem's own, or the switch's) is behind `SwitchQueue`; every rule that
 * holds for both is here.
 */
import { parseCallerCode } from '../callercode.js';
import type { CallerCode } from '../callercode.js';
import type { Call, CallApplication } from '../call.js';
import { checkName } from '../dial-string.js';
import { TandemError, hasCode } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import { checkQueueRequest, readQueueRequest } from './queue-request.js';
import type { QueueRequest } from './queue-request.js';
import type { QueueOutcome } from './queue-result.js';
import { readVariables } from './read-variables.js';
import { setVariables } from './set-variables.js';

export type { QueueRequest } from './queue-request.js';
export type { QueueOutcome, QueueResult } from './queue-result.js';

const leadIdMax = 4_294_967_295;

/** What is known about the call before it goes in. */
export interface CallLabel {
  readonly leadId: number | undefined;
}

/** What a kind of queue does for an entry. Rejects like the methods of Call; TDM_CALL_GONE when the caller left and no more is known. */
export interface SwitchQueue {
  /** takes every value of a request; otherwise only queue, prefix, max wait and priority are read */
  readonly isWide?: boolean;
  /** the caller's name as it is now, after a lookup may have rewritten it */
  callerName(call: Call): Promise<string>;
  /** Rejects before anything is done when the queue cannot be entered here: TDM_NOT_FOUND, TDM_STANDBY. */
  accept?(call: Call, request: QueueRequest): Promise<void>;
  /** the queue's own result variables for an entry that failed */
  failed?(code: ErrorCode): Readonly<Record<string, string>>;
  enter(call: Call, request: QueueRequest, label: CallLabel): Promise<QueueOutcome>;
}

export interface EnterQueueDeps {
  readonly queues: SwitchQueue;
  readonly log: Log;
  readonly meter: Meter;
  /**
   * True when no row of ours says that this code is ours: its lead id means another cluster's lead (W-14, see
   * foreign-code.ts). Without it every code counts as local, unless a lookup has failed.
   */
  readonly isForeignCode?: ((call: Call, code: CallerCode) => Promise<boolean>) | undefined;
}

/** The application `queue_entry,<queue>[,<prefix>[,<max wait s>[,<priority>]]][,<name>=<value>...]`. Never rejects. */
export function createQueueEntry(deps: EnterQueueDeps): CallApplication {
  return async (call) => {
    await runQueueEntry(deps, call, () => readQueueRequest(call, deps.queues.isWide === true));
  };
}

/** The same for a menu's route, whose request is known already. */
export function enterQueue(deps: EnterQueueDeps, call: Call, request: QueueRequest): Promise<QueueOutcome> {
  return runQueueEntry(deps, call, () => Promise.resolve(checkQueueRequest(request)));
}

async function runQueueEntry(deps: EnterQueueDeps, call: Call, request: () => Promise<QueueRequest>): Promise<QueueOutcome> {
  let outcome: QueueOutcome;
  let queue = '';
  try {
    const checked = await request();
    queue = checked.queue;
    await deps.queues.accept?.(call, checked);
    await call.answer();
    outcome = await deps.queues.enter(call, checked, { leadId: await tryLabel(deps, call, checked.queue) });
  } catch (e) {
    outcome = failed(deps, call, queue, e);
  }
  deps.meter.count('tandem_queue_entries_total', { result: outcome.result });
  deps.log.info(
    { call: call.uniqueId, queue, result: outcome.result, reason: outcome.reason, detail: outcome.detail },
    'queue entry ended',
  );
  if (outcome.isTold !== true) await tellDialplan(deps, call, outcome);
  return outcome;
}

function failed(deps: EnterQueueDeps, call: Call, queue: string, e: unknown): QueueOutcome {
  if (hasCode(e, 'TDM_CALL_GONE')) return { result: 'caller-left' };
  const reason = e instanceof TandemError ? e.code : 'TDM_INTERNAL';
  // usual at the standby of a pair, and while stopping: the dialplan asks the other address
  const isUsual = hasCode(e, 'TDM_STANDBY', 'TDM_STOPPING');
  deps.log[isUsual ? 'info' : 'warn']({ call: call.uniqueId, queue, reason, err: e }, 'queue entry failed');
  return { result: 'error', reason, variables: deps.queues.failed?.(reason) ?? {} };
}

/** What the dialplan branches on, and where the call goes then; a caller who has left needs neither. */
async function tellDialplan(deps: EnterQueueDeps, call: Call, outcome: QueueOutcome): Promise<void> {
  try {
    await setVariables(call, { ...outcome.variables, TANDEM_REASON: outcome.reason ?? '' });
    await call.setVariable('TANDEM_RESULT', outcome.result);
    await leave(call, outcome);
  } catch (e) {
    const gone = hasCode(e, 'TDM_CALL_GONE');
    deps.log[gone ? 'debug' : 'warn']({ call: call.uniqueId, result: outcome.result, err: e }, 'queue result could not be set');
  }
}

async function leave(call: Call, { to, hangUp }: QueueOutcome): Promise<void> {
  if (to?.kind === 'extension')
    await call.goto({ context: checkName('context', to.context), extension: checkName('extension', to.extension) });
  else if (hangUp === true) await call.hangup();
}

/** A store that does not answer, or a name that cannot be read, costs the label and not the place in the queue. */
async function tryLabel(deps: EnterQueueDeps, call: Call, queue: string): Promise<number | undefined> {
  try {
    return await labelCall(deps, call, queue);
  } catch (e) {
    if (hasCode(e, 'TDM_CALL_GONE')) throw e;
    deps.log.warn({ call: call.uniqueId, queue, err: e }, 'queue entry: call goes in without its lead');
    return undefined;
  }
}

/** Variables for the agent's side and for whatever follows: the lead, and the caller code as it came. */
async function labelCall(deps: EnterQueueDeps, call: Call, queue: string): Promise<number | undefined> {
  const name = await deps.queues.callerName(call);
  const parsed = parseCallerCode(name);
  const code = parsed.ok ? parsed.code : undefined;
  await setVariables(call, { TANDEM_QUEUE: queue, TANDEM_LEAD_ID: '', ...(code && { TANDEM_CALLER_CODE: code.code }) });
  const leadId = await leadIdOf(deps, call, code);
  if (leadId !== undefined) await call.setVariable('TANDEM_LEAD_ID', String(leadId));
  return leadId;
}

/** Exits of a lookup that found no lead: the caller's name is still what came from the other cluster. */
const withoutLead: readonly string[] = ['B', 'C', 'D'];

/** the variable first, then the code, when it is ours (W-14). */
async function leadIdOf(deps: EnterQueueDeps, call: Call, code: CallerCode | undefined): Promise<number | undefined> {
  const values = await readVariables(call, code ? ['ccc_lead_id', 'ccc_result'] : ['ccc_lead_id']);
  const text = values.get('ccc_lead_id') ?? '';
  const given = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (given >= 1 && given <= leadIdMax) return given;
  if (text !== '') deps.log.warn({ call: call.uniqueId }, 'variable ccc_lead_id is no lead id');
  if (!code) return undefined;
  if (withoutLead.includes(values.get('ccc_result') ?? '')) {
    deps.log.info({ call: call.uniqueId, channel: call.channel }, 'the lookup found no lead, so the caller code names none of ours');
    return undefined;
  }
  if (await deps.isForeignCode?.(call, code)) {
    deps.log.info({ call: call.uniqueId, channel: call.channel }, "the caller code is another cluster's; no lead");
    return undefined;
  }
  return code.leadId;
}
