/** One thing that the doctor looked at, in plain words. */
export type Verdict = 'ok' | 'warn' | 'FAIL';

export interface Finding {
  readonly verdict: Verdict;
  /** `main: key` */
  readonly what: string;
  readonly detail: string;
  /** what to do; '' when nothing is wrong */
  readonly remedy: string;
}

export const ok = (what: string, detail: string): Finding => ({ verdict: 'ok', what, detail, remedy: '' });
export const warn = (what: string, detail: string, remedy: string): Finding => ({ verdict: 'warn', what, detail, remedy });
export const fail = (what: string, detail: string, remedy: string): Finding => ({ verdict: 'FAIL', what, detail, remedy });
export const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));

/** Names in a line, some of many. */
export function someOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${String(names.length - most)} more` : shown;
}

/** The two clocks may differ by this much, the way of the event included. */
export const clockMsMax = 2_000;

/** Times of calls are the switch's: what it says of now. */
export function clockFinding(name: string, atMs: number, nowMs: number): Finding {
  const what = `${name}: clock`;
  const aheadMs = atMs - nowMs;
  if (Math.abs(aheadMs) <= clockMsMax) return ok(what, 'the same as here');
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  return warn(what, `${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`, 'set both hosts by NTP: times of calls are those of the switch');
}

export interface Look {
  readonly findings: readonly Finding[];
  /** What a check finds; that it could not be made is a finding too. */
  readonly look: (what: string, check: () => Promise<readonly Finding[]>) => Promise<void>;
}

/** Looks at one switch; `remedy` for a question that it does not answer. */
export function lookAt(name: string, remedy: string): Look {
  const findings: Finding[] = [];
  return {
    findings,
    async look(what, check) {
      try {
        findings.push(...(await check()));
      } catch (e) {
        findings.push(fail(`${name}: ${what}`, reasonOf(e), remedy));
      }
    },
  };
}
