/**
 * Watches the clock (dialer.md B11): a jump of more than two seconds against time that nobody sets, or against the
 * database's clock, holds dialling for ten seconds, since calling hours and retries are moments of the clock.
 */
export const dialerClockLimits = { jumpMsMax: 2_000, pauseMs: 10_000, compareEveryMs: 10_000 };

export interface DialerClockDeps {
  /** the machine's own clock */
  readonly wallMs: () => number;
  readonly monoMs: () => number;
  /** undefined: cannot be asked */
  readonly databaseNowMs: (() => Promise<number>) | undefined;
  /** how far it jumped, and against what; written down */
  readonly onJump: (jump: { readonly ms: number; readonly against: 'itself' | 'database' }) => void;
}

export interface DialerClock {
  /** Once a second. Rejects TDM_STORE_DOWN. */
  look(): Promise<void>;
  isHeld(): boolean;
}

export function createDialerClock(deps: DialerClockDeps, limits = dialerClockLimits): DialerClock {
  const { wallMs, monoMs } = deps;
  let offset = wallMs() - monoMs();
  /** how far the database's clock is from ours, as last seen */
  let apart: number | undefined;
  let comparedAtMonoMs = -Infinity;
  let heldUntilMonoMs = -Infinity;

  function jumped(ms: number, against: 'itself' | 'database'): void {
    heldUntilMonoMs = monoMs() + limits.pauseMs;
    deps.onJump({ ms, against });
  }

  async function compare(): Promise<void> {
    if (!deps.databaseNowMs || monoMs() - comparedAtMonoMs < limits.compareEveryMs) return;
    comparedAtMonoMs = monoMs();
    const sentMs = wallMs();
    const theirs = await deps.databaseNowMs();
    const tookMs = wallMs() - sentMs;
    if (tookMs < 0 || tookMs > limits.jumpMsMax) return; // tells nothing
    const now = theirs - (sentMs + tookMs / 2);
    if (apart !== undefined && Math.abs(now - apart) > limits.jumpMsMax) jumped(Math.round(apart - now), 'database');
    apart = now;
  }

  return {
    async look() {
      const now = wallMs() - monoMs();
      if (Math.abs(now - offset) > limits.jumpMsMax) {
        jumped(Math.round(now - offset), 'itself');
        apart = undefined;
      }
      offset = now;
      await compare();
    },
    // at once too, and not only a second later: a machine that stood still has calls waiting for their turn
    isHeld: () => monoMs() < heldUntilMonoMs || Math.abs(wallMs() - monoMs() - offset) > limits.jumpMsMax,
  };
}
