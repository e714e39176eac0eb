/** `tandem campaign list|show|start|stop|pause|resume|drain|purge|report`: campaigns of the running Tandem. */
import { Option, type Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import { askApi, readApi, tellApi } from '../api-client.js';
import { addressOf, reaching, type Where as Reached } from './address.js';
import { columns, word, type Row } from './columns.js';
import { print } from './context.js';

interface Where extends Reached {
  readonly json: boolean;
}

const actions: Readonly<Record<string, string>> = {
  start: 'run it: its stopped contacts are pending again',
  stop: 'stop it: its contacts wait until it is started; calls under way go on',
  pause: 'no new calls; calls under way finish',
  resume: 'go on after a pause',
  drain: 'no new calls; it is done when the last call has ended',
  purge: 'remove its pending contacts',
};

export function addCampaign(program: Command): void {
  const campaign = program.command('campaign').description('campaigns of the running Tandem: list, show, start, stop, report');

  asking(campaign.command('list').description('campaigns by id').option('--state <state>', 'only those in this state')).action(list);
  asking(campaign.command('show').description('its rules, and what it does now').argument('<campaign>')).action(show);
  for (const [action, description] of Object.entries(actions))
    asking(campaign.command(action).description(description).argument('<campaign>')).action((id: string, where: Where) =>
      act(action, id, where),
    );
  reaching(
    campaign
      .command('report')
      .description('compliance report: abandonment, ring times, messages, with their evidence')
      .argument('<campaign>')
      .option('--from <time>', 'date or RFC 3339 time; default: 30 days before --to')
      .option('--to <time>', 'date or RFC 3339 time; default: now')
      .addOption(new Option('--format <format>').choices(['text', 'csv', 'json']).default('text')),
  ).action(report);
}

const asking = (command: Command): Command => reaching(command).option('--json', 'the answer as it came', false);

const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2));
const pathOf = (id: string): string => `/dialer/campaigns/${encodeURIComponent(id)}`;

/** Pages of the list that are read at most. */
const pagesMax = 100;

async function list(where: Where & { readonly state?: string }): Promise<void> {
  const to = addressOf(where);
  const items: Row[] = [];
  let after: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const query = new URLSearchParams({
      limit: '200',
      ...(where.state !== undefined && { state: where.state }),
      ...(after !== undefined && { after }),
    });
    const answer = (await askApi(to, `/dialer/campaigns?${query.toString()}`)) as {
      readonly items: readonly Row[];
      readonly next?: string;
    };
    items.push(...answer.items);
    after = answer.next;
    if (after === undefined) break;
  }
  if (where.json) printJson(items);
  else if (items.length === 0) print('No campaigns.');
  else columns(['id', 'state', 'mode', 'queue', 'profile', 'name'], items).forEach(print);
}

async function show(id: string, where: Where): Promise<void> {
  const to = addressOf(where);
  const [rules, now] = await Promise.all([askApi(to, pathOf(id)), askApi(to, `${pathOf(id)}/live`)]);
  if (where.json) {
    printJson({ campaign: rules, now });
    return;
  }
  for (const [name, value] of Object.entries(rules as Row)) print(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  figureLines(now as Row).forEach(print);
}

/** The spans that `live` has, a line each. */
function figureLines({ figures }: Row): readonly string[] {
  const { spans, contacts } = (figures ?? {}) as { readonly spans?: Readonly<Record<string, Row>>; readonly contacts?: Row };
  const names = ['placed', 'answered', 'connected', 'abandoned', 'customerDropped'];
  const rows = Object.entries(spans ?? {}).map(([span, row]) => ({ span, ...row }));
  return ['', ...columns(['span', ...names], rows), '', `contacts: ${JSON.stringify(contacts?.['byStatus'] ?? {})}`];
}

async function act(action: string, id: string, where: Where): Promise<void> {
  const answer = (await tellApi(addressOf(where), 'POST', `${pathOf(id)}/${action}`)) as Row;
  if (where.json) printJson(answer);
  else {
    const contacts = answer['contacts'];
    print(`Campaign ${id} is ${word(answer['state'])}${typeof contacts === 'number' ? `; ${String(contacts)} contacts` : ''}.`);
  }
}

const dayMs = 86_400_000;

interface ReportOptions extends Reached {
  readonly from?: string;
  readonly to?: string;
  readonly format: string;
}

async function report(id: string, options: ReportOptions): Promise<void> {
  const to = timeOf(options.to, 'to') ?? Date.now();
  const from = timeOf(options.from, 'from') ?? to - 30 * dayMs;
  const query = new URLSearchParams({ from: String(from), to: String(to), format: options.format });
  const text = await readApi(addressOf(options), `${pathOf(id)}/report?${query.toString()}`);
  process.stdout.write(options.format === 'json' ? `${JSON.stringify(JSON.parse(text), undefined, 2)}\n` : text.replace(/\n?$/, '\n'));
}

/** A date is its begin in UTC. Throws TDM_BAD_VALUE. */
function timeOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new TandemError('TDM_BAD_VALUE', [`--${name}`, 'must be 2026-11-01 or 2026-11-01T09:00:00+01:00']);
  return ms;
}
