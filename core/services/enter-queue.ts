/**
 * Queue entry, first form: the call goes into a queue of the switch, with its lead id, a prefix for the
 * agent's display and a result the dialplan can branch on. The door (`SwitchQueue`) knows the switch's
 * words; everything that is a rule is here. The native engine will take the door's place.
 */
import { parseCallerCode } from '../callercode.js';
import type { CallerCode } from '../callercode.js';
import type { Call, CallApplication } from '../call.js';
import { checkInteger, checkName, checkPrefix } from '../dial-string.js';
import { TandemError, hasCode } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { Log, Meter } from '../ports.js';

/** Longest wait that may be asked for, and highest priority. */
export const maxWaitSMax = 86_400;
export const queuePriorityMax = 1_000_000;
const leadIdMax = 4_294_967_295;

export type QueueResult =
  | 'answered'
  | 'timeout'
  | 'full'
  | 'join-empty'
  | 'leave-empty'
  | 'unavailable'
  | 'exit-key'
  | 'continue'
  | 'withdrawn'
  /** the caller hung up unserved */
  | 'abandoned'
  /** the caller hung up, and the switch does not say any more whether it was before or during the talk */
  | 'caller-left'
  | 'error';

export interface QueueRequest {
  readonly queue: string;
  /** shown before the caller's name on the agent's phone */
  readonly callerIdPrefix?: string | undefined;
  readonly maxWaitS?: number | undefined;
  /** higher is served earlier: QUEUE_PRIO, cc_base_score */
  readonly priority?: number | undefined;
}

export interface QueueOutcome {
  readonly result: QueueResult;
  /** of an error */
  readonly reason?: ErrorCode;
  /** the switch's own word, for the log */
  readonly detail?: string;
}

