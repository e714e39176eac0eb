/** The pacing module: pure, and with no imports from outside this folder. */
export { createPacer } from './create-pacer.js';
export type { PacerOptions } from './options.js';
export type * from './types.js';
