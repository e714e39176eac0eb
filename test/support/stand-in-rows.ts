/**
 * The Calls module of a stock vTiger and of SalesPlatform: what a notification does to its rows and what it answers, as it
 * was seen on the real ones, oddities included (crm-vtiger 4; vtiger-vectors 3 to 5).
 */
import { sqlDateTime } from '../../core/time.js';

export interface CrmRow {
  readonly callUUID: string;
  direction: 'inbound' | 'outbound';
  status: string;
  /** extension; `admin` is the user who has none */
  user: string;
  /** user whose row it is; `0`: nobody */
  owner: string;
  /** the customer's number */
  customer: string;
  /** the customer's record, `Contacts 2` */
  record: string;
  line: string;
  start: string;
  end: string;
  duration: string;
  billed: string;
  recording: string;
}

/** As the CRM makes it before anything is known. */
export const emptyRow = (callUUID: string): CrmRow => ({
  callUUID,
  direction: 'inbound',
  status: '',
  user: '',
  owner: 'admin',
  customer: '',
  record: '',
  line: '',
  start: '',
  end: '',
  duration: '',
  billed: '',
  recording: '',
});

export type Fields = ReadonlyMap<string, string>;

export interface CrmModule {
  readonly rows: CrmRow[];
  /** The body of the answer. */
  tell(fields: Fields): string;
  /** What the browser of this user gets, every few seconds, for its pop-up. */
  poll(extension: string): readonly CrmRow[];
}

export interface CrmModuleOptions {
  /** extensions, in the order of their ids */
  readonly users: readonly string[];
  /** its clock, for what it fills in and for what rings too long */
  readonly nowMs?: () => number;
  readonly zone?: string;
}

/** Numbers of the lookup table, each with its record (vtiger-vectors, common data). */
const lookup = [
  ['79123456789', 'Contacts 2'],
  ['79161112233', 'Contacts 2'],
  ['84951234567', 'Leads 3'],
  ['442071838750', 'Accounts 4'],
] as const;
const recordingLength = 200;
const statusLength = 20;
const ringsMsMax = 300_000;
const success = (numbers: readonly string[]): string =>
  `<?xml version="1.0" encoding="utf-8"?><Response><Dial><Authentication>Success</Authentication>${numbers
    .map((number) => `<Number>${number}</Number>`)
    .join('')}</Dial></Response>`;

const value = (fields: Fields, name: string): string => fields.get(name) ?? '';
/** The texts go into SQL as they come. */
const injects = (text: string): boolean => text.includes("' OR '1'='1");

const statuses = new Map([
  ['User busy', 'busy'],
  ['Call Rejected', 'busy'],
]);

/** undefined: it stays as it is. */
function statusOf(fields: Fields): string | undefined {
  const text = value(fields, 'causetxt');
  if (text === 'null') return undefined;
  if (text === 'Normal Clearing') return value(fields, 'HangupCause') === 'NO ANSWER' ? 'no-answer' : 'completed';
  return statuses.get(text) ?? text.slice(0, statusLength);
}

function storedTime(fields: Fields): string {
  const time = value(fields, 'StartTime');
  return time === '' || /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(time) ? time : '0000-00-00 00:00:00';
}

function openModule(edition: 'vtiger' | 'vtiger-sp', { users, nowMs = Date.now, zone = 'UTC' }: CrmModuleOptions) {
  const rows: CrmRow[] = [];
  const now = (): string => sqlDateTime(nowMs(), zone);
  const userOf = (text: string): string | undefined => (injects(text) ? 'admin' : users.find((user) => user === text));

  /** Stock: whatever begins so, also with wildcards, and the first one for nothing. SalesPlatform: by the last ten digits. */
  function recordOf(number: string): string {
    const digits = number.replace(/[-+()\s]/g, '');
    const found = lookup.find(([one]) =>
      edition === 'vtiger' ? digits === '%' || one.startsWith(digits) : digits.length >= 10 && one.slice(-10) === digits.slice(-10),
    );
    return found?.[1] ?? '';
  }

  function add(fields: Fields, more: Partial<CrmRow>): void {
    const row = { ...emptyRow(value(fields, 'callUUID')), status: 'ringing', start: storedTime(fields), ...more };
    rows.push({ ...row, record: recordOf(row.customer) });
  }

  function change(row: CrmRow, fields: Fields): void {
    switch (value(fields, 'callstatus')) {
      case 'Hangup':
        row.status = statusOf(fields) ?? row.status;
        row.end = value(fields, 'EndTime');
        row.duration = value(fields, 'Duration');
        return;
      case 'EndCall':
        row.end = value(fields, 'endtime');
        row.duration = value(fields, 'duration');
        row.billed = value(fields, 'billableseconds');
        return;
      case 'Record':
        row.recording = value(fields, 'recordinglink').slice(0, recordingLength);
    }
  }

  /** What rings longer than five minutes by its own clock rings no more. */
  function endStale(): void {
    const before = sqlDateTime(nowMs() - ringsMsMax, zone);
    for (const row of rows) if (row.status === 'ringing' && row.start !== '' && row.start < before) row.status = 'no-response';
  }

  const ofCall = (fields: Fields): readonly CrmRow[] => rows.filter(({ callUUID }) => callUUID === value(fields, 'callUUID'));
  return { rows, now, userOf, add, change, endStale, ofCall };
}

