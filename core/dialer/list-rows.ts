/**
 * A record of a list as a contact, or what is wrong with it (dialer.md B7, A2). The contact's id is made of the campaign and the
 * external id, or of the number when there is none, so that a list that is loaded again finds its contacts again.
 */
import type { Campaign } from './campaign.js';
import { columnLimits, createMemberUses, type ColumnMapping, type ColumnUse, type ListField } from './list-columns.js';
import { isWrong, listProblems, withoutApostrophe, wrong, type ListProblem, type Wrong } from './list-values.js';
import { createFieldReaders } from './list-fields.js';
import { readNumber, type ListNumber, type NumberRules, type NumberWish } from './list-number.js';
import type { ListRecord } from './list-records.js';
import type { NewContact } from './contact.js';

export interface RowProblem {
  readonly line: number;
  /** of the list; '' = the whole line */
  readonly field: string;
  readonly code: ListProblem;
  /** what stood there, at most 100 characters */
  readonly value: string;
}

export type Row = { readonly ok: true; readonly contact: NewContact } | { readonly ok: false; readonly problem: RowProblem };

export interface RowOptions {
  readonly campaign: Pick<Campaign, 'id' | 'mode'>;
  readonly listId: number;
  readonly number: NumberWish;
  /** of times without an offset */
  readonly timeZone: string;
  readonly priority: number;
  readonly startTimeMs: number | undefined;
  readonly endTimeMs: number | undefined;
  readonly mapping: ColumnMapping;
  /** head of a CSV file; undefined for JSON */
  readonly columns: readonly ColumnUse[] | undefined;
  /** numbers may occur twice: the id of a contact without an external id is that of its line */
  readonly isEachLineOne: boolean;
  /** of the file, for that */
  readonly fileKey: string;
}

export interface RowTools {
  readonly numbers: NumberRules;
  /** UUID made of a text: always the same for the same */
  idOf(text: string): string;
}

export const rowLimits = {
  /** JSON of the customer's data, bytes */
  dataBytesMax: 4_096,
  externalIdCharsMax: 100,
  shownCharsMax: 100,
};

/** A2: what stands in tables and goes into messages as it is. */
const idPattern = /^[A-Za-z0-9_.:@-]{1,40}$/;
// eslint-disable-next-line no-control-regex -- these are what is looked for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** What one record says, taken apart. */
export interface RowText {
  readonly fields: Partial<Record<ListField, string>>;
  /** further numbers by their place */
  readonly numbers: (string | undefined)[];
  readonly data: Record<string, string>;
}

class RowError extends Error {
  readonly field: string;
  readonly code: ListProblem;
  readonly value: string;

  constructor(field: string, code: ListProblem, value: string) {
    super(code);
    this.field = field;
    this.code = code;
    this.value = value;
  }
}

export function createRowReader(options: RowOptions, tools: RowTools): (record: ListRecord) => Row {
  const memberUse = createMemberUses(options.mapping);
  const fields = createFieldReaders(options);
  const { columns = [] } = options;

  function textOf({ content }: ListRecord): RowText {
    if (content.kind === 'problem') throw new RowError('', content.code, '');
    return content.kind === 'cells' ? textOfCells(content.cells, columns) : textOfObject(content.object, memberUse);
  }

  /** The numbers in their order without repetitions; the first is dialled first. */
  function numbersOf(text: RowText): readonly ListNumber[] {
    const country = fields.country(text.fields.country);
    if (isWrong(country)) throw new RowError('country', country.wrong, text.fields.country ?? '');
    const wish = country === options.number.country ? options.number : { ...options.number, country };
    const main = numberOf(text.fields.number ?? '', 'number', wish);
    if (text.numbers.length === 0) return [main];
    const all = new Map([[main.key, main]]);
    for (const [place, one] of text.numbers.entries()) {
      if (!one) continue;
      const number = numberOf(one, `number${String(place)}`, wish);
      if (!all.has(number.key)) all.set(number.key, number);
    }
    if (all.size > columnLimits.numbersMax) throw new RowError('number', 'too-many-numbers', String(all.size));
    return [...all.values()];
  }

  function numberOf(given: string, field: string, wish: NumberWish): ListNumber {
    const number = readNumber(given, wish, tools.numbers);
    if (isWrong(number)) throw new RowError(field, number.wrong, given);
    return number;
  }

  function idsOf(text: RowText, key: string, line: number): Pick<NewContact, 'id' | 'campaignContactId'> {
    const { campaign } = options;
    const external = text.fields.id ?? '';
    if (external === '') {
      const from = options.isEachLineOne ? `line\n${options.fileKey}\n${String(line)}` : `number\n${key}`;
      return { id: tools.idOf(`${campaign.id}\n${from}`), campaignContactId: undefined };
    }
    if (external.length > rowLimits.externalIdCharsMax) throw new RowError('id', 'id-too-long', external);
    if (controls.test(external)) throw new RowError('id', 'characters', external);
    const isLiteral = idPattern.test(external);
    if (!isLiteral) text.data['external_id'] = external;
    return { id: tools.idOf(`${campaign.id}\nid\n${external}`), campaignContactId: isLiteral ? external : undefined };
  }

  function contactOf(record: ListRecord): NewContact {
    const text = textOf(record);
    const [main, ...further] = numbersOf(text);
    if (!main) throw new RowError('number', 'missing', '');
    const ids = idsOf(text, main.key, record.line);
    const read = fields.read(text.fields);
    if ('field' in read) throw new RowError(read.field, read.code, text.fields[read.field] ?? '');
    // each by its name: spreading objects of this size costs more than reading the row
    return {
      id: ids.id,
      customerNumber: main.dialled,
      campaignType: options.campaign.mode === 'IVR' ? 'IVR' : 'AGENT',
      gatewayId: read.gatewayId,
      campaignContactId: ids.campaignContactId,
      campaignId: options.campaign.id,
      startTimeMs: read.startTimeMs,
      endTimeMs: read.endTimeMs,
      priority: read.priority,
      ivr: read.ivr,
      dialingMode: undefined,
      routingMode: read.routingMode,
      resourceId: read.resourceId,
      queueName: read.queueName,
      tenantId: read.tenantId,
      listId: options.listId,
      numberKey: main.key,
      numbers: further.length === 0 ? noNumbers : further.map(({ dialled }) => dialled),
      zones: read.zones,
      region: read.region,
      consentUntilMs: read.consentUntilMs,
      answeredBefore: read.answeredBefore,
      data: checkedData(text.data),
    };
  }

  return (record) => {
    try {
      return { ok: true, contact: contactOf(record) };
    } catch (e) {
      if (!(e instanceof RowError)) throw e;
      return { ok: false, problem: { line: record.line, field: e.field, code: e.code, value: e.value.slice(0, rowLimits.shownCharsMax) } };
    }
  };
}

