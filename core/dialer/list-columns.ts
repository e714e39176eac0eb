/** Which column of a list means what: by its name or an alias of it, or as a mapping says. Everything else is the customer's data. */

export const listFields = [
  'number',
  'id',
  'country',
  'time_zone',
  'region',
  'postal_code',
  'priority',
  'start_time',
  'end_time',
  'consent',
  'consent_until',
  'answered_before',
  'gateway_id',
  'ivr',
  'agent',
  'queue_name',
  'tenant_id',
] as const;
export type ListField = (typeof listFields)[number];

/** A column that is no field: one more number, data under its own name, or left out. */
export type ColumnUse =
  | { readonly kind: 'field'; readonly field: ListField }
  | { readonly kind: 'number'; readonly place: number }
  | { readonly kind: 'data'; readonly name: string }
  | { readonly kind: 'none' };

export const columnLimits = {
  columnsMax: 200,
  /** characters of a column's name */
  nameCharsMax: 64,
  /** numbers of one contact */
  numbersMax: 10,
};

/** Without blanks, marks and letter case. The first that a file has counts; the others are data. VICIdial's names are among them. */
const aliases: Readonly<Record<ListField, readonly string[]>> = {
  number: [
    'number',
    'customernumber',
    'phonenumber',
    'phone',
    'phone1',
    'number1',
    'telephone',
    'telefon',
    'tel',
    'mobile',
    'msisdn',
    'rufnummer',
  ],
  id: ['externalid', 'campaigncontactid', 'contactid', 'vendorleadcode', 'sourceid', 'id'],
  country: ['country', 'countrycode', 'land'],
  time_zone: ['timezone', 'tz', 'zeitzone'],
  region: ['region', 'state', 'province', 'bundesland'],
  postal_code: ['postalcode', 'postcode', 'zip', 'zipcode', 'plz'],
  priority: ['priority', 'prio'],
  start_time: ['starttime', 'start', 'notbefore'],
  end_time: ['endtime', 'end', 'notafter', 'expires'],
  consent: ['consent', 'optin'],
  consent_until: ['consentuntil', 'consentend'],
  answered_before: ['answeredbefore'],
  gateway_id: ['gatewayid', 'gateway'],
  ivr: ['ivr'],
  agent: ['agent', 'agentid', 'resourceid'],
  queue_name: ['queuename', 'queue'],
  tenant_id: ['tenantid'],
};

const furtherNumber = /^(?:number|phone|phonenumber|telephone|telefon|tel|mobile)([2-9]|10)$|^alt(?:ernative)?phone$/;

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '');

export type ColumnProblem =
  | { readonly code: 'no-number-column' }
  | { readonly code: 'too-many-columns' }
  | { readonly code: 'unknown-column'; readonly name: string }
  | { readonly code: 'unknown-field'; readonly name: string }
  | { readonly code: 'twice'; readonly name: string };

export type Columns = { readonly ok: true; readonly uses: readonly ColumnUse[] } | { readonly ok: false; readonly problem: ColumnProblem };

/** `number=Telefon`: field to column. Besides the fields: `number2` to `number10`, `data:<name>`, and `-<n>` for a column that is left out. */
export type ColumnMapping = Readonly<Record<string, string>>;

/** What each column is for; `names` are the head line. */
export function columnsOf(names: readonly string[], mapping: ColumnMapping = {}): Columns {
  if (names.length > columnLimits.columnsMax) return { ok: false, problem: { code: 'too-many-columns' } };
  const cleaned = names.map((name, i) => nameOf(name, i));
  const uses: (ColumnUse | undefined)[] = cleaned.map(() => undefined);
  for (const [target, name] of Object.entries(mapping)) {
    const use = useNamed(target);
    if (!use) return { ok: false, problem: { code: 'unknown-field', name: target } };
    const at = cleaned.indexOf(name.trim());
    if (at < 0) return { ok: false, problem: { code: 'unknown-column', name } };
    if (uses[at]) return { ok: false, problem: { code: 'twice', name } };
    uses[at] = use;
  }
  guess(cleaned, uses);
  if (!uses.some((use) => use?.kind === 'field' && use.field === 'number')) return { ok: false, problem: { code: 'no-number-column' } };
  return { ok: true, uses: named(cleaned, uses) };
}

