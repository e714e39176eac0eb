/** Queue entry on Asterisk: `queue_entry,<queue>[,<prefix>[,<max wait s>[,<priority>]]]` into app_queue. */
import type { Call, CallApplication } from '../core/call.js';
import { asteriskArguments, displayName, textProblem } from '../core/dial-string.js';
import { hasCode } from '../core/errors.js';
import { createQueueEntry } from '../core/services/enter-queue.js';
import { setVariables } from '../core/services/set-variables.js';
import type { EnterQueueDeps, QueueOutcome, QueueRequest, SwitchQueue } from '../core/services/enter-queue.js';

export interface AsteriskQueueOptions {
  /** options of the application Queue, e.g. `tc`; letters only. With `c` an ended talk is `continue` instead of `answered`. */
  readonly queueOptions: string;
}

export const defaultAsteriskQueueOptions: AsteriskQueueOptions = { queueOptions: '' };

/** What QUEUESTATUS says. Queue leaves it alone when an agent answered. */
const results: Readonly<Record<string, QueueOutcome>> = {
  TIMEOUT: { result: 'timeout' },
  FULL: { result: 'full' },
  JOINEMPTY: { result: 'join-empty' },
  LEAVEEMPTY: { result: 'leave-empty' },
  JOINUNAVAIL: { result: 'unavailable' },
  LEAVEUNAVAIL: { result: 'unavailable' },
  CONTINUE: { result: 'continue' },
  WITHDRAW: { result: 'withdrawn' },
  // "unable to join": no such queue
  UNKNOWN: { result: 'error', reason: 'TDM_NOT_FOUND' },
};

export function createAsteriskQueueEntry(
  deps: Omit<EnterQueueDeps, 'queues'>,
  options: AsteriskQueueOptions = defaultAsteriskQueueOptions,
): CallApplication {
  return createQueueEntry({ ...deps, queues: asteriskQueue(options) });
}

export function asteriskQueue(options: AsteriskQueueOptions = defaultAsteriskQueueOptions): SwitchQueue {
  if (!/^[A-Za-z]*$/.test(options.queueOptions)) throw new RangeError('queueOptions may have letters only');
  return { callerName, enter: (call, request) => enter(call, request, options) };
}

async function callerName(call: Call): Promise<string> {
  return (await call.getVariable('CALLERID(name)')) ?? '';
}

async function enter(call: Call, request: QueueRequest, options: AsteriskQueueOptions): Promise<QueueOutcome> {
  // What an earlier visit left must not be taken for this one's result.
  await setVariables(call, { QUEUESTATUS: '', ABANDONED: '', QUEUE_PRIO: String(request.priority ?? 0) });
  const restore = await showPrefix(call, request.callerIdPrefix);
  try {
    await call.execute('Queue', asteriskArguments([request.queue, options.queueOptions, '', '', String(request.maxWaitS ?? '')]));
  } catch (e) {
    if (hasCode(e, 'TDM_CALL_GONE')) return await callerLeft(call, e);
    throw e;
  }
  const outcome = await outcomeOf(call);
  await restore();
  return outcome;
}

/**
 * The agents' phones show the caller's name, so the prefix goes in front of it while the caller waits
 * and is taken off afterwards: a VICIdial in-group that follows wants its code in column 1 (Q-1). The
 * code stays in TANDEM_CALLER_CODE all the time, should we not be there to take it off.
 */
async function showPrefix(call: Call, prefix: string | undefined): Promise<() => Promise<void>> {
  if (prefix === undefined) return () => Promise.resolve();
  const name = await callerName(call);
  const harmless = textProblem(name) === undefined ? name : displayName(name);
  await call.setVariable('CALLERID(name)', prefix + harmless);
  return () => call.setVariable('CALLERID(name)', harmless);
}

async function outcomeOf(call: Call): Promise<QueueOutcome> {
  const status = (await call.getVariable('QUEUESTATUS')) ?? '';
  if (status !== '') return { ...(results[status] ?? { result: 'error', reason: 'TDM_PROTOCOL' }), detail: status.slice(0, 40) };
  // A key with which the queue lets callers out moves the channel and leaves no status.
  const extension = (await call.getVariable('EXTEN')) ?? '';
  if (extension !== call.extension && /^[0-9*#]$/.test(extension)) return { result: 'exit-key', detail: extension };
  return { result: 'answered' };
}

/** The caller hung up: waiting, or in the talk. Variables of a dead channel can still be read (asterisk-behaviour 1.10). */
async function callerLeft(call: Call, gone: Error): Promise<QueueOutcome> {
  try {
    return (await call.getVariable('ABANDONED')) === 'TRUE' ? { result: 'abandoned' } : { result: 'answered', detail: 'caller hung up' };
  } catch (e) {
    if (hasCode(e, 'TDM_CALL_GONE')) throw gone;
    throw e;
  }
}
