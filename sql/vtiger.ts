/** vTiger's own tables, read only: who is responsible for a number (crm-vtiger 6). */
import type { Responsible, ResponsibleSource } from '../core/crm-ports.js';
import { TandemError } from '../core/errors.js';
import { marks, text } from './db.js';
import type { Db, Row } from './db.js';
import { openMysql } from './mysql.js';
import { parseDatabaseUrl } from './url.js';

export interface VtigerLookupOptions {
  /** also numbers that end in the same ten digits: looks through the whole table */
  readonly suffixScan: boolean;
  /** without plus, e.g. `7` */
  readonly countryCodes: readonly string[];
}

const suffixDigits = 10;
const nobody: Responsible = { status: 'NOTFOUND', extension: '', name: '', record: '' };

const joins = `FROM vtiger_pbxmanager_phonelookup l
  JOIN vtiger_crmentity e ON e.crmid = l.crmid AND e.deleted = 0
  LEFT JOIN vtiger_users u ON u.id = e.smownerid AND u.status = 'Active' AND u.phone_crm_extension <> ''`;
const columns =
  'l.crmid AS record, l.setype AS module, u.phone_crm_extension AS extension, u.first_name AS first_name, u.last_name AS last_name';

export function createVtigerLookup(db: Db, { suffixScan, countryCodes }: VtigerLookupOptions): ResponsibleSource {
  return {
    async find(number) {
      const digits = number.replace(/\D/g, '');
      const wanted = variants(digits, countryCodes);
      if (wanted.length === 0) return nobody;
      // who can be rung comes first, then the record that is there longest
      const order = `ORDER BY CASE WHEN u.id IS NULL THEN 1 ELSE 0 END, l.crmid LIMIT 1`;
      const [exact] = await db.all(`SELECT ${columns} ${joins} WHERE l.fnumber IN (${marks(wanted.length)}) ${order}`, wanted);
      if (exact) return answerOf(exact);
      if (!suffixScan || digits.length < suffixDigits) return nobody;
      const reversed = Array.from(digits.slice(-suffixDigits)).reverse().join('');
      const [similar] = await db.all(`SELECT ${columns} ${joins} WHERE l.rnumber LIKE ? ${order}`, [`${reversed}%`]);
      return similar ? answerOf(similar) : nobody;
    },
  };
}

/** As it is, with and without each country code: `79123456789`, `9123456789`, `89123456789`. */
function variants(digits: string, countryCodes: readonly string[]): readonly string[] {
  const found = new Set([digits]);
  for (const code of countryCodes) {
    if (digits.startsWith(code)) {
      const national = digits.slice(code.length);
      found.add(national).add(`0${national}`);
      if (code === '7') found.add(`8${national}`);
    } else {
      found.add(`${code}${digits.replace(/^0/, '')}`);
      if (code === '7' && digits.startsWith('8')) found.add(`7${digits.slice(1)}`);
    }
  }
  return [...found].filter((variant) => variant.length >= 3);
}

function answerOf(row: Row): Responsible {
  const extension = text(row['extension']);
  const name = [text(row['first_name']), text(row['last_name'])].filter((part) => part !== '').join(' ');
  return { status: extension === '' ? 'NOUSER' : 'FOUND', extension, name, record: text(row['record']), module: text(row['module']) };
}

/** With its own connections, read only by what it does; nothing is opened before the first question. */
export function openVtigerLookup(
  url: string,
  options: VtigerLookupOptions & { readonly msMax: number; readonly nowMs: () => number },
): ResponsibleSource & { close(): Promise<void> } {
  const target = parseDatabaseUrl(url);
  if (target.dialect !== 'mysql') throw new TandemError('TDM_BAD_VALUE', ['sql.url', 'must be mysql://user:secret@host:3306/database']);
  const limits = { poolSize: 4, waitersMax: 200, acquireMsMax: options.msMax, statementMsMax: options.msMax, retryMsMax: 0 };
  const db = openMysql(target, { ...limits, nowMs: options.nowMs, onFailure: () => undefined, onWriter: () => undefined });
  return { ...createVtigerLookup(db, options), close: () => db.close() };
}
