/** Whole seconds of a time or duration in ms, as mod_callcenter keeps them. */
export const epoch = (ms: number): number => Math.floor(ms / 1000);
