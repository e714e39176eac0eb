/**
 * `tandem dialer import|export|lists|list`: contacts in and out of the running Tandem. Over its API and not straight into the
 * tables: so the rights and the audit of the one who loads count, one load of a campaign runs at a time, the dialer learns of it at
 * once, and the load goes on when the terminal is closed.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import { askApi, tellApi, type ApiAddress } from '../api-client.js';
import { fetchFile, sendFile } from '../api-files.js';
import { addressOf, reaching, type Where } from './address.js';
import { print } from './context.js';
import { bar, createProgress, type Progress } from './progress.js';

/** Of `tandem dialer import`: 0 every line was stored or there already, 2 some were refused, 1 the load failed. */
export const exitSomeRefused = 2;

export function addDialer(program: Command): void {
  const dialer = program.command('dialer').description('contacts of the running Tandem: import, export, lists');
  addImport(dialer);
  addExport(dialer);
  reaching(dialer.command('lists').description('lists of a campaign').argument('<campaign>')).action(lists);
  const list = dialer.command('list').description('one list: show, activate, deactivate, unload, cancel');
  reaching(list.command('show').argument('<list>')).action(async (id: string, where: Where) => {
    print(lineOf((await askApi(addressOf(where), `/dialer/lists/${encodeURIComponent(id)}`)) as Job));
  });
  for (const [action, description] of Object.entries(actions))
    reaching(list.command(action).description(description).argument('<list>')).action(async (id: string, where: Where) => {
      print(lineOf((await tellApi(addressOf(where), 'POST', `/dialer/lists/${encodeURIComponent(id)}/${action}`, {})) as Job));
    });
}

const actions: Readonly<Record<string, string>> = {
  activate: 'its contacts are dialled',
  deactivate: 'its contacts wait',
  unload: 'its contacts that were not called are removed',
  cancel: 'end its load; what was stored stays',
};

/** A list as the API shows it. */
interface Job {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  readonly running: boolean;
  readonly rowsRead: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly invalid: number;
  readonly blocked: number;
  readonly noTimeZone: number;
  readonly bytesRead: number;
  readonly bytes?: number;
  readonly rowsPerSecond?: number;
  readonly problem?: string;
  readonly rejects?: string;
  readonly contacts?: number;
}

function lineOf(job: Job): string {
  const { id, name, state, stored, duplicates, invalid, blocked, noTimeZone, contacts, problem } = job;
  const counts = `${String(stored)} stored, ${String(duplicates)} duplicates, ${String(invalid)} invalid, ${String(blocked)} blocked, ${String(noTimeZone)} without time zone`;
  const removed = contacts === undefined ? '' : `, ${String(contacts)} removed`;
  return `list ${String(id)} "${name}" ${state}: ${counts}${removed}${problem === undefined ? '' : `; ${problem}`}`;
}

async function lists(campaign: string, where: Where): Promise<void> {
  const to = addressOf(where);
  for (let after: string | undefined; ;) {
    const query = after === undefined ? '' : `&after=${after}`;
    const page = (await askApi(to, `/dialer/campaigns/${encodeURIComponent(campaign)}/lists?limit=200${query}`)) as {
      readonly items: readonly Job[];
      readonly next?: string;
    };
    page.items.map(lineOf).forEach(print);
    if (page.next === undefined) return;
    after = page.next;
  }
}

// ------------------------------------------------------------------ import

interface ImportOptions extends Where {
  readonly campaign: string;
  readonly name?: string;
  readonly map?: Readonly<Record<string, string>>;
  readonly rejects?: string;
  readonly wait: boolean;
  readonly [option: string]: unknown;
}

