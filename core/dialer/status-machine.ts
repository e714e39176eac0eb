/** Which status may follow which (dialer.md A3), each as one conditional update. */
import type { ContactStatus } from './words.js';

/**
 * Rows of A3, and ours: a gate or its end time may end a contact that waits (`BLOCKED_DNC`, `EXPIRED`); a command that
 * could not be sent fails a contact that was claimed for it. `failed` and `ended` are final here; only a person, or an agent's
 * disposition, brings such a contact back (`reviseContact`).
 */
const followers: Readonly<Record<ContactStatus, readonly ContactStatus[]>> = {
  pending: ['pending', 'agent_pending', 'dialed', 'failed', 'ended', 'stopped'],
  agent_pending: ['pending', 'dialed', 'failed', 'ended'],
  dialed: ['pending', 'ended', 'failed'],
  stopped: ['pending', 'ended'],
  ended: [],
  failed: [],
};

export const mayFollow = (from: ContactStatus, to: ContactStatus): boolean => followers[from].includes(to);

/** A slot is taken and the number is in a call. */
export const isActiveStatus = (status: ContactStatus): status is 'dialed' | 'agent_pending' =>
  status === 'dialed' || status === 'agent_pending';
