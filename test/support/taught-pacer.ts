/** A pacer that has seen so many calls end: `answers` of them answered after `ring` seconds, the others after 25. */
import { createPacer } from '../../core/dialer/pacing/index.js';
import type { Pacer, PacerOptions } from '../../core/dialer/pacing/index.js';
import { pacerState } from './pacer-state.js';

export interface Lesson {
  readonly calls?: number;
  readonly answers?: number;
  readonly ring?: number;
  readonly bucket?: number;
}

/** `calls` are placed at -100 and all have ended by 0; the talk and wrap-up of each answered one too. */
function teach(pacer: Pacer, { calls = 400, answers = 0.3, ring = 10, bucket = 0 }: Lesson = {}): void {
  const ids = Array.from({ length: calls }, (_, n) => `lesson${bucket}-${n}`);
  for (const callId of ids) pacer.onEvent({ type: 'placed', t: -100, callId, bucket });
  // ages differ by up to some seconds, as they do
  ids.forEach((callId, n) => {
    const isAnswer = n % 100 < answers * 100;
    const age = isAnswer ? ring + (n % 5) - 2 : 25;
    pacer.onEvent(
      isAnswer ? { type: 'answered', t: -100 + age, callId, age } : { type: 'failed', t: -100 + age, callId, age, cause: 'no-answer' },
    );
    if (!isAnswer) return;
    pacer.onEvent({ type: 'talkEnd', t: -30, agentId: n, duration: 20 + (n % 7) * 30, live: true });
    pacer.onEvent({ type: 'wrapEnd', t: -10, agentId: n, duration: 14 + (n % 5) * 3 });
  });
}

export function taughtPacer(lesson: Lesson = {}, options: PacerOptions = {}): Pacer {
  return taughtAll([lesson], options);
}

/** One that has seen several kinds of contact. */
export function taughtAll(lessons: readonly Lesson[], options: PacerOptions = {}): Pacer {
  const pacer = createPacer(options);
  for (const lesson of lessons) teach(pacer, lesson);
  pacer.decide(pacerState({ now: 0 }));
  return pacer;
}
