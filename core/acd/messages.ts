/**
 * Messages that callers left (B51): a member without a caller. It waits in its queue like any other; the agent whose turn
 * it is is rung, hears it, and may call back, all in the dialplan of his leg. From his "ready" on he is busy with it
 * until his leg ends.
 */
import { enterQueue } from './entering.js';
import type { Answer } from './events.js';
import type { QueueId } from './ids.js';
import type { Member } from './state.js';
import type { World } from './world.js';

export const isMessage = ({ presence }: Pick<Member, 'presence'>): boolean => presence.kind === 'message';

/** The same file twice is one message: a dialplan that got no answer asks again. */
export function placeMessage(w: World, member: Member, queue: QueueId, file: string): Answer {
  const known = openMessage(w, queue, member.number, file);
  if (known) return { ok: true, detail: 'message placed before', member: known.id, resumed: true };
  member.presence = { kind: 'message', file };
  w.addMember(member);
  enterQueue(w, member, queue);
  w.tell({ type: 'message-placed', member: member.id, queue, number: member.number, file });
  return { ok: true, detail: 'message placed', member: member.id, resumed: false };
}

function openMessage(w: World, queue: QueueId, number: string, file: string): Member | undefined {
  // without a number it is looked for among all, also those that are being heard: such callers are few
  if (number === '') return [...w.members.values()].find((other) => other.queue === queue && hasFile(other, file));
  for (const id of w.memberIndex.withNumber(queue, number)) {
    const other = w.members.get(id);
    if (other && hasFile(other, file)) return other;
  }
  return undefined;
}

const hasFile = ({ presence }: Member, file: string): boolean => presence.kind === 'message' && presence.file === file;