/** Stock: one row for a call; each StartApp makes one more, and later messages change them all. */
export function openStockModule(options: CrmModuleOptions & { readonly trunk?: string }): CrmModule {
  const { rows, userOf, add, change, endStale, ofCall } = openModule('vtiger', options);

  function start(fields: Fields): string {
    const caller = value(fields, 'callerIdNumber');
    const user = userOf(caller) ?? userOf(/\/([^-]*)/.exec(value(fields, 'channel'))?.[1] ?? '');
    if (user === undefined) {
      add(fields, { customer: caller });
      return success(options.users.map((extension) => `SIP/${extension}`));
    }
    const customer = caller === user ? value(fields, 'callerIdName') : caller;
    add(fields, { direction: 'outbound', user, customer });
    return success([`SIP/${customer}@${options.trunk ?? ''}`]);
  }

  function answered(row: CrmRow, fields: Fields): void {
    row.status = 'in-progress';
    const user = userOf(value(fields, row.direction === 'inbound' ? 'callerid2' : 'callerid1'));
    row.user = user ?? '';
    row.owner = user ?? '0';
  }

  return {
    rows,
    tell(fields) {
      const word = value(fields, 'callstatus');
      if (word === 'StartApp') return start(fields);
      for (const row of ofCall(fields)) (word === 'DialAnswer' ? answered : change)(row, fields);
      return '';
    },
    poll() {
      endStale();
      return rows.filter(({ direction, status, user }) => direction === 'inbound' && user === '' && /^(ringing|in-progress)$/.test(status));
    },
  };
}

/** SalesPlatform: one row for each user who is rung. */
export function openSalesModule(options: CrmModuleOptions): CrmModule {
  const { rows, now, userOf, add, change, endStale, ofCall } = openModule('vtiger-sp', options);
  const foreign = 'Sorry! Attempt to access restricted file. - user_privileges/user_privileges_.php';

  /** Whom a dial string names, as it reads it: behind the technology, before the context; a trunk's own form it does not know. */
  function calledIn(dialString: string): { readonly user?: string; readonly number: string } {
    const [, tech = '', rest = dialString] = /^(\w+)\/(.*)$/.exec(dialString) ?? [];
    const bare = rest.replace(/@from-.*$/, '');
    return { ...(tech === '' || tech === 'PJSIP' ? found(bare) : {}), number: bare };
  }
  const found = (text: string): { readonly user?: string } => {
    const user = userOf(text);
    return user === undefined ? {} : { user };
  };

  function begin(fields: Fields): void {
    const caller = value(fields, 'callerIdNumber');
    const { user: callee, number } = calledIn(value(fields, 'dialString'));
    const user = userOf(caller) ?? callee;
    if (user === undefined || number === '' || caller === number) return;
    const known = ofCall(fields).find((row) => row.user === user);
    if (known) known.status = 'ringing';
    else {
      const parties = userOf(caller) === undefined ? { customer: caller } : { direction: 'outbound' as const, customer: number };
      add(fields, { user, owner: user, line: value(fields, 'connectedLineName'), ...parties });
    }
  }

  function end(fields: Fields): void {
    const isHangup = value(fields, 'callstatus') === 'Hangup';
    const who = value(fields, isHangup ? 'callerIdNum' : 'callerNumber');
    // who hangs up must be a user; times and recordings of somebody unknown go to every row
    const isForAll = userOf(who) === undefined && !(isHangup && who !== '');
    for (const row of ofCall(fields)) {
      if (!isForAll && row.user !== who) continue;
      const before = row.status;
      change(row, fields);
      if (!isHangup) continue;
      if (row.status === '') row.status = before;
      if (row.end !== '') continue;
      row.end = now();
      row.duration = String((Date.parse(`${row.end}Z`) - Date.parse(`${row.start}Z`)) / 1000);
    }
  }

  return {
    rows,
    tell(fields) {
      switch (value(fields, 'callstatus')) {
        case 'StartApp': {
          const user = userOf(value(fields, 'callerIdNumber'));
          if (user === undefined) return foreign;
          add(fields, { direction: 'outbound', user, customer: value(fields, 'callerIdName') });
          return '';
        }
        case 'DialBegin':
          begin(fields);
          return '';
        case 'DialAnswer': {
          const user = userOf(value(fields, 'callerid1')) ?? userOf(value(fields, 'callerid2'));
          for (const row of ofCall(fields)) if (row.user === user) row.status = 'in-progress';
          return '';
        }
        default:
          end(fields);
          return '';
      }
    },
    poll(extension) {
      endStale();
      return rows.filter(
        ({ direction, status, user }) => direction === 'inbound' && user === extension && /^(ringing|in-progress)$/.test(status),
      );
    },
  };
}
