/** The measured side, in a process of its own: starts the server that it is told by name, tells its port, then its usage when asked. */

export interface TargetUsage {
  readonly cpuMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** Asked for sessions whose application waits, not for sessions that come and go. */
export const isIdle = process.argv[3] === 'idle';

/** `targets`: by name, each resolves with its port. */
export async function runTarget(targets: Readonly<Record<string, () => Promise<number>>>): Promise<void> {
  process.on('message', (message) => {
    if (message === 'usage') process.send?.(usage());
  });
  process.on('disconnect', () => process.exit(0)); // the measuring side is gone
  const start = targets[process.argv[2] ?? ''];
  if (!start) throw new Error(`no such target: ${process.argv[2] ?? ''}`);
  process.send?.(await start());
}

function usage(): TargetUsage {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  return { cpuMs: (user + system) / 1_000, heapBytes: heapUsed, rssBytes: rss };
}
