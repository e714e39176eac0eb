/**
 * The web service of the stand-in CRM (crm-vtiger 5; vtiger-vectors 6): login by challenge, sessions that end, describe,
 * create, revise, retrieve, delete, and the queries that we ask. Ids as the real ones: `24x52`, users `19x5`.
 */
import { createHash } from 'node:crypto';
import { sqlDateTime } from '../../core/time.js';
import { emptyRow, type CrmRow } from './stand-in-rows.js';

export interface StandInWs {
  user: string;
  accessKey: string;
  /** `PBXManager` rows by these, whatever the edition's prefix */
  readonly prefixes: { calls: number; users: number };
  /** records with numbers as they were typed */
  customers: { readonly id: string; readonly module: 'Contacts' | 'Leads' | 'Accounts'; readonly phone: string; readonly owner: string }[];
  /** extension by id of the user */
  readonly extensions: Map<string, string>;
  /** operations that came, logins too */
  readonly asked: string[];
  /** text of every query */
  readonly queries: string[];
  /** what was made or revised, as it came */
  readonly elements: Readonly<Record<string, string>>[];
  /** zone of the CRM's clock */
  zone: string;
  /** seconds that its clock is ahead */
  aheadS: number;
  /** columns that this edition has not */
  readonly missing: Set<string>;
  /** module -> error code of each question about it */
  readonly denied: Map<string, string>;
  /** every session ends */
  expire(): void;
  answer(fields: ReadonlyMap<string, string>): string;
}

const columns = {
  direction: 'direction',
  callstatus: 'status',
  starttime: 'start',
  endtime: 'end',
  totalduration: 'duration',
  billduration: 'billed',
  recordingurl: 'recording',
  customernumber: 'customer',
  incominglinename: 'line',
} as const satisfies Readonly<Record<string, keyof CrmRow>>;

const ok = (result: unknown): string => JSON.stringify({ success: true, result });
const refused = (code: string, message = ''): string => JSON.stringify({ success: false, error: { code, message } });

