/** `tandem apply`: read, validate, diff, then change everything in one transaction (B63). */
import { TandemError } from '../core/errors.js';
import { canonical, planProvisioning, type CurrentRows, type Plan, type SecretsOf } from '../core/provisioning/plan.js';
import { checkReferences } from '../core/provisioning/references.js';
import { parseProvisioning, type Provisioning, type SchemaProblem } from '../core/provisioning/schema.js';
import { knownDefaultSecrets } from './config.js';
import { planOfDialer, writeDialer, type DialerProvisioning } from './provision-dialer.js';
import { resolveSecret } from './secret-reference.js';
import { describeProblems, readYamlFile, type Problem, type YamlFile } from './yaml-file.js';

export interface ProvisioningStore {
  /** rows that can matter for `wanted`: whole small tables, of large ones only the rows that it names */
  read(wanted: {
    readonly leadIds: readonly number[];
    readonly callerCodes: readonly string[];
    /** the tables of queues and agents are enough */
    readonly only?: 'queues';
  }): Promise<CurrentRows>;
  write(changes: Plan['changes']): Promise<void>;
}

export interface PasswordHasher {
  hash(pass: string): Promise<string>;
  verify(pass: string, hash: string): Promise<boolean>;
}

export interface ApplyOptions {
  readonly store: ProvisioningStore;
  readonly hasher: PasswordHasher;
  readonly nowMs: number;
  readonly zone: string;
  readonly dryRun: boolean;
  /** proofs that exist get their age anew: the example of `npm start` */
  readonly refreshCalls?: boolean;
  readonly allowDefaultSecrets: boolean;
  /** campaigns and numbers that must not be called; absent: the file may have none */
  readonly dialer?: DialerProvisioning;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Applies the file; answers what was (or would be) changed. Throws TDM_BAD_FILE with every problem of the file; then nothing has changed. */
export async function applyFile(name: string, options: ApplyOptions): Promise<Plan> {
  return applyYaml(readYamlFile(name), options);
}

export async function applyYaml(file: YamlFile, options: ApplyOptions): Promise<Plan> {
  if (file.problems.length) refuse(file, file.problems);
  return applyValue(file.value, options, (problems) => refuse(file, located(file, problems)));
}

/** The same for a value that came from elsewhere; `refused` throws. */
export async function applyValue(
  value: unknown,
  options: ApplyOptions,
  refused: (problems: readonly SchemaProblem[]) => never,
): Promise<Plan> {
  const parsed = parseProvisioning(value);
  if (!parsed.ok) return refused(parsed.problems);
  const { wanted } = parsed;
  const current = await options.store.read({
    leadIds: [...wanted.leads.map((lead) => lead.lead_id), ...wanted.remove.leads.map(Number)],
    callerCodes: wanted.calls.map((call) => call.code),
  });
  const problems = [...checkReferences(wanted, current)];
  const secrets = await secretsOf(wanted, current, options, problems);
  const dialer = await planOfDialer(wanted, options.dialer, options.nowMs);
  problems.push(...dialer.problems);
  if (problems.length) return refused(problems);
  const plan = planProvisioning(wanted, current, secrets, {
    nowMs: options.nowMs,
    zone: options.zone,
    refreshCalls: options.refreshCalls ?? false,
  });
  if (!options.dryRun && plan.changes.length) await options.store.write(plan.changes);
  if (!options.dryRun && options.dialer) await writeDialer(dialer.changes, options.dialer, options.nowMs);
  return { ...plan, lines: [...plan.lines, ...dialer.lines] };
}

function located(file: YamlFile, problems: readonly SchemaProblem[]): Problem[] {
  return problems.map((p) => ({ file: file.file, line: file.lineOf(p.path), path: p.path.join('.'), message: p.message }));
}

function refuse(file: YamlFile, problems: readonly Problem[]): never {
  const count = `${String(problems.length)} problem${problems.length > 1 ? 's' : ''}`;
  throw new TandemError('TDM_BAD_FILE', [file.file, `${count}\n${describeProblems(problems)}`]);
}

/** Passwords of users: references resolved, hashed ones hashed anew only when the stored hash does not fit. */
async function secretsOf(wanted: Provisioning, current: CurrentRows, options: ApplyOptions, problems: SchemaProblem[]): Promise<SecretsOf> {
  const hashed = new Map<string, string>();
  const changed = new Set<string>();
  const plain = new Map<string, string>();
  const stored = new Map((current.tandem_user_secrets ?? []).map((row) => [canonical(row['user']), String(row['secret_hash'])]));
  for (const [i, user] of wanted.users.entries()) {
    if (user.pass === undefined) continue;
    const path = ['users', i, 'pass'];
    const pass = resolveSecret(user.pass, options.env);
    if (pass === undefined) problems.push({ path, message: `"${user.pass}" cannot be resolved` });
    else if (knownDefaultSecrets.has(pass) && !options.allowDefaultSecrets)
      problems.push({ path, message: 'is a well-known default secret (TANDEM_ALLOW_DEFAULT_SECRETS=yes lets it pass in a laboratory)' });
    else if (user.pass_form === 'plain') plain.set(user.user, pass);
    else {
      const known = stored.get(canonical(user.user));
      const isKnown = known !== undefined && (await options.hasher.verify(pass, known));
      hashed.set(user.user, isKnown ? known : await options.hasher.hash(pass));
      if (!isKnown) changed.add(user.user);
    }
  }
  return { hashed, changed, plain, pins: await pinsOf(wanted, current, options, problems) };
}

/** PINs of agents: resolved, and hashed anew only when the stored hash does not fit. */
async function pinsOf(
  wanted: Provisioning,
  current: CurrentRows,
  options: ApplyOptions,
  problems: SchemaProblem[],
): Promise<SecretsOf['pins']> {
  const stored = new Map((current.tandem_agents ?? []).map((row) => [canonical(row['agent_id']), row['pin_hash']]));
  const pins = new Map<string, string | null>();
  for (const [i, { id, pin }] of wanted.agents.entries()) {
    if (pin === undefined) continue;
    const digits = pin === '' ? '' : resolveSecret(pin, options.env);
    if (digits === undefined) problems.push({ path: ['agents', i, 'pin'], message: `"${pin}" cannot be resolved` });
    else if (digits === '') pins.set(canonical(id), null);
    else if (!/^\d{3,12}$/.test(digits)) problems.push({ path: ['agents', i, 'pin'], message: 'must be 3 to 12 digits' });
    else {
      const known = stored.get(canonical(id));
      const isKnown = typeof known === 'string' && (await options.hasher.verify(digits, known));
      pins.set(canonical(id), isKnown ? known : await options.hasher.hash(digits));
    }
  }
  return pins;
}