/** What a switch does for a queue entry. Rejects like the methods of Call; TDM_CALL_GONE when the caller left and no more is known. */
export interface SwitchQueue {
  /** the caller's name as it is now, after a lookup may have rewritten it */
  callerName(call: Call): Promise<string>;
  enter(call: Call, request: QueueRequest): Promise<QueueOutcome>;
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

/** The application `queue_entry,<queue>[,<prefix>[,<max wait s>[,<priority>]]]`. Never rejects. */
export function createQueueEntry(deps: EnterQueueDeps): CallApplication {
  return async (call) => {
    await runQueueEntry(deps, call, () => readQueueRequest(call));
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
    await call.answer();
    await tryLabel(deps, call, checked.queue);
    outcome = await deps.queues.enter(call, checked);
  } catch (e) {
    outcome = failed(deps, call, queue, e);
  }
  deps.meter.count('tandem_queue_entries_total', { result: outcome.result });
  deps.log.info(
    { call: call.uniqueId, queue, result: outcome.result, reason: outcome.reason, detail: outcome.detail },
    'queue entry ended',
  );
  await tellDialplan(deps, call, outcome);
  return outcome;
}

function failed(deps: EnterQueueDeps, call: Call, queue: string, e: unknown): QueueOutcome {
  if (hasCode(e, 'TDM_CALL_GONE')) return { result: 'caller-left' };
  const reason = e instanceof TandemError ? e.code : 'TDM_INTERNAL';
  deps.log.warn({ call: call.uniqueId, queue, reason, err: e }, 'queue entry failed');
  return { result: 'error', reason };
}

/** What the dialplan branches on; a caller who has left does not need it. */
async function tellDialplan(deps: EnterQueueDeps, call: Call, outcome: QueueOutcome): Promise<void> {
  try {
    await call.setVariable('TANDEM_REASON', outcome.reason ?? '');
    await call.setVariable('TANDEM_RESULT', outcome.result);
  } catch (e) {
    const gone = hasCode(e, 'TDM_CALL_GONE');
    deps.log[gone ? 'debug' : 'warn']({ call: call.uniqueId, result: outcome.result, err: e }, 'queue result could not be set');
  }
}

/** A store that does not answer, or a name that cannot be read, costs the label and not the place in the queue. */
async function tryLabel(deps: EnterQueueDeps, call: Call, queue: string): Promise<void> {
  try {
    await labelCall(deps, call, queue);
  } catch (e) {
    if (hasCode(e, 'TDM_CALL_GONE')) throw e;
    deps.log.warn({ call: call.uniqueId, queue, err: e }, 'queue entry: call goes in without its lead');
  }
}

/** Variables for the agent's side and for whatever follows: the lead, and the caller code as it came. */
async function labelCall(deps: EnterQueueDeps, call: Call, queue: string): Promise<void> {
  const name = await deps.queues.callerName(call);
  const parsed = parseCallerCode(name);
  const code = parsed.ok ? parsed.code : undefined;
  await call.setVariable('TANDEM_QUEUE', queue);
  await call.setVariable('TANDEM_LEAD_ID', '');
  const leadId = await leadIdOf(deps, call, code);
  if (leadId !== undefined) await call.setVariable('TANDEM_LEAD_ID', String(leadId));
  if (code) await call.setVariable('TANDEM_CALLER_CODE', code.code);
}

/** Exits of a lookup that found no lead: the caller's name is still what came from the other cluster. */
const withoutLead: readonly string[] = ['B', 'C', 'D'];

/** the variable first, then the code, when it is ours (W-14). */
async function leadIdOf(deps: EnterQueueDeps, call: Call, code: CallerCode | undefined): Promise<number | undefined> {
  const text = (await call.getVariable('ccc_lead_id')) ?? '';
  const given = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (given >= 1 && given <= leadIdMax) return given;
  if (text !== '') deps.log.warn({ call: call.uniqueId }, 'variable ccc_lead_id is no lead id');
  if (!code) return undefined;
  if (withoutLead.includes((await call.getVariable('ccc_result')) ?? '')) {
    deps.log.info({ call: call.uniqueId, channel: call.channel }, 'the lookup found no lead, so the caller code names none of ours');
    return undefined;
  }
  if (await deps.isForeignCode?.(call, code)) {
    deps.log.info({ call: call.uniqueId, channel: call.channel }, "the caller code is another cluster's; no lead");
    return undefined;
  }
  return code.leadId;
}

// ------------------------------------------------------------------ reading the request

/** Arguments first; without any, `?queue=` of the address; without that, the channel variables `tandem_queue` and so on. */
async function readQueueRequest(call: Call): Promise<QueueRequest> {
  if (call.args.length > 4) throw new TandemError('TDM_BAD_VALUE', ['queue_entry', 'at most queue, prefix, max wait and priority']);
  const [queue = '', prefix = '', maxWait = '', priority = ''] = call.args;
  if (queue !== '') return textRequest(queue, prefix, maxWait, priority);
  const asked = call.query.get('queue') ?? '';
  const from = async (name: string) => (asked === '' ? await call.getVariable(`tandem_${name}`) : call.query.get(name)) ?? '';
  return textRequest(await from('queue'), await from('prefix'), await from('max_wait'), await from('priority'));
}

function textRequest(queue: string, prefix: string, maxWait: string, priority: string): QueueRequest {
  return checkQueueRequest({
    queue,
    callerIdPrefix: prefix === '' ? undefined : prefix,
    maxWaitS: maxWait === '' ? undefined : checkInteger('max wait', maxWait, 0, maxWaitSMax),
    priority: priority === '' ? undefined : checkInteger('priority', priority, 0, queuePriorityMax),
  });
}

/** Everything that will reach the switch, or TDM_BAD_VALUE before anything is done. A wait of 0 is none given. */
function checkQueueRequest(request: QueueRequest): QueueRequest {
  checkName('queue', request.queue);
  if (request.callerIdPrefix !== undefined) checkPrefix(request.callerIdPrefix);
  if (request.maxWaitS !== undefined) checkInteger('max wait', String(request.maxWaitS), 0, maxWaitSMax);
  if (request.priority !== undefined) checkInteger('priority', String(request.priority), 0, queuePriorityMax);
  return { ...request, maxWaitS: request.maxWaitS === 0 ? undefined : request.maxWaitS };
}
