/** A wish to the queue engine whose refusal is an error. */
import type { AcdEvent } from '../acd/events.js';
import type { QueueEngine } from '../acd-ports.js';
import { TandemError } from '../errors.js';

/** Rejects with the engine's refusal, and like `QueueEngine.ask`. */
export async function granted(engine: QueueEngine, event: AcdEvent): Promise<void> {
  const answer = await engine.ask(event);
  if (!answer.ok) throw new TandemError(answer.code, [answer.detail, answer.detail]);
}