/** `--map number=Telefon`, as often as wanted. */
function pairs(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new TandemError('TDM_BAD_REQUEST', [`"${text}" must be like number=Telefon`]);
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Options that go into the address as they are. */
const passed = {
  format: 'csv, ndjson or json; default: by its content',
  encoding: 'utf-8 (default) or latin1',
  separator: 'comma, semicolon, tab, pipe or a sign; default: by the head line',
  quote: 'a sign, or none',
  columns: 'names of the columns of a file without a head line, with commas between them',
  country: "of numbers in national form, e.g. DE; default: the campaign's",
  numbers: 'international: digits without + are international',
  dial: 'how numbers are dialled: e164 (default), digits, given',
  duplicates: 'skip (default), replace, allow',
  within: 'where numbers are compared: list, campaign (default), all',
  blocked: 'contacts on a suppression list: reject (default) or store',
  priority: '1 to 10',
  start: 'not before',
  end: 'not after',
  'time-zone': 'IANA name, of times without an offset',
} as const;

function addImport(dialer: Command): void {
  const command = reaching(dialer.command('import'))
    .description('load contacts from a CSV, NDJSON or JSON file, packed with gzip or not')
    .argument('<file>', 'the file, or - for standard input')
    .requiredOption('--campaign <id>', 'for which they are')
    .option('--name <name>', "of the list; default: the file's")
    .option('--map <field=column>', 'which column is what; as often as wanted', pairs)
    .option('--rejects <file>', 'where refused lines go; default: <file>.rejects.csv')
    .option('--no-activate', 'the list waits when it is loaded, until tandem dialer list activate')
    .option('--activate-early', 'dial while it is loaded')
    .option('--no-wait', 'come back when the file is there; it is loaded without us');
  for (const [name, text] of Object.entries(passed)) command.option(`--${name} <value>`, text);
  command.action(importFile);
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const to = addressOf(options);
  const progress = createProgress(process.stderr, Date.now);
  try {
    const job = await send(to, file, options, progress);
    print(`list ${String(job.id)}: the file is there`);
    if (!options.wait) return;
    const done = await loaded(to, job, progress);
    progress.end();
    print(lineOf(done));
    await keepRejects(to, done, options.rejects ?? `${file === '-' ? `list-${String(job.id)}` : file}.rejects.csv`);
    process.exitCode = done.state === 'failed' ? 1 : done.invalid + done.blocked > 0 ? exitSomeRefused : 0;
  } finally {
    progress.end();
  }
}

async function send(to: ApiAddress, file: string, options: ImportOptions, progress: Progress): Promise<Job> {
  const { size, stream } = await opened(file);
  const told = (bytes: number): void =>
    progress.tell(size === undefined ? `sending ${String(Math.floor(bytes / 1e6))} MB` : `sending ${bar(bytes / Math.max(1, size))}`);
  const path = `/dialer/campaigns/${encodeURIComponent(options.campaign)}/lists?${queryOf(file, options).toString()}`;
  return (await sendFile(to, path, stream, told)) as Job;
}

async function opened(file: string): Promise<{ readonly size: number | undefined; readonly stream: Readable }> {
  if (file === '-') return { size: undefined, stream: process.stdin };
  const found = await stat(file).catch((cause: unknown) => {
    throw new TandemError('TDM_BAD_FILE', [file, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`], { cause });
  });
  if (!found.isFile()) throw new TandemError('TDM_BAD_FILE', [file, 'is no file']);
  return { size: found.size, stream: createReadStream(file) };
}

function queryOf(file: string, options: ImportOptions): URLSearchParams {
  const query = new URLSearchParams({ name: options.name ?? (file === '-' ? 'standard input' : basename(file).slice(0, 150)) });
  for (const name of Object.keys(passed)) {
    const value = options[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === 'string') query.set(name.replace('-', '_'), value);
  }
  if (options.map) query.set('map', JSON.stringify(options.map));
  if (options['activate'] === false) query.set('activate', 'no');
  if (options['activateEarly'] === true) query.set('activate_early', 'yes');
  return query;
}

const everyMs = 500;

/** A server that is started anew goes on with the load, so asking goes on as well. */
async function loaded(to: ApiAddress, job: Job, progress: Progress): Promise<Job> {
  const triesMax = 120;
  for (let failures = 0; ;) {
    try {
      const now = (await askApi(to, `/dialer/lists/${String(job.id)}`)) as Job;
      failures = 0;
      if (!now.running && now.state !== 'loading') return now;
      const rate = now.rowsPerSecond === undefined ? '' : `, ${String(now.rowsPerSecond)}/s`;
      const refused = now.invalid + now.blocked > 0 ? `, ${String(now.invalid + now.blocked)} refused` : '';
      progress.tell(`loading ${bar(now.bytesRead / Math.max(1, now.bytes ?? 1))} ${String(now.rowsRead)} rows${rate}${refused}`);
    } catch (e) {
      if (++failures > triesMax) throw e;
      progress.tell(`the server does not answer; the load goes on there (list ${String(job.id)})`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function keepRejects(to: ApiAddress, job: Job, file: string): Promise<void> {
  if (job.rejects === undefined) return;
  await pipeline(await fetchFile(to, `/dialer/lists/${String(job.id)}/rejects`), createWriteStream(file, { mode: 0o600 }));
  print(`refused lines: ${file}`);
}

// ------------------------------------------------------------------ export

interface ExportOptions extends Where {
  readonly out?: string;
  readonly format: string;
  readonly campaign?: string;
  readonly [filter: string]: unknown;
}

const plainFormats = ['csv', 'ndjson'];
const formats: Readonly<Record<string, readonly string[]>> = { contacts: [...plainFormats, 'list'] };

function addExport(dialer: Command): void {
  const what = {
    contacts: ['status', 'result', 'list', 'number'],
    calls: ['contact', 'result', 'number', 'from', 'to'],
  } as const;
  const command = dialer.command('export').description('contacts or calls as CSV or NDJSON');
  for (const [name, filters] of Object.entries(what)) {
    const one = reaching(command.command(name))
      .option('--campaign <id>', 'only of this campaign')
      .addOption(new Option('--format <format>', 'list: can be imported again').choices(formats[name] ?? plainFormats).default('csv'))
      .option('--out <file>', 'where to; default: standard output');
    for (const filter of filters) one.option(`--${filter} <value>`, filter === 'from' || filter === 'to' ? 'Unix ms' : 'only these');
    one.action((options: ExportOptions) => exportRows(name, ['campaign', 'format', ...filters], options));
  }
}

async function exportRows(name: string, filters: readonly string[], options: ExportOptions): Promise<void> {
  const query = new URLSearchParams();
  for (const filter of filters) {
    const value = options[filter];
    if (typeof value === 'string') query.set(filter, value);
  }
  await intoFile(addressOf(options), `/dialer/export/${name}?${query.toString()}`, options.out);
}

/** To a file that only we may read, or to standard output. */
export async function intoFile(to: ApiAddress, path: string, file: string | undefined): Promise<void> {
  const rows = await fetchFile(to, path);
  if (file === undefined) await pipeline(rows, process.stdout, { end: false });
  else await pipeline(rows, createWriteStream(file, { mode: 0o600 }));
}