const nameOf = (name: string, i: number): string =>
  name.replace(/\p{C}/gu, '').trim().slice(0, columnLimits.nameCharsMax) || `column${String(i + 1)}`;

function useNamed(target: string): ColumnUse | undefined {
  if ((listFields as readonly string[]).includes(target)) return { kind: 'field', field: target as ListField };
  const place = /^number([2-9]|10)$/.exec(target)?.[1];
  if (place !== undefined) return { kind: 'number', place: Number(place) };
  if (target.startsWith('-')) return { kind: 'none' };
  return target.startsWith('data:') && target.length > 5
    ? { kind: 'data', name: target.slice(5, 5 + columnLimits.nameCharsMax) }
    : undefined;
}

/** A field that the mapping names is not looked for. */
function guess(names: readonly string[], uses: (ColumnUse | undefined)[]): void {
  const plainNames = names.map(plain);
  for (const field of listFields) {
    if (uses.some((use) => use?.kind === 'field' && use.field === field)) continue;
    for (const alias of aliases[field]) {
      const at = plainNames.findIndex((name, i) => name === alias && uses[i] === undefined);
      if (at < 0) continue;
      uses[at] = { kind: 'field', field };
      break;
    }
  }
  plainNames.forEach((name, i) => {
    const found = uses[i] === undefined ? furtherNumber.exec(name) : null;
    const place = found ? Number(found[1] ?? columnLimits.numbersMax) : 0;
    if (place > 0 && !uses.some((use) => use?.kind === 'number' && use.place === place)) uses[i] = { kind: 'number', place };
  });
}

/** The rest is data under names of their own. */
function named(names: readonly string[], uses: readonly (ColumnUse | undefined)[]): ColumnUse[] {
  const taken = new Set(uses.flatMap((use) => (use?.kind === 'data' ? [use.name] : [])));
  return uses.map((use, i) => {
    if (use) return use;
    const name = names[i] ?? '';
    let own = name;
    for (let n = 2; taken.has(own); n++) own = `${name}_${String(n)}`;
    taken.add(own);
    return { kind: 'data', name: own };
  });
}

/** The use of a member of a JSON object; each name is looked up once. */
export function createMemberUses(mapping: ColumnMapping = {}): (name: string) => ColumnUse {
  const byName = new Map<string, ColumnUse>();
  const mapped = new Set<string>();
  for (const [target, name] of Object.entries(mapping)) {
    const use = useNamed(target);
    if (!use) continue;
    byName.set(name.trim(), use);
    if (use.kind === 'field') mapped.add(use.field);
  }
  return (name) => {
    const known = byName.get(name);
    if (known) return known;
    const use = guessOne(name, mapped);
    if (byName.size < columnLimits.columnsMax) byName.set(name, use);
    return use;
  };
}

function guessOne(name: string, mapped: ReadonlySet<string>): ColumnUse {
  const uses: (ColumnUse | undefined)[] = [undefined];
  guess([name], uses);
  const [use] = uses;
  if (use && !(use.kind === 'field' && mapped.has(use.field))) return use;
  return { kind: 'data', name: nameOf(name, 0) };
}

export function columnProblemText(problem: ColumnProblem): string {
  switch (problem.code) {
    case 'no-number-column':
      return 'no column holds the number; name it: number=<column>';
    case 'too-many-columns':
      return `more than ${String(columnLimits.columnsMax)} columns`;
    case 'unknown-column':
      return `there is no column "${problem.name}"`;
    case 'unknown-field':
      return `"${problem.name}" is no field; there are ${listFields.join(', ')}, number2 to number${String(columnLimits.numbersMax)}, data:<name>`;
    case 'twice':
      return `column "${problem.name}" is mapped twice`;
  }
}
