/** Statistics of a campaign (dialer.md B9) from counters and calls. */
import type { CounterRow } from '../dialer-ports.js';
import type { CallRecord } from './contact.js';

export interface SpanFigures {
  readonly fromMs: number;
  readonly placed: number;
  readonly answered: number;
  readonly connected: number;
  readonly abandoned: number;
  readonly customerDropped: number;
  readonly machines: number;
  /** undefined: nothing to divide by */
  readonly answerRate: number | undefined;
  readonly abandonShare: number | undefined;
}

/** From 5-minute counters: exact at bucket edges. */
export function figuresFrom(_rows: readonly CounterRow[], _fromMs: number, _toMs: number): SpanFigures {
  throw new Error('figuresFrom is being built');
}

/** From calls, for spans shorter than a bucket; `calls` ended since `fromMs`. */
export function figuresOfCalls(_calls: readonly CallRecord[], _fromMs: number, _toMs: number): SpanFigures {
  throw new Error('figuresOfCalls is being built');
}
