/**
 * Where the test bed keeps what it fetched, whether it can be had on this machine, and how a suite says so.
 *
 * `TANDEM_TEST_CACHE` names the folder (default `~/.cache/tandem-testbed`; keep it short, unix sockets live in it). It is never
 * inside the repository. First use downloads Debian packages without root and without changing the host (`docs/testbed.md`).
 */
import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type TestbedPart = 'asterisk' | 'mariadb' | 'chromium';

const run = promisify(execFile);
const installMsMax = 300_000;
const startMsMax = 90_000;

export const cacheDir = process.env['TANDEM_TEST_CACHE'] ?? join(homedir(), '.cache', 'tandem-testbed');
export const runDir = join(cacheDir, 'run');

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The last two lines that a failed script wrote to its error output: what went wrong, and what follows from it. */
function lastWords(e: unknown): string {
  const text = e instanceof Error && 'stderr' in e ? String(e.stderr).trim() : '';
  return text === '' ? String(e) : text.split('\n').slice(-2).join('; ');
}

const problems = new Map<TestbedPart, Promise<string | undefined>>();

/** Why a part of the test bed cannot be used here; `undefined` when it can. The first call may download packages (10 to 20 s). */
export function testbedProblem(what: TestbedPart): Promise<string | undefined> {
  let problem = problems.get(what);
  if (!problem) {
    problem = run(script(`${what}-up`), [cacheDir], { env: { ...process.env, INSTALL_ONLY: '1' }, timeout: installMsMax }).then(
      () => undefined,
      lastWords,
    );
    problems.set(what, problem);
  }
  return problem;
}

/**
 * For `before(async function () { await requireTestbed(this, 'mariadb'); })` of every suite that needs real servers: without
 * them the suite says so in one line and is skipped; with `CI=true` that is a failure.
 */
export async function requireTestbed(context: Mocha.Context, ...parts: readonly TestbedPart[]): Promise<void> {
  context.timeout(installMsMax + startMsMax);
  for (const part of parts) {
    const problem = await testbedProblem(part);
    if (problem === undefined) continue;
    const line = `${context.test?.parent?.title ?? 'suite'}: SKIPPED, no ${part} on this machine: ${problem}`;
    if (process.env['CI'] === 'true') throw new Error(line);
    console.log(line);
    context.skip();
  }
}

interface Running {
  readonly part: TestbedPart;
  /** folder under `runDir` */
  readonly name: string;
}

const running = new Set<Running>();

export interface Server {
  /** the KEY=VALUE lines that the script printed */
  readonly values: ReadonlyMap<string, string>;
  readonly stop: () => Promise<void>;
}

/**
 * Run `<part>-up CACHE ...args` for the server that will live in `run/<name>`. This process owns it: the server is stopped by
 * `stop`, at the latest when the process ends, or by the next test run when this one was killed.
 */
export async function bringUp(
  server: Running,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const { part, name } = server;
  await removeOrphans();
  running.add(server);
  const stop = async (): Promise<void> => {
    if (running.delete(server)) await run(script(`${part}-down`), [cacheDir, name]);
  };
  try {
    const { stdout } = await run(script(`${part}-up`), [cacheDir, ...args], {
      env: { ...process.env, ...environment },
      timeout: startMsMax,
    });
    await writeFile(join(runDir, name, 'owner'), `${process.pid} ${part}\n`);
    return { values: keyValues(stdout), stop };
  } catch (e) {
    if (lastWords(e).includes('is running already'))
      running.delete(server); // it is another's
    else await stop();
    throw new Error(`${part}-up ${args.join(' ')}: ${lastWords(e)}`, { cause: e });
  }
}

function keyValues(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\n').map((line) => /^(\w+)="?(.*?)"?$/.exec(line));
  return new Map(pairs.flatMap((m) => (m ? [[m[1] ?? '', m[2] ?? ''] as const] : [])));
}

// The last line of defence: a test run that ends with servers still up (a hook that threw, a signal) takes them with it.
process.on('exit', () => {
  for (const { part, name } of running) spawnSync(script(`${part}-down`), [cacheDir, name], { stdio: 'ignore' });
});
for (const [signal, number] of [
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const)
  process.once(signal, () => process.exit(128 + number));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let orphansRemoved: Promise<void> | undefined;

/** Stop servers whose test run was killed with -9: their owner's process does not exist any more. Once per process. */
function removeOrphans(): Promise<void> {
  orphansRemoved ??= (async () => {
    for (const name of await readdir(runDir).catch(() => [])) {
      const [pid, part] = (await readFile(join(runDir, name, 'owner'), 'utf8').catch(() => '')).trim().split(' ');
      if (pid && (part === 'asterisk' || part === 'mariadb') && !isAlive(Number(pid))) await run(script(`${part}-down`), [cacheDir, name]);
    }
  })();
  return orphansRemoved;
}
