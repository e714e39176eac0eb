/** `tandem dnc add|remove|find|list|import|export`: numbers that the running Tandem must not call. */
import { createReadStream } from 'node:fs';
import { Option, type Command } from 'commander';
import { askApi, tellApi } from '../api-client.js';
import { sendFile } from '../api-files.js';
import { addressOf, reaching, type Where } from './address.js';
import { print } from './context.js';
import { exitSomeRefused, intoFile } from './dialer.js';
import { createProgress } from './progress.js';

interface Scoped extends Where {
  readonly scope: string;
  readonly country: string;
  readonly prefix: boolean;
  readonly reason: string;
  readonly until?: string;
}

interface Entry {
  readonly number: string;
  readonly prefix: boolean;
  readonly scope: string;
  readonly source: string;
  readonly reason: string;
  readonly until: string | null;
}

const scopeText = "whose list: '' of everybody, client:<name>, campaign:<id>, national:<list>";

export function addDnc(program: Command): void {
  const dnc = program.command('dnc').description('numbers that must not be called: add, remove, find, list, import, export');
  const scoped = (command: Command): Command =>
    reaching(command).option('--scope <scope>', scopeText, '').option('--country <country>', 'of numbers in national form, e.g. DE', '');

  scoped(dnc.command('add'))
    .description('from now on they are not called')
    .argument('<numbers...>')
    .option('--prefix', 'they are begins of numbers', false)
    .option('--reason <text>', 'why', '')
    .option('--until <time>', 'last day or time; default: for ever')
    .action(async (numbers: readonly string[], options: Scoped) => {
      const { scope, country, prefix, reason, until } = options;
      const body = { numbers, scope, country, prefix, reason, ...(until === undefined ? {} : { until }) };
      const { added, national } = (await tellApi(addressOf(options), 'POST', '/dialer/dnc', body)) as Added;
      print(`${String(added)} added, ${String(numbers.length - added)} known already`);
      warnOfNational(national);
    });

  scoped(dnc.command('remove'))
    .description('they may be called again')
    .argument('<numbers...>')
    .option('--prefix', 'they are begins of numbers', false)
    .requiredOption('--reason <text>', 'why; it stands in the audit')
    .action(async (numbers: readonly string[], options: Scoped) => {
      const { scope, country, prefix, reason } = options;
      const body = { numbers, scope, country, prefix, reason };
      const { removed } = (await tellApi(addressOf(options), 'POST', '/dialer/dnc/remove', body)) as { readonly removed: number };
      print(`${String(removed)} removed`);
    });

  reaching(dnc.command('find'))
    .description('on which lists a number is; exit code 1 when on none')
    .argument('<number>')
    .option('--country <country>', 'of a number in national form', '')
    .action(async (number: string, options: Scoped) => {
      const query = new URLSearchParams({ number, country: options.country });
      const { entries } = (await askApi(addressOf(options), `/dialer/dnc/find?${query.toString()}`)) as {
        readonly entries: readonly Entry[];
      };
      if (entries.length === 0) {
        print(`${number}: on no list`);
        process.exitCode = 1;
      } else entries.map(lineOf).forEach(print);
    });

  reaching(dnc.command('list'))
    .description('the first of them, by number')
    .option('--scope <scope>', scopeText)
    .option('--limit <count>', 'how many', '100')
    .action(async (options: Where & { readonly scope?: string; readonly limit: string }) => {
      const query = new URLSearchParams({ limit: options.limit, ...(options.scope === undefined ? {} : { scope: options.scope }) });
      const { items } = (await askApi(addressOf(options), `/dialer/dnc?${query.toString()}`)) as { readonly items: readonly Entry[] };
      items.map(lineOf).forEach(print);
    });

  addFiles(dnc);
}

interface Added {
  readonly added: number;
  readonly national: number;
}

/** Nobody whose number is stored with its country is found by them. */
function warnOfNational(count: number): void {
  if (count > 0)
    process.stderr.write(
      `${String(count)} in national form without --country: they hold for contacts that are dialled without a country alone\n`,
    );
}

function addFiles(dnc: Command): void {
  reaching(dnc.command('import'))
    .description('a file of numbers, one on each line or a column of a CSV file, packed with gzip or not')
    .argument('<file>', 'the file, or - for standard input')
    .option('--scope <scope>', `${scopeText}; default: everybody, or what stands in each line of an export`)
    .option('--country <country>', 'of numbers in national form, e.g. DE', '')
    .option('--international', 'digits without + are international', false)
    .option('--prefix', 'they are begins of numbers', false)
    .option('--replace', 'take off what the scope has and the file has not', false)
    .option('--encoding <encoding>', 'utf-8 or latin1', 'utf-8')
    .option('--reason <text>', 'why', '')
    .option('--until <time>', 'last day or time; default: for ever')
    .action(importFile);

  reaching(dnc.command('export'))
    .description('all of them as CSV or NDJSON')
    .option('--scope <scope>', scopeText)
    .addOption(new Option('--format <format>').choices(['csv', 'ndjson']).default('csv'))
    .option('--out <file>', 'where to; default: standard output')
    .action(async (options: Where & { readonly scope?: string; readonly format: string; readonly out?: string }) => {
      const query = new URLSearchParams({ format: options.format, ...(options.scope === undefined ? {} : { scope: options.scope }) });
      await intoFile(addressOf(options), `/dialer/dnc/export?${query.toString()}`, options.out);
    });
}

interface ImportOptions extends Omit<Scoped, 'scope'> {
  readonly scope?: string;
  readonly international: boolean;
  readonly replace: boolean;
  readonly encoding: string;
}

interface Imported {
  readonly rows: number;
  readonly added: number;
  readonly removed: number;
  readonly invalid: number;
  readonly national: number;
  readonly readable: boolean;
  readonly problems: readonly { readonly line: number; readonly reason: string; readonly value: string }[];
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const query = new URLSearchParams({
    ...(options.scope === undefined ? {} : { scope: options.scope }),
    country: options.country,
    encoding: options.encoding,
    reason: options.reason,
    prefix: options.prefix ? 'yes' : 'no',
    replace: options.replace ? 'yes' : 'no',
    ...(options.international ? { numbers: 'international' } : {}),
    ...(options.until === undefined ? {} : { until: options.until }),
  });
  const progress = createProgress(process.stderr, Date.now);
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const told = (bytes: number): void => progress.tell(`sending ${(bytes / 1e6).toFixed(1)} MB`);
  const done = (await sendFile(addressOf(options), `/dialer/dnc/import?${query.toString()}`, stream, told).finally(() =>
    progress.end(),
  )) as Imported;
  for (const { line, reason, value } of done.problems)
    process.stderr.write(`${file}:${String(line)}: "${value.replace(/\p{C}/gu, '?')}": ${reason}\n`);
  if (options.replace && !done.readable) process.stderr.write('too much of it cannot be read: nothing was taken off\n');
  warnOfNational(done.national);
  print(`${String(done.rows)} read, ${String(done.added)} added, ${String(done.removed)} removed, ${String(done.invalid)} invalid`);
  if (done.invalid > 0) process.exitCode = exitSomeRefused;
}

function lineOf({ number, prefix, scope, source, reason, until }: Entry): string {
  const words = [
    `${number}${prefix ? '*' : ''}`,
    scope === '' ? 'everybody' : scope,
    until === null ? 'for ever' : `until ${until}`,
    source,
  ];
  return [...words, ...(reason === '' ? [] : [reason])].join('\t');
}
