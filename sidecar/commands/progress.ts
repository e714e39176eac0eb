/** How far something is, for people: one line that is written over on a terminal, a line now and then elsewhere. */

export interface Progress {
  tell(text: string): void;
  /** Leaves the last line standing. */
  end(): void;
}

/** Between two lines where nothing can be written over. */
const everyMs = 5_000;

export function createProgress(
  out: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown },
  nowMs: () => number,
): Progress {
  let toldMs = -Infinity;
  let last = '';
  return {
    tell(text) {
      last = text;
      if (out.isTTY === true) out.write(`\r${text.slice(0, (out.columns ?? 80) - 1)}\u001b[K`);
      else if (nowMs() - toldMs >= everyMs) {
        toldMs = nowMs();
        out.write(`${text}\n`);
      }
    },
    end() {
      if (out.isTTY === true && last !== '') out.write('\n');
    },
  };
}

const width = 24;

/** `[########----------------] 34 %` */
export function bar(share: number): string {
  const done = Math.max(0, Math.min(1, share));
  const full = Math.round(done * width);
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}] ${String(Math.floor(done * 100)).padStart(3)} %`;
}
