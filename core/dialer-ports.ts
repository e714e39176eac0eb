/** What the dialer needs from outside, and what it offers to the API. */
export type * from './dialer-control-ports.js';
export type * from './dialer-store-ports.js';
export type * from './dialer-switch-ports.js';
