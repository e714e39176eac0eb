/** What the changing commands of mod_callcenter need, and how refusals become its answers. */
import type { AcdEvent } from '../acd/events.js';
import type { CallKey } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import type { CallcenterUser } from '../callcenter-ports.js';
import { answers, refusal } from '../callcenter/answers.js';
import { hasCode } from '../errors.js';
import type { Log } from '../ports.js';

/** Single provisioning changes, as `createQueueProvisioning` makes them: checked, stored, given to the engine. */
export interface CallcenterProvisioning {
  change(user: string, wanted: (stored: StoredAgents) => object): Promise<unknown>;
}

export interface StoredAgents {
  agent(id: string): Readonly<Record<string, unknown>> | undefined;
}

export interface CallcenterTools {
  readonly engine: Pick<QueueEngine, 'ask' | 'view'>;
  readonly provisioning: CallcenterProvisioning;
  /** Give what is provisioned to the engine. */
  reload(): Promise<void>;
  /** The live channel with this id on one of the FreeSWITCH servers; undefined when none has it. */
  channel(uuid: string): Promise<CallKey | undefined>;
  readonly log: Log;
  nowMs(): number;
}

/** A wish to the engine with its audit line: `+OK`, or the reason in the engine's words. */
export async function wished(tools: CallcenterTools, { user }: CallcenterUser, event: AcdEvent): Promise<string> {
  const answer = await tools.engine.ask(event);
  tools.log.info(
    { audit: true, user, wish: event, granted: answer.ok, ...(answer.ok ? {} : { reason: answer.detail }) },
    'queues: asked for by a callcenter command',
  );
  return answer.ok ? answers.ok : refusal(answer.detail);
}

/** A provisioning change: `+OK`, or what is wrong with it. Rejects what is not the command's fault. */
export async function provisioned(
  tools: CallcenterTools,
  { user }: CallcenterUser,
  wanted: (stored: StoredAgents) => object,
): Promise<string> {
  try {
    await tools.provisioning.change(user, wanted);
  } catch (e) {
    if (hasCode(e, 'TDM_BAD_REQUEST', 'TDM_BAD_VALUE', 'TDM_CONFLICT', 'TDM_STORE_CONFLICT')) return refusal(e.message);
    throw e;
  }
  return answers.ok;
}

/** A whole number from 0 to `max`; undefined for anything else. */
export function wholeNumber(text: string, max: number): number | undefined {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  return value <= max ? value : undefined;
}
