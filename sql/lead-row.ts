/** A lead as received becomes a row that every sql_mode takes (AGI-7, AGI-8), and a row becomes a lead again. Pure. */
import { leadFields } from '../core/leads/lead.js';
import type { LeadField, LeadText } from '../core/leads/lead.js';
import type { Row } from './db.js';
import { fitDate, fitDateTime, fitHours, fitInteger, fitText, twoDecimals } from './fit.js';
import type { Fitted, TextColumn } from './fit.js';

export interface LeadRow {
  /** column values in the order of `leadFields` */
  readonly values: readonly (string | number | null)[];
  /** fields that lost something: shortened, clamped, characters replaced, no number or date */
  readonly cut: readonly LeadField[];
}

/** Ids above this are no list of anybody; JavaScript and SQLite count exactly up to here. */
const listIdMax = Number.MAX_SAFE_INTEGER;

export function leadRow(lead: LeadText, columns: Readonly<Record<string, TextColumn>>): LeadRow {
  const cut: LeadField[] = [];
  const values = leadFields.map((field) => {
    const fitted = fitField(field, lead[field], columns);
    if (fitted.cut) cut.push(field);
    return fitted.value;
  });
  return { values, cut };
}

function fitField(field: LeadField, value: string, columns: Readonly<Record<string, TextColumn>>): Fitted<string | number | null> {
  switch (field) {
    case 'list_id':
      return fitListId(value);
    case 'called_count':
      return fitInteger(value, 0, 65_535, 0);
    case 'rank':
      return fitInteger(value, -32_768, 32_767, 0);
    case 'gmt_offset_now':
      return fitHours(value);
    case 'date_of_birth':
      return fitDate(value);
    case 'last_local_call_time':
      return fitDateTime(value);
    case 'gender':
      return fitGender(value);
    default:
      return fitText(value, columns[field] ?? { charsMax: 255, charset: 'utf8mb4' });
  }
}

/** Clamping would name another list, so what is no list id becomes the default, 0. */
export function fitListId(text: string): Fitted<number> {
  const fitted = fitInteger(text, 0, listIdMax, 0);
  return fitted.cut ? { value: 0, cut: true } : fitted;
}

function fitGender(text: string): Fitted<string> {
  const letter = text.trim().toUpperCase();
  if (letter === 'M' || letter === 'F' || letter === 'U') return { value: letter, cut: false };
  return { value: 'U', cut: letter !== '' };
}

/** The 30 fields as the reference prints them: NULL is empty, hours have two decimals, dates are texts as stored. */
export function leadText(row: Row): LeadText {
  const lead: Record<string, string> = {};
  for (const field of leadFields) {
    const value = row[field];
    if (value === null || value === undefined) lead[field] = '';
    else if (field === 'gmt_offset_now') lead[field] = value === '' ? '' : twoDecimals(Number(value));
    else lead[field] = String(value);
  }
  return lead as LeadText;
}
