/**
 * The application `dialer_call`: what an answered call of a campaign does (dialer.md B2, B4), the same on both switches.
 * For what is left of the grace time it may have an agent; then the safe-harbour message, in which a key puts the number
 * on the DNC list before the call is hung up. A dialplan that finds TANDEM_RESULT empty plays the message by itself.
 *
 * Leaves TANDEM_RESULT `answered` (talks, or has talked), `message`, `opted-out`, `machine`, `hang-up`, `left` or `error`,
 * and `playing` while a message is played, in which Tandem may die; TANDEM_REASON says why.
 */
import type { Call, CallApplication } from '../call.js';
import { textProblem } from '../dial-string.js';
import { callIdOfChannel } from '../dialer/dial-strings.js';
import type { ArrivalPlan } from '../dialer/engine-words.js';
import type { AmdVerdict } from '../dialer/words.js';
import type { DialerDoor } from '../dialer-ports.js';
import { hasCode, TandemError } from '../errors.js';
import type { Log, Meter } from '../ports.js';
import { withDeadline } from './deadline.js';
import type { After } from './deadline.js';
import type { DialerQueue } from './dialer-queue.js';
import { setVariables } from './set-variables.js';

export interface DialerCallDeps {
  readonly door: DialerDoor;
  /** Tandem's own queues of this kind of switch (`doorDialerQueues`) */
  readonly queue: DialerQueue;
  /** The switch hangs the call up by itself after this long, also in the middle of a sound. */
  endAfter(call: Call, ms: number): Promise<void>;
  readonly after: After;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly meter: Meter;
}

/** Longest wait for the dialer's word: the customer hears nothing meanwhile. */
export const arrivalMsMax = 1_000;
/** Between the end of the wait in the queue and the first sound: the switch's own time, so that the message begins within the grace. */
export const messageLeadMs = 100;
/** Behind the message, for a key that was looked for. */
export const keyWaitMs = 2_000;
/** Longest wait for the opt-out to be stored, in silence. */
export const optOutMsMax = 5_000;
/** A key is waited for in turns: other keys than the wanted ones are not it. */
const keysMax = 20;
/** what our own hang-up may be late by */
const endSlackMs = 1_000;

type Result = 'answered' | 'message' | 'opted-out' | 'machine' | 'hang-up' | 'left' | 'error';

interface Outcome {
  readonly result: Result;
  readonly reason: string;
}

/**
 * `dialer_call[,<verdict of AMD>]`, or `dialer_call,ivr_transfer` where a key in an IVR asks for an agent: the dialer knows
 * the call by its unique id. Never rejects.
 */
export function createDialerCall(deps: DialerCallDeps): CallApplication {
  return async (call) => {
    const outcome = await serve(deps, call).catch((error: unknown) => failed(deps, call, error));
    deps.meter.count('tandem_dialer_arrivals_total', { result: outcome.result });
    deps.log.debug({ call: call.uniqueId, ...outcome }, 'dialled call served');
    await tell(deps, call, outcome);
  };
}

async function serve(deps: DialerCallDeps, call: Call): Promise<Outcome> {
  const plan = await withDeadline(deps.after, arrivalMsMax, call.signal, () =>
    deps.door.arrived(callIdOfChannel(call.uniqueId), verdictOf(call.args[0])),
  );
  // of another process, which the dialplan asks next
  if (plan === undefined) throw new TandemError('TDM_STANDBY', ['the call is not of this dialer']);
  switch (plan.kind) {
    case 'queue':
      return offer(deps, call, plan);
    case 'message':
      return machine(deps, call, plan);
    case 'hang-up':
      return { result: 'hang-up', reason: plan.reason };
  }
}

const verdicts: Readonly<Record<string, AmdVerdict>> = {
  HUMAN: 'HUMAN',
  PERSON: 'HUMAN',
  MACHINE: 'MACHINE',
  FAX: 'FAX',
  NOTSURE: 'NOTSURE',
  UNSURE: 'NOTSURE',
  HANGUP: 'HANGUP',
};

/** AMDSTATUS of Asterisk, `amd_result` of mod_amd; undefined: nobody has listened. */
export const verdictOf = (text: string | undefined): AmdVerdict | undefined => verdicts[(text ?? '').trim().toUpperCase()];

// ------------------------------------------------------------------ an agent

type QueuePlan = Extract<ArrivalPlan, { readonly kind: 'queue' }>;

async function offer(deps: DialerCallDeps, call: Call, plan: QueuePlan): Promise<Outcome> {
  const variables = Object.fromEntries(Object.entries(plan.variables).filter(([, value]) => textProblem(value) === undefined));
  const { queue, maxWaitMs, reservation, priority, name } = plan;
  const number = plan.number ?? (await call.getVariable('customer_number')) ?? '';
  await setVariables(call, variables);
  const lead = plan.message === undefined ? 0 : messageLeadMs;
  const wish = { queue, maxWaitMs: Math.max(1, maxWaitMs - lead), reservation, priority, number, name, variables };
  const outcome = await deps.queue.enter(call, wish);
  if (outcome.kind === 'connected') return { result: 'answered', reason: outcome.agent };
  if (outcome.kind === 'left') return { result: 'left', reason: '' };
  deps.door.waitedOut(callIdOfChannel(call.uniqueId), outcome.reason);
  if (plan.message === undefined) return { result: 'hang-up', reason: outcome.reason };
  return { result: await safeHarbour(deps, call, plan.message), reason: outcome.reason };
}

