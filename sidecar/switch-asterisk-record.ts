/** Recordings (asterisk-behaviour 5): MixMonitor on the caller's channel, so that it goes on through transfers; audio only while connected. */
import type { ConnectOrder, RingOrder } from '../core/acd/effects.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { recordFile } from '../core/record-file.js';
import type { AmiLink } from './ami.js';
import type { Timers } from './timers.js';

export interface RecorderDeps {
  readonly link: Pick<AmiLink, 'action' | 'status'>;
  readonly timers: Timers;
  readonly log: Log;
  /** IANA zone of dates in file names */
  readonly zone: string;
}

/** The two are not kept apart longer for the sake of a recording. */
const startMsMax = 500;

/** Resolves with the file that the leg must record by itself, since the link cannot. Never rejects. */
export async function startRecording(deps: RecorderDeps, ring: RingOrder, order: ConnectOrder): Promise<string | undefined> {
  if (order.recordTemplate === undefined || order.recordTemplate === '') return undefined;
  const file = fileOf(deps, order.recordTemplate, ring, order);
  if (file === undefined) return undefined;
  if (deps.link.status().state !== 'up') return file;
  const Channel = order.call.uniqueId;
  try {
    await deps.link.action({ Action: 'MixMonitor', Channel, File: file, Options: 'b' }, { timeoutMs: startMsMax });
  } catch (error) {
    deps.log.warn({ file, err: error }, 'asterisk: recording starts on the agent’s leg');
    return file;
  }
  deps.link.action({ Action: 'Setvar', Channel, Variable: 'cc_record_filename', Value: file }).catch((error: unknown) => {
    deps.log.debug({ file, err: error }, 'asterisk: the caller has no name of the recording');
  });
  return undefined;
}

/** A template that cannot be used costs the recording, not the talk. */
function fileOf(deps: RecorderDeps, template: string, ring: RingOrder, order: ConnectOrder): string | undefined {
  const values = {
    queue: order.queue,
    agent: order.agent,
    offer: order.offer,
    member: order.member,
    uuid: order.call.uniqueId,
    caller_id_number: ring.callerNumber,
    caller_id_name: ring.callerName,
    destination_number: '',
  };
  try {
    return recordFile(template, values, { nowMs: deps.timers.nowMs(), zone: deps.zone });
  } catch (error) {
    const why = error instanceof TandemError ? error.message : String(error);
    deps.log.error({ template, why }, 'asterisk: a talk is not recorded');
    return undefined;
  }
}
