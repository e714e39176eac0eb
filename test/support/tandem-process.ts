/** A real Tandem process (`bin/tandem.js serve`) for tests: its own SQLite file, provisioning, ports and log. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { binary } from './binary.js';

export interface TandemProcessOptions {
  /** folder for the database and the provisioning file; made when missing */
  readonly dir: string;
  /** 0 = any free one */
  readonly ports: { readonly http: number; readonly agi: number; readonly esl: number };
  /** content of the provisioning file (docs/provisioning.md) */
  readonly provisioning: object;
  /** further settings, `TANDEM_...` */
  readonly settings?: Readonly<Record<string, string>>;
}

export type Row = Readonly<Record<string, string | number | null>>;

export interface LogLine {
  readonly atMs: number;
  readonly level: string | number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TandemProcess {
  readonly ports: { readonly http: number; readonly agi: number; readonly esl: number };
  readonly pid: number;
  /** what it logged so far */
  readonly log: readonly LogLine[];
  /** Rows of its database, read beside the running process. */
  rows(query: string, ...values: readonly (string | number)[]): readonly Row[];
  /** Value of a metric: the sum over the series whose labels include `labels`; 0 when there is none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Its standard output and error have no reader any more. */
  closeOutput(): void;
  /** An end without warning, as by the kernel. */
  kill9(): Promise<void>;
  /** Orderly end; killed after `stopMsMax`. Resolves with the exit code. */
  stop(): Promise<number | null>;
}

// Loaded into the process first: when the test run dies, even by kill -9, the pipe that is this process's standard input ends,
// and the process with it. Otherwise it would keep its ports.
const endWithParent = `data:text/javascript,process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume().unref();`;
const readyMsMax = 30_000;
const stopMsMax = 10_000;

// The package's typings name node:sqlite, which this Node release has not.
interface Sqlite {
  readonly DatabaseSync: new (
    file: string,
    options: { readonly readOnly: boolean },
  ) => { prepare(query: string): { all(...values: readonly (string | number)[]): Row[] }; close(): void };
}
const { DatabaseSync } = createRequire(import.meta.url)('@photostructure/sqlite') as Sqlite;

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Start it; resolves when it printed its ready line. Rejects with the end of its log when it does not. */
export async function startTandem(options: TandemProcessOptions): Promise<TandemProcess> {
  const { dir } = options;
  const databaseFile = join(dir, 'tandem.db');
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'provisioning.yaml'), stringify(options.provisioning));
  const child = spawn(process.execPath, ['--import', endWithParent, binary, 'serve'], {
    cwd: dir,
    env: { ...withoutTandem(process.env), ...settingsOf(options, databaseFile) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.add(child);
  const log = readLog(child, join(dir, 'tandem.log'));
  const exited = once(child, 'exit').then(() => {
    children.delete(child);
    return child.exitCode;
  });
  const ports = await readyLine(child, exited, log);

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
    return await exited.finally(() => clearTimeout(timer));
  }

  return {
    ports,
    pid: child.pid ?? 0,
    log,
    rows(query, ...values) {
      const database = new DatabaseSync(databaseFile, { readOnly: true });
      try {
        return database.prepare(query).all(...values);
      } finally {
        database.close();
      }
    },
    async metric(name, labels = {}) {
      const text = await (await fetch(`http://127.0.0.1:${ports.http}/metrics`)).text();
      return sumOf(text, name, labels);
    },
    closeOutput() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    async kill9() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}

function withoutTandem(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('TANDEM_')));
}

function settingsOf({ dir, ports, settings }: TandemProcessOptions, databaseFile: string): Record<string, string> {
  return {
    TANDEM_DATABASE_URL: `sqlite:${databaseFile}`,
    TANDEM_HTTP_PORT: String(ports.http),
    TANDEM_AGI_PORT: String(ports.agi),
    TANDEM_ESL_PORT: String(ports.esl),
    TANDEM_PROVISION: join(dir, 'provisioning.yaml'),
    TANDEM_ZONE: 'UTC',
    TANDEM_LOG_LEVEL: 'debug',
    TANDEM_STOP_GRACE_MS: '2000',
    ...settings,
  };
}

/** Its log is JSON lines on standard error, also kept in `tandem.log`; a line that is none (a stack at start) is kept as a message. */
function readLog(child: ChildProcess, logFile: string): LogLine[] {
  const log: LogLine[] = [];
  const file = createWriteStream(logFile, { flags: 'a' });
  child.stderr?.pipe(file);
  onLines(child.stderr, (line) => {
    let fields: Record<string, unknown>;
    try {
      fields = JSON.parse(line) as Record<string, unknown>;
    } catch {
      fields = { msg: line };
    }
    const level = fields['level'] as string | number | undefined;
    const at = fields['time'];
    log.push({
      atMs: typeof at === 'number' ? at : Date.parse(String(at)) || Date.now(),
      level: level ?? '',
      message: typeof fields['msg'] === 'string' ? fields['msg'] : line,
      fields,
    });
  });
  return log;
}

async function readyLine(
  child: ChildProcess,
  exited: Promise<number | null>,
  log: readonly LogLine[],
): Promise<{ readonly http: number; readonly agi: number; readonly esl: number }> {
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<{ http: number; agi: number; esl: number }>((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new Error(
          `tandem ${why}:\n${log
            .slice(-15)
            .map((l) => `${l.message} ${JSON.stringify(l.fields)}`)
            .join('\n')}`,
        ),
      );
    onLines(child.stdout, (line) => {
      if (line.startsWith('{"ready":true')) resolve(JSON.parse(line) as { http: number; agi: number; esl: number });
    });
    void exited.then((code) => fail(`ended with ${String(code)} before it was ready`));
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not ready in ${readyMsMax} ms`);
    }, readyMsMax);
  });
  return await ready.finally(() => clearTimeout(timer));
}

function onLines(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') take(line);
  });
}

function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const m = /^(\w+)(\{.*\})? (\S+)/.exec(line);
    if (m?.[1] !== name) continue;
    if (Object.entries(labels).every(([key, value]) => m[2]?.includes(`${key}="${value}"`))) sum += Number(m[3]);
  }
  return sum;
}