// ------------------------------------------------------------------ messages

type Message = NonNullable<QueuePlan['message']>;

/** B4. What was heard is told at the end of it, also when he hangs up first. */
async function safeHarbour(deps: DialerCallDeps, call: Call, message: Message): Promise<Result> {
  const { audio, optOutPrompt, maxMs } = message;
  const keys = message.optOutDigits.replace(/[^0-9*#]/g, '');
  const startMs = deps.nowMs();
  let heardMs: number | undefined;
  try {
    await limit(deps, call, maxMs + (keys === '' ? 0 : keyWaitMs));
    let key = await say(deps, call, audio, keys);
    if (key === '' && optOutPrompt !== '') key = await say(deps, call, optOutPrompt, keys);
    heardMs = deps.nowMs() - startMs;
    if (key === '' && keys !== '') key = await keyOf(deps, call, keys);
    if (key === '') return 'message';
    return (await optedOut(deps, call)) ? 'opted-out' : 'message';
  } finally {
    deps.door.messagePlayed(callIdOfChannel(call.uniqueId), Math.min(heardMs ?? deps.nowMs() - startMs, maxMs));
  }
}

/** Before the hang-up, also when he has hung up by now. False: it could not be stored, which the log and the audit must tell. */
async function optedOut(deps: DialerCallDeps, call: Call): Promise<boolean> {
  try {
    await withDeadline(deps.after, optOutMsMax, new AbortController().signal, () => deps.door.optedOut(callIdOfChannel(call.uniqueId)));
    return true;
  } catch (error) {
    deps.log.error({ call: call.uniqueId, err: error }, 'dialer: an opt-out could not be stored');
    return false;
  }
}

async function machine(deps: DialerCallDeps, call: Call, plan: Extract<ArrivalPlan, { readonly kind: 'message' }>): Promise<Outcome> {
  const startMs = deps.nowMs();
  try {
    await limit(deps, call, plan.maxMs);
    await say(deps, call, plan.audio, '');
  } finally {
    deps.door.messagePlayed(callIdOfChannel(call.uniqueId), Math.min(deps.nowMs() - startMs, plan.maxMs));
  }
  return { result: 'machine', reason: '' };
}

async function limit(deps: DialerCallDeps, call: Call, ms: number): Promise<void> {
  await call.setVariable('TANDEM_RESULT', 'playing');
  await deps.endAfter(call, ms + endSlackMs);
}

/** The key that ended it, or ''. */
async function say(deps: DialerCallDeps, call: Call, file: string, keys: string): Promise<string> {
  const { digit, missing } = await call.play(file, keys);
  if (missing) {
    deps.meter.count('tandem_dialer_sounds_missing_total');
    deps.log.error({ call: call.uniqueId, file }, 'dialer: sound file is missing');
  }
  return digit;
}

async function keyOf(deps: DialerCallDeps, call: Call, keys: string): Promise<string> {
  const untilMs = deps.nowMs() + keyWaitMs;
  for (let turn = 0; turn < keysMax; turn++) {
    const leftMs = untilMs - deps.nowMs();
    if (leftMs <= 0) break;
    const key = await call.waitForDigit(leftMs);
    if (key === '' || keys.includes(key)) return key;
  }
  return '';
}

// ------------------------------------------------------------------ the end

function failed(deps: DialerCallDeps, call: Call, error: unknown): Outcome {
  if (hasCode(error, 'TDM_CALL_GONE')) return { result: 'left', reason: '' };
  const reason = error instanceof TandemError ? error.code : 'TDM_INTERNAL';
  // usual at the standby of a pair, and while stopping: the dialplan asks the other address
  const isUsual = hasCode(error, 'TDM_STANDBY', 'TDM_STOPPING');
  deps.log[isUsual ? 'info' : 'warn']({ call: call.uniqueId, reason, err: error }, 'dialled call could not be served');
  return { result: 'error', reason };
}

/** After an error the dialplan goes on; a talk is not in our hands; everything else is over. */
async function tell(deps: DialerCallDeps, call: Call, { result, reason }: Outcome): Promise<void> {
  if (result === 'answered' || result === 'left') return;
  try {
    await setVariables(call, { TANDEM_REASON: reason });
    await call.setVariable('TANDEM_RESULT', result);
    if (result !== 'error') await call.hangup();
  } catch (error) {
    const isGone = hasCode(error, 'TDM_CALL_GONE');
    deps.log[isGone ? 'debug' : 'warn']({ call: call.uniqueId, result, err: error }, 'dialled call could not be ended');
  }
}
