/** `tandem crm bindings|resume|dead|replay|drop|calls|call`: the CRM connector of the running Tandem. */
import { Option, type Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import { askApi, tellApi } from '../api-client.js';
import { addressOf, reaching, type Where as Reached } from './address.js';
import { columns, word, type Row } from './columns.js';
import { print } from './context.js';

interface Where extends Reached {
  readonly json: boolean;
}

interface Letters extends Where {
  readonly call?: string;
  readonly all?: boolean;
}

export function addCrm(program: Command): void {
  const crm = program.command('crm').description('the CRM connector of the running Tandem: bindings, dead letters, calls');
  asking(crm.command('bindings').description('CRMs, how they are reached, and what waits for them')).action(bindings);
  asking(crm.command('resume').description('a binding that waits is asked again at once').argument('<binding>')).action(
    async (name: string, where: Where) => {
      const row = (await tellApi(addressOf(where), 'POST', `${pathOf(name)}/resume`)) as Row;
      if (where.json) printJson(row);
      else print(`Binding ${name} goes on; ${word(row['pending'])} wait.`);
    },
  );
  asking(
    crm.command('dead').description('messages that were given up').argument('<binding>').option('--call <id>', 'only of this call'),
  ).action(dead);
  changing(crm, 'replay', 'send dead letters again, to vTiger with what followed them in their calls', 'wait again');
  changing(crm, 'drop', 'dead letters that nobody wants to send any more', 'dropped');
  asking(
    crm
      .command('calls')
      .description('calls of the journal, newest first')
      .option('--number <number>', 'of this customer')
      .option('--extension <extension>', 'of who talked last')
      .addOption(new Option('--outcome <outcome>').choices(['answered', 'missed', 'busy', 'rejected', 'failed']))
      .option('--from <time>', 'date or RFC 3339 time')
      .option('--to <time>', 'date or RFC 3339 time')
      .option('--limit <count>', 'how many', '50'),
  ).action(calls);
  asking(crm.command('call').description('one call, and what each CRM was told of it').argument('<id>')).action(oneCall);
}

const asking = (command: Command): Command => reaching(command).option('--json', 'the answer as it came', false);
const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2));
const pathOf = (binding: string): string => `/crm/bindings/${encodeURIComponent(binding)}`;
/** dead letters that are listed at most */
const listedMax = 10_000;

async function bindings(where: Where): Promise<void> {
  const { items } = (await askApi(addressOf(where), '/crm/bindings')) as { readonly items: readonly Row[] };
  if (where.json) printJson(items);
  else if (items.length === 0) print('No CRM bindings.');
  else
    columns(
      ['name', 'dialect', 'state', 'since', 'pending', 'oldest', 'dead', 'problem'],
      items.map((row) => ({ ...row, since: timeText(row['sinceMs']), oldest: timeText(row['oldestMs']) })),
    ).forEach(print);
}

async function dead(name: string, where: Where & { readonly call?: string }): Promise<void> {
  const to = addressOf(where);
  const items: Row[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ ...(after !== undefined && { after }), ...(where.call !== undefined && { call: where.call }) });
    const page = (await askApi(to, `${pathOf(name)}/dead-letters?${query.toString()}`)) as {
      readonly items: readonly Row[];
      readonly next?: string;
    };
    items.push(...page.items);
    after = page.next;
  } while (after !== undefined && items.length < listedMax);
  if (where.json) printJson(items);
  else if (items.length === 0) print('No dead letters.');
  else letterLines(items).forEach(print);
}

const letterLines = (items: readonly Row[]): readonly string[] =>
  columns(
    ['id', 'binding', 'call', 'event', 'state', 'attempts', 'created', 'problem'],
    items.map((row) => ({ ...row, created: timeText(row['createdAtMs']) })),
  );

function changing(crm: Command, action: 'replay' | 'drop', description: string, done: string): void {
  asking(
    crm
      .command(action)
      .description(description)
      .argument('<binding>')
      .argument('[ids...]', 'of dead letters')
      .option('--call <id>', 'all of this call')
      .option('--all', 'all of the binding'),
  ).action(async (name: string, ids: readonly string[], where: Letters) => {
    const answer = (await tellApi(addressOf(where), 'POST', `${pathOf(name)}/dead-letters/${action}`, choice(ids, where))) as Row;
    if (where.json) printJson(answer);
    else print(`${word(answer['letters'])} ${done}`);
  });
}

/** Throws TDM_BAD_VALUE: all of them only when somebody says so. */
function choice(ids: readonly string[], { call, all = false }: Letters): object {
  const ways = [ids.length > 0, call !== undefined, all].filter(Boolean).length;
  if (ways !== 1) throw new TandemError('TDM_BAD_VALUE', ['what is meant', 'name ids, --call or --all, one of them']);
  if (ids.some((id) => !/^\d{1,15}$/.test(id))) throw new TandemError('TDM_BAD_VALUE', ['ids', 'must be numbers, see "tandem crm dead"']);
  return all ? { all: true } : call === undefined ? { ids: ids.map(Number) } : { call };
}

interface CallsOptions extends Where {
  readonly number?: string;
  readonly extension?: string;
  readonly outcome?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
}

async function calls(options: CallsOptions): Promise<void> {
  const query = new URLSearchParams({ limit: options.limit });
  for (const name of ['number', 'extension', 'outcome'] as const) if (options[name] !== undefined) query.set(name, options[name]);
  for (const name of ['from', 'to'] as const) if (options[name] !== undefined) query.set(name, String(msOf(options[name], name)));
  const answer = (await askApi(addressOf(options), `/crm/calls?${query.toString()}`)) as { readonly items: readonly Row[] };
  if (options.json) printJson(answer.items);
  else if (answer.items.length === 0) print('No calls.');
  else
    columns(
      ['id', 'started', 'direction', 'state', 'number', 'extension', 'outcome'],
      answer.items.map((row) => ({ ...row, started: timeText(row['startedAtMs']) })),
    ).forEach(print);
}

async function oneCall(id: string, where: Where): Promise<void> {
  const answer = (await askApi(addressOf(where), `/crm/calls/${encodeURIComponent(id)}`)) as {
    readonly call: Row;
    readonly messages: readonly Row[];
  };
  if (where.json) {
    printJson(answer);
    return;
  }
  const { call, messages } = answer;
  for (const name of ['id', 'switch', 'direction', 'state', 'outcome', 'origin'])
    if (word(call[name]) !== '') print(`${name}: ${word(call[name])}`);
  for (const name of ['customer', 'line']) print(`${name}: ${JSON.stringify(call[name])}`);
  for (const name of ['startedAtMs', 'answeredAtMs', 'endedAtMs'])
    if (call[name] !== undefined) print(`${name.replace('AtMs', '')}: ${timeText(call[name])}`);
  for (const leg of call['legs'] as readonly Row[])
    print(`leg: ${word(leg['extension']) || word(leg['number'])} ${word(leg['outcome']) || 'open'}`);
  for (const { file } of call['recordings'] as readonly Row[]) print(`recording: ${word(file)}`);
  print('');
  if (messages.length === 0) print('No CRM was told of it, or it is longer ago than a day.');
  else letterLines(messages).forEach(print);
}

const timeText = (ms: unknown): string => (typeof ms === 'number' ? new Date(ms).toISOString().replace(/\.\d+/, '') : '');

/** A date is its begin in UTC. Throws TDM_BAD_VALUE. */
function msOf(text: string, name: string): number {
  const ms = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new TandemError('TDM_BAD_VALUE', [`--${name}`, 'must be 2026-11-01 or 2026-11-01T09:00:00+01:00']);
  return ms;
}
