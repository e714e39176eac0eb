/** Reads fields of one contact (A2 validation) and notes what is wrong with each, under a code that stays. */
import { wordOf } from '../acd/words.js';
import { isZone } from '../time.js';
import { readTime } from './contact-time.js';

/** Stable: programs read them. */
export type IntakeCode = 'MISSING' | 'TYPE' | 'LENGTH' | 'CHARACTERS' | 'RANGE' | 'UNKNOWN_WORD' | 'TIME' | 'ORDER' | 'SHAPE';

export interface IntakeProblem {
  readonly code: IntakeCode;
  /** name of A2: `customer_number`; '' = the contact as a whole */
  readonly field: string;
  readonly message: string;
}

export const contactLimits = {
  idLengthMax: 40,
  nameLengthMax: 20,
  numberLengthMax: 20,
  numbersMax: 9,
  zonesMax: 5,
  dataBytesMax: 4_096,
  dataFieldsMax: 200,
  tenantLengthMax: 40,
} as const;

const numberPattern = /^\+?[0-9*#]{2,20}$/;
const idPattern = /^[A-Za-z0-9_.:@-]+$/;
const namePattern = /^[A-Za-z0-9_.*# @-]+$/;
const regionPattern = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;

export type Flat = Readonly<Record<string, unknown>>;

export function createFields(flat: Flat) {
  const problems: IntakeProblem[] = [];
  /** notes it; the result stands for the value, which is not there */
  const wrong = <T>(field: string, code: IntakeCode, message: string, value?: T): T | undefined => {
    problems.push({ code, field, message });
    return value;
  };

  /** A text; a number is taken as its digits, null and '' as not there. */
  function text(field: string): string | undefined {
    const value = flat[field];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    return wrong(field, 'TYPE', 'must be a text');
  }

  function checked(field: string, lengthMax: number, pattern: RegExp, says: string): string | undefined {
    const value = text(field);
    if (value === undefined) return undefined;
    if (value.length > lengthMax) return wrong(field, 'LENGTH', `is longer than ${String(lengthMax)} characters`);
    return pattern.test(value) ? value : wrong(field, 'CHARACTERS', says);
  }

  const isSaid = (field: string): boolean => problems.some((problem) => problem.field === field);
  function need<T>(field: string, value: T | undefined): T | undefined {
    if (value === undefined && !isSaid(field)) wrong(field, 'MISSING', 'is missing');
    return value;
  }

  return {
    problems,
    wrong,
    text,
    need,
    id: (field: string, lengthMax: number = contactLimits.idLengthMax) =>
      checked(field, lengthMax, idPattern, 'may have only letters, digits, _ . : @ -'),
    name: (field: string) =>
      checked(field, contactLimits.nameLengthMax, namePattern, 'may have only letters, digits, blanks and _ . * # @ -'),
    number: (field: string) =>
      checked(field, contactLimits.numberLengthMax, numberPattern, 'must be 2 to 20 of 0-9 * #, with + before them at most'),
    region: (field: string) => checked(field, contactLimits.nameLengthMax, regionPattern, 'must be like US-FL'),

    word<T extends string>(field: string, words: readonly T[]): T | undefined {
      const value = text(field);
      if (value === undefined) return undefined;
      return wordOf(words, value) ?? wrong(field, 'UNKNOWN_WORD', `must be one of ${words.join(', ')}`);
    },

    priority(field: string): number | undefined {
      const value = text(field);
      if (value === undefined) return undefined;
      const number = /^-?\d{1,9}$/.test(value) ? Number(value) : NaN;
      if (Number.isNaN(number)) return wrong(field, 'TYPE', 'must be a whole number');
      return number >= 1 && number <= 10 ? number : wrong(field, 'RANGE', 'must be 1 to 10');
    },

    time(field: string): number | undefined {
      const value = flat[field];
      if (value === undefined || value === null || value === '') return undefined;
      const read = readTime(value);
      return typeof read === 'number' ? read : wrong(field, 'TIME', read);
    },

    flag(field: string): boolean | undefined {
      const value = flat[field];
      if (value === undefined || value === null || value === '') return undefined;
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      return wrong(field, 'TYPE', 'must be true or false');
    },

    /** further numbers, in order; those that stand here twice once */
    numbers(field: string): readonly string[] {
      const list = listOf(field, contactLimits.numbersMax);
      for (const [i, value] of list.entries())
        if (!numberPattern.test(value) || value.length > contactLimits.numberLengthMax)
          wrong(`${field}[${String(i)}]`, 'CHARACTERS', 'must be 2 to 20 of 0-9 * #, with + before them at most');
      return [...new Set(list)];
    },

    /** one zone or a list */
    zones(field: string): readonly string[] {
      const list = typeof flat[field] === 'string' ? [flat[field]].filter((zone) => zone !== '') : listOf(field, contactLimits.zonesMax);
      for (const zone of list) if (!isZone(zone)) wrong(field, 'UNKNOWN_WORD', `has no time zone such as Europe/Berlin: ${shown(zone)}`);
      return [...new Set(list)];
    },

    /** the customer's own fields, as texts */
    data(field: string): Readonly<Record<string, string>> {
      const value = flat[field];
      if (value === undefined || value === null) return {};
      if (typeof value !== 'object' || Array.isArray(value)) {
        wrong(field, 'TYPE', 'must be an object of texts');
        return {};
      }
      const out: [string, string][] = [];
      for (const [name, each] of Object.entries(value)) {
        if (typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean') out.push([name, String(each)]);
        else if (each !== null && each !== undefined) wrong(`${field}.${shown(name)}`, 'TYPE', 'must be a text');
      }
      const data = Object.fromEntries(out.sort(([a], [b]) => (a < b ? -1 : 1)));
      if (out.length > contactLimits.dataFieldsMax || dataBytes(data) > contactLimits.dataBytesMax)
        wrong(field, 'LENGTH', `is longer than ${String(contactLimits.dataBytesMax)} bytes`);
      return data;
    },
  };

  function listOf(field: string, countMax: number): readonly string[] {
    const value = flat[field];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
      wrong(field, 'TYPE', 'must be a list of texts');
      return [];
    }
    if (value.length > countMax) wrong(field, 'LENGTH', `has more than ${String(countMax)}`);
    return value;
  }
}

const shown = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 40);
export const dataBytes = (data: Readonly<Record<string, string>>): number => new TextEncoder().encode(JSON.stringify(data)).length;
