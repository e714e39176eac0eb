/**
 * What a switch looks like now. Events were lost while the link was down, so nothing counts before
 * these lists were read (user-needs 10: counters are rebuilt from records, never reset to zero).
 */
import { hasCode } from '../core/errors.js';
import type { AmiFields } from './ami-action.js';
import type { AmiPacket } from './ami-packet.js';
import type { AmiActionOptions, AmiAnswer } from './ami-pending.js';

export type AmiAction = (fields: AmiFields, options?: AmiActionOptions) => Promise<AmiAnswer>;

export interface AmiSnapshot {
  /** one CoreShowChannel each */
  readonly channels: readonly AmiPacket[];
  /** QueueParams, QueueMember and QueueEntry */
  readonly queues: readonly AmiPacket[];
  /** one DeviceStateChange each */
  readonly devices: readonly AmiPacket[];
  /** lists that this switch refused (module not loaded, or the account may not read them) */
  readonly missing: readonly string[];
}

/** Read the three lists one after the other. The channels are a must; a refusal of the others is noted. */
export async function takeSnapshot(action: AmiAction, timeoutMs: number): Promise<AmiSnapshot> {
  const missing: string[] = [];
  const list = async (Action: string) => (await action({ Action }, { list: true, timeoutMs })).events;
  const listIfAny = async (name: string) => {
    try {
      return await list(name);
    } catch (error) {
      if (!hasCode(error, 'TDM_SWITCH_REFUSED')) throw error;
      missing.push(name);
      return [];
    }
  };
  const channels = await list('CoreShowChannels');
  const queues = await listIfAny('QueueStatus');
  const devices = await listIfAny('DeviceStateList');
  return { channels, queues, devices, missing };
}
