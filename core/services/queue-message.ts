/**
 * The application `queue_message,<queue>,<file>[,priority=<n>][,number=<number>]`: a caller has left a message, which an
 * agent of the queue gets in its turn (B51). Leaves TANDEM_RESULT `ok`, `refused` (full, blocked) or `error`, with
 * TANDEM_REASON, and TANDEM_MEMBER. The caller may be gone by now: nothing is asked of the switch before the engine has it.
 */
import { memberId } from '../acd/ids.js';
import type { SwitchId } from '../acd/ids.js';
import type { Answer, Join } from '../acd/events.js';
import type { QueueEngine } from '../acd-ports.js';
import type { Call, CallApplication } from '../call.js';
import { checkInteger, displayName } from '../dial-string.js';
import { hasCode, TandemError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { messageFile, messageParam } from '../message-file.js';
import { checkNumber, requireNumber } from '../phone.js';
import type { Log, Meter } from '../ports.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';
import { queueNamed } from './queue-name.js';

export interface QueueMessageDeps {
  readonly engine: Pick<QueueEngine, 'ask' | 'isOwner' | 'view'>;
  /** the switch a call is on: the file is there, too */
  switchOf(call: Call): Promise<SwitchId>;
  /** messages lie in it */
  readonly folder: string;
  newId(): string;
  readonly after: After;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

/** Longest wait for the engine's answer. */
const answerMsMax = 10_000;
const priorityMax = 4_294_967_295;

interface Outcome {
  readonly result: 'ok' | 'refused' | 'error';
  readonly reason: string;
  readonly member: string;
}

/** Never rejects. */
export function createQueueMessage(deps: QueueMessageDeps): CallApplication {
  return async (call) => {
    const outcome = await place(deps, call).catch((error: unknown) => failed(deps, call, error));
    deps.meter.count('tandem_queue_messages_total', { result: outcome.result });
    try {
      await call.setVariable('TANDEM_MEMBER', outcome.member);
      await call.setVariable('TANDEM_REASON', outcome.reason);
      await call.setVariable('TANDEM_RESULT', outcome.result);
    } catch (error) {
      deps.log.debug({ call: call.uniqueId, err: error }, 'queue message: the call ended before its result');
    }
  };
}

async function place(deps: QueueMessageDeps, call: Call): Promise<Outcome> {
  if (!deps.engine.isOwner()) throw new TandemError('TDM_STANDBY', ['ask the other address']);
  const join = joinOf(deps, call, await deps.switchOf(call));
  // a caller who has hung up has left his message all the same
  const answer = await withDeadline(deps.after, answerMsMax, new AbortController().signal, () =>
    deps.engine.ask({ type: 'caller-joined', join }),
  );
  if (!answer.ok) return refusal(answer, join);
  deps.log.info({ call: call.uniqueId, queue: join.queue, member: answer.member, file: join.message }, 'queue message: placed');
  return { result: 'ok', reason: '', member: answer.member ?? join.member };
}

function refusal({ code, exit, detail }: Extract<Answer, { ok: false }>, { queue }: Join): Outcome {
  if (exit === undefined) throw new TandemError(code, code === 'TDM_NOT_FOUND' ? ['queue', queue] : [detail]);
  return { result: 'refused', reason: exit, member: '' };
}

function joinOf(deps: QueueMessageDeps, call: Call, homeSwitch: SwitchId): Join {
  const [queue = '', file = '', ...more] = call.args.map((arg) => arg.trim());
  const named = namedOf(more);
  const member = memberId(deps.newId());
  const priority = named.get('priority');
  return {
    member,
    queue: queueNamed(deps.engine.view(), queue)?.id ?? queue,
    media: 'audio',
    call: undefined,
    homeSwitch,
    ...messageOf(file, deps.folder),
    number: numberOf(call, named.get('number')),
    name: displayName(call.callerIdName),
    answeredAtMs: deps.nowMs(),
    baseScoreS: 0,
    priority: priority === undefined ? undefined : checkInteger('priority', priority, 0, priorityMax),
    needs: [],
    exitKeys: '',
    maxWaitMs: 0,
    language: undefined,
    music: undefined,
    callerIdPrefix: undefined,
    variables: {},
    leadId: undefined,
    rootId: call.uniqueId,
    stickyAgent: undefined,
    callbackOf: undefined,
  };
}

/** The file, and the word by which records of messages are told from those of calls. Throws TDM_BAD_VALUE. */
export function messageOf(given: string, folder: string): { readonly message: string; readonly param: string } {
  const message = messageFile(given, folder);
  return { message, param: `${messageParam}${message}` };
}

/** One that says nothing, or cannot be dialled, can be heard and not called back. */
function numberOf({ callerIdNumber }: Call, given: string | undefined): string {
  if (given !== undefined) return given === '' ? '' : requireNumber(given);
  const result = checkNumber(callerIdNumber);
  return result.ok ? result.number : '';
}

function namedOf(args: readonly string[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const given of args.filter((arg) => arg !== '')) {
    const [, name = '', value = ''] = /^(priority|number)=(.*)$/s.exec(given) ?? [];
    if (name === '') throw new TandemError('TDM_BAD_VALUE', ['argument', 'behind the file only priority= and number= may follow']);
    named.set(name, value);
  }
  return named;
}

function failed(deps: QueueMessageDeps, call: Call, error: unknown): Outcome {
  const reason: ErrorCode = error instanceof TandemError ? error.code : 'TDM_INTERNAL';
  const isUsual = hasCode(error, 'TDM_STANDBY', 'TDM_STOPPING');
  deps.log[isUsual ? 'info' : 'warn']({ call: call.uniqueId, args: call.args, reason, err: error }, 'queue message: not placed');
  return { result: 'error', reason, member: '' };
}
