/** The pacing module: pure, and with no imports from outside this folder. */
export { createPacer } from './create-pacer.js';
export { contactKinds, createContactSorter } from './contact-sorter.js';
export type { ContactSorter, ContactTraits } from './contact-sorter.js';
export type { PacerOptions } from './options.js';
export type * from './types.js';
export { createTurns } from './turns.js';
export type { Sharing } from './turns.js';
