/** The seeded generator behind the strategy `random` (mulberry32 on a state of 32 bits): same seed, same draws. */
import type { World } from './world.js';

/** A whole number from 0 to n - 1. */
export function drawBelow(w: World, n: number): number {
  w.system.random = (w.system.random + 0x6d2b79f5) >>> 0;
  w.changes.isSystemChanged = true;
  let t = w.system.random;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * n);
}
