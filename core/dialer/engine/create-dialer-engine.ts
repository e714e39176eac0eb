/** Puts the dialer's engine together; `engine-types.ts` says what it promises, docs/dialer-engine.md how it decides. */
import type { DialerEngine, DialerEngineStart } from './engine-types.js';

export type * from './engine-types.js';

export function createDialerEngine(_start: DialerEngineStart): DialerEngine {
  throw new Error('the engine is being built');
}