export function createStandInWs(edition: 'vtiger' | 'vtiger-sp', users: readonly string[], rows: CrmRow[]): StandInWs {
  const sessions = new Set<string>();
  const tokens = new Set<string>();
  const ids = new WeakMap<CrmRow, number>();
  const extras = new WeakMap<CrmRow, Readonly<Record<string, string>>>();
  let last = 50;

  const idOf = (row: CrmRow): string => {
    if (!ids.has(row)) ids.set(row, ++last);
    return `${String(ws.prefixes.calls)}x${String(ids.get(row))}`;
  };
  const extensionOf = (id: string): string => ws.extensions.get(id) ?? '';

  function put(row: CrmRow, element: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(element)) {
      const column = (columns as Readonly<Record<string, keyof CrmRow>>)[name];
      if (column !== undefined) Object.assign(row, { [column]: name === 'recordingurl' ? value.slice(0, 200) : value });
      if (name === 'user') row.user = extensionOf(value);
    }
    extras.set(row, { ...extras.get(row), ...element });
  }

  function create(element: Readonly<Record<string, string>>): string {
    const lacking = ['customernumber', 'assigned_user_id'].find((name) => (element[name] ?? '') === '');
    if (lacking !== undefined) return refused('MANDATORY_FIELDS_MISSING', `${lacking} does not have a value`);
    const row = emptyRow(element['sourceuuid'] ?? '');
    put(row, { ...element, [edition === 'vtiger' ? 'CreatedTime' : 'createdtime']: sqlDateTime(Date.now() + ws.aheadS * 1000, ws.zone) });
    rows.push(row);
    return ok({ ...element, id: idOf(row), source: 'WEBSERVICE' });
  }

  const shown = (row: CrmRow): object => ({
    ...extras.get(row),
    id: idOf(row),
    sourceuuid: row.callUUID,
    callstatus: row.status,
    recordingurl: row.recording,
    starttime: row.start,
  });

  function query(text: string): string {
    const [, module = '', field = '', value = ''] = /^select [\w,*]+ from (\w+)(?: where (\w+)\s*=\s*'([^']*)')?/.exec(text) ?? [];
    const denied = ws.denied.get(module);
    if (denied !== undefined) return refused(denied);
    if (!text.endsWith(';')) return refused('QUERY_SYNTAX_ERROR');
    switch (module) {
      case 'PBXManager': {
        const found = field === '' ? rows : rows.filter(({ callUUID }) => field === 'sourceuuid' && callUUID === value);
        return ok([...found].reverse().slice(0, 100).map(shown));
      }
      case 'Users': {
        const found = [...ws.extensions].filter(([id, extension]) => (field === 'id' ? id === value : extension === value));
        return ok(found.map(([id, extension]) => ({ id, phone_crm_extension: extension, first_name: 'User', last_name: extension })));
      }
      default: {
        const found = ws.customers.filter((record) => record.module === module && record.phone === value);
        return ok(found.map(({ id, owner }) => ({ id, assigned_user_id: owner })));
      }
    }
  }

  function describe(module: string): string {
    const denied = ws.denied.get(module);
    if (denied !== undefined) return refused(denied);
    const names = [...Object.keys(columns), 'sourceuuid', 'gateway', 'customer', 'customertype', 'user', 'assigned_user_id'];
    const fields = names
      .filter((name) => !ws.missing.has(name))
      .map((name) => ({ name, mandatory: name === 'customernumber' || name === 'assigned_user_id' }));
    return ok({ name: module, idPrefix: String(module === 'Users' ? ws.prefixes.users : ws.prefixes.calls), fields });
  }

  const ws: StandInWs = {
    user: 'tandem',
    accessKey: 'access-key',
    prefixes: { calls: 24, users: 19 },
    customers: [],
    extensions: new Map(users.map((extension, n) => [`19x${String(n + 5)}`, extension])),
    asked: [],
    queries: [],
    elements: [],
    zone: 'UTC',
    aheadS: 0,
    missing: new Set(edition === 'vtiger' ? ['incominglinename'] : []),
    denied: new Map(),
    expire: () => sessions.clear(),
    answer(fields) {
      const of = (name: string): string => fields.get(name) ?? '';
      const operation = of('operation');
      ws.asked.push(operation);
      if (operation === 'getchallenge') {
        const token = `token${String(ws.asked.length)}`;
        tokens.clear(); // a user has one challenge: the last
        tokens.add(token);
        return ok({ token, serverTime: Math.floor(Date.now() / 1000) + ws.aheadS, expireTime: Math.floor(Date.now() / 1000) + 300 });
      }
      if (operation === 'login') {
        const isRight = [...tokens].some(
          (token) => of('accessKey') === createHash('md5').update(`${token}${ws.accessKey}`).digest('hex') && of('username') === ws.user,
        );
        if (!isRight) return refused('INVALID_USER_CREDENTIALS', 'Invalid username or password');
        const sessionName = `session${String(ws.asked.length)}`;
        sessions.add(sessionName);
        return ok({ sessionName, userId: '19x1', version: '0.22', vtigerVersion: '7.4.0' });
      }
      if (!sessions.has(of('sessionName'))) return refused('INVALID_SESSIONID', 'Session Identifier provided is Invalid');
      const element = of('element') === '' ? {} : (JSON.parse(of('element')) as Readonly<Record<string, string>>);
      if (of('element') !== '') ws.elements.push(element);
      const row = rows.find((one) => idOf(one) === (element['id'] ?? of('id')));
      switch (operation) {
        case 'query':
          ws.queries.push(of('query'));
          return query(of('query'));
        case 'describe':
          return describe(of('elementType'));
        case 'create':
          return create(element);
        case 'revise':
          if (!row) return refused('RECORD_NOT_FOUND');
          put(row, element);
          return ok(shown(row));
        case 'retrieve':
          return row ? ok(shown(row)) : refused('RECORD_NOT_FOUND');
        case 'delete':
          if (!row) return refused('RECORD_NOT_FOUND');
          rows.splice(rows.indexOf(row), 1);
          return ok({ status: 'successful' });
        default:
          return refused('UNKNOWN_OPERATION');
      }
    },
  };
  return ws;
}