const noNumbers: readonly string[] = [];

function textOfCells(cells: readonly string[], columns: readonly ColumnUse[]): RowText {
  const text: RowText = { fields: {}, numbers: [], data: {} };
  const { length } = columns;
  for (let i = 0; i < cells.length; i++) {
    const cell = (cells[i] ?? '').trim();
    if (cell === '') continue;
    if (i >= length) throw new RowError('', 'columns', cell);
    put(text, columns[i], cell);
  }
  return text;
}

function textOfObject(object: Readonly<Record<string, unknown>>, useOf: (name: string) => ColumnUse): RowText {
  const text: RowText = { fields: {}, numbers: [], data: {} };
  for (const [name, value] of Object.entries(object)) {
    if (name === 'numbers' && Array.isArray(value)) numbersIn(text, value);
    else if (name === 'data' && typeof value === 'object' && value !== null) dataIn(text, value);
    else {
      const cell = cellOf(value);
      if (isWrong(cell)) throw new RowError(name.slice(0, rowLimits.shownCharsMax), cell.wrong, '');
      if (cell !== '') put(text, useOf(name), cell);
    }
  }
  return text;
}

function numbersIn(text: RowText, values: readonly unknown[]): void {
  if (values.length > columnLimits.numbersMax) throw new RowError('numbers', 'too-many-numbers', String(values.length));
  const first = text.numbers.length < 2 ? 2 : text.numbers.length;
  values.forEach((value, i) => {
    const cell = cellOf(value);
    if (isWrong(cell)) throw new RowError('numbers', cell.wrong, '');
    text.numbers[first + i] = cell;
  });
}

function dataIn(text: RowText, data: object): void {
  for (const [name, value] of Object.entries(data)) {
    const cell = cellOf(value);
    if (isWrong(cell)) throw new RowError(`data.${name}`.slice(0, rowLimits.shownCharsMax), cell.wrong, '');
    if (cell !== '') put(text, { kind: 'data', name: name.slice(0, columnLimits.nameCharsMax) }, cell);
  }
}

function cellOf(value: unknown): string | Wrong {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : wrong('type');
}

function put(text: RowText, use: ColumnUse | undefined, cell: string): void {
  switch (use?.kind) {
    case 'field':
      text.fields[use.field] = cell;
      return;
    case 'number':
      text.numbers[use.place] = cell;
      return;
    case 'data':
      text.data[use.name] = withoutApostrophe(cell);
      return;
    default:
  }
}

function checkedData(data: Record<string, string>): Readonly<Record<string, string>> {
  let chars = 2;
  for (const name in data) {
    const value = data[name] ?? '';
    if (controls.test(value)) throw new RowError(name, 'characters', value.replace(/\p{C}/gu, '?'));
    chars += name.length + value.length + 6;
  }
  // most lines are far below; only near the limit it is worth counting bytes
  if (chars * 3 > rowLimits.dataBytesMax && new TextEncoder().encode(JSON.stringify(data)).length > rowLimits.dataBytesMax)
    throw new RowError('', 'data-too-large', '');
  return data;
}

export const rowProblemText = ({ field, code }: RowProblem): string => `${field}${field === '' ? '' : ': '}${listProblems[code]}`;
