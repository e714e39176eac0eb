/**
 * Who is responsible for a caller, asked while he waits (crm-vtiger 6): within a budget, from memory where that is fresh
 * enough, once for callers who come together, and never in the way of a call when the CRM is slow or down.
 */
import type { Responsible, ResponsibleSource } from '../crm-ports.js';
import { cleanNumber } from '../crm/values.js';
import type { After } from './deadline.js';

export interface ResponsibleAnswer extends Responsible {
  /** of an earlier answer, because the CRM does not answer now */
  readonly isStale: boolean;
}

export const responsibleDefaults = {
  msMax: 1_500,
  foundMs: 60_000,
  notFoundMs: 15_000,
  /** how old an answer may be when there is no new one */
  staleMs: 900_000,
  numbersMax: 20_000,
  /** so many failures within `failureWindowMs` stop the questions for `pauseMs` */
  failuresMax: 5,
  failureWindowMs: 30_000,
  pauseMs: 10_000,
  /** digits without which no customer is looked for: fewer match anybody */
  digitsMin: 3,
};

export interface ResponsibleDeps {
  readonly source: ResponsibleSource;
  readonly nowMs: () => number;
  readonly after: After;
}

export interface ResponsibleFinder {
  /** By `msMax` at the latest; never rejects. */
  find(number: string): Promise<ResponsibleAnswer>;
  /** What is known by now, without a question. */
  known(number: string): Responsible | undefined;
  /** It was told without having been asked. */
  learn(number: string, answer: Responsible): void;
}

const empty = { extension: '', name: '', record: '' } as const;

export function createResponsible(deps: ResponsibleDeps, options: Partial<typeof responsibleDefaults> = {}): ResponsibleFinder {
  const limits = { ...responsibleDefaults, ...options };
  const { source, nowMs, after } = deps;
  const answers = new Map<string, { readonly answer: Responsible; readonly atMs: number }>();
  const asking = new Map<string, Promise<Responsible>>();
  let failures: number[] = [];
  let pausedUntilMs = 0;

  function remember(number: string, answer: Responsible): void {
    answers.delete(number);
    answers.set(number, { answer, atMs: nowMs() });
    for (const oldest of answers.keys()) {
      if (answers.size <= limits.numbersMax) break;
      answers.delete(oldest);
    }
  }

  function failed(): void {
    const now = nowMs();
    failures = [...failures.filter((atMs) => atMs > now - limits.failureWindowMs), now];
    if (failures.length < limits.failuresMax) return;
    failures = [];
    pausedUntilMs = now + limits.pauseMs;
  }

  function fresh(number: string): Responsible | undefined {
    const known = answers.get(number);
    if (!known) return undefined;
    const ms = known.answer.status === 'FOUND' ? limits.foundMs : limits.notFoundMs;
    return nowMs() - known.atMs < ms ? known.answer : undefined;
  }

  function stale(number: string, status: 'TIMEOUT' | 'ERROR'): ResponsibleAnswer {
    const known = answers.get(number);
    const isUsable = known?.answer.status === 'FOUND' && nowMs() - known.atMs < limits.staleMs;
    return isUsable ? { ...known.answer, isStale: true } : { ...empty, status, isStale: false };
  }

  function ask(number: string): Promise<Responsible> {
    const running = asking.get(number);
    if (running) return running;
    const asked = source.find(number, limits.msMax).then(
      (answer) => {
        remember(number, answer);
        return answer;
      },
      (error: unknown) => {
        failed();
        throw error;
      },
    );
    const shared = asked.finally(() => asking.delete(number));
    shared.catch(() => undefined); // whoever asked may have gone on
    asking.set(number, shared);
    return shared;
  }

  return {
    known: (text) => fresh(cleanNumber(text)),
    learn: (text, answer) => remember(cleanNumber(text), answer),
    async find(text) {
      const number = cleanNumber(text);
      if (!/^\+?[0-9]+$/.test(number) || number.replace(/\D/g, '').length < limits.digitsMin)
        return { ...empty, status: 'BADNUMBER', isStale: false };
      const known = fresh(number);
      if (known) return { ...known, isStale: false };
      if (nowMs() < pausedUntilMs) return stale(number, 'ERROR');
      let stop = (): void => undefined;
      const late = new Promise<undefined>((resolve) => (stop = after(limits.msMax, () => resolve(undefined))));
      try {
        const answer = await Promise.race([ask(number), late]);
        if (answer) return { ...answer, isStale: false };
        failed();
        return stale(number, 'TIMEOUT');
      } catch {
        return stale(number, 'ERROR');
      } finally {
        stop();
      }
    },
  };
}
