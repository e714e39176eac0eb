/**
 * Answered calls of campaigns in a queue (dialer.md B2): somebody who did not call and has been silent for a moment. He is
 * connected within the time that is left to him, or given back; he hears nothing here, goes by none of the rules for callers
 * (welcome, hours, overflow, keys, callback, return), and is in none of their figures.
 */
import type { Origin } from './words.js';

export const isDialled = ({ origin }: { readonly origin?: Origin | undefined }): boolean => origin === 'dialer';
