/** Liveness and readiness with reasons (B38). */
export interface CheckResult {
  readonly name: string;
  /** `down` makes the process not ready; `degraded` is shown only */
  readonly state: 'up' | 'degraded' | 'down';
  readonly reason: string;
}

export type Check = () => CheckResult | Promise<CheckResult>;

export interface Health {
  /** `name` is reported when the check fails or hangs */
  add(name: string, check: Check): void;
  /** from now on not ready, because of `reason` */
  stop(reason: string): void;
  report(): Promise<{ readonly ready: boolean; readonly checks: readonly CheckResult[] }>;
}

export const checkMsMax = 1000;

export function createHealth(): Health {
  const checks: { readonly name: string; readonly check: Check }[] = [];
  let stopping: CheckResult | undefined;
  return {
    add: (name, check) => void checks.push({ name, check }),
    stop(reason) {
      stopping = { name: 'process', state: 'down', reason };
    },
    async report() {
      const results = await Promise.all(checks.map(bounded));
      if (stopping) results.push(stopping);
      return { ready: results.every((result) => result.state !== 'down'), checks: results };
    },
  };
}

/** A check that hangs is a check that failed. */
async function bounded({ name, check }: { readonly name: string; readonly check: Check }): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ name, state: 'down', reason: `no answer within ${String(checkMsMax)} ms` }), checkMsMax);
  });
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } catch (e) {
    return { name, state: 'down', reason: e instanceof Error ? e.message : String(e) };
  } finally {
    clearTimeout(timer);
  }
}
