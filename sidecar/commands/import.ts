/** `tandem import callcenter|opensips`: an existing configuration as a provisioning file, printed, written or applied at once. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { TandemError } from '../../core/errors.js';
import { importCallcenter } from '../../core/import/callcenter.js';
import { isOpensipsName, opensipsNames, readModparams, type OpensipsNames } from '../../core/import/opensips-names.js';
import { importOpensips } from '../../core/import/opensips.js';
import { remarkText, type Imported } from '../../core/import/report.js';
import { parseProvisioning, type SchemaProblem } from '../../core/provisioning/schema.js';
import { readOpensipsTables } from '../../sql/opensips-tables.js';
import { createPasswordHasher } from '../password-hasher.js';
import { createProvisioningStore } from '../provisioning-store.js';
import { applyValue } from '../provision.js';
import { resolveSecret } from '../secret-reference.js';
import { readXmlFile } from '../xml-file.js';
import { print, withStore } from './context.js';

interface Output {
  readonly out?: string;
  readonly apply: boolean;
  readonly dryRun: boolean;
}

export function addImport(program: Command): void {
  const command = program.command('import').description('take over queues and agents of another system as a provisioning file');
  addCallcenter(command);
  addOpensips(command);
}

/** `--name a=b`, as often as wanted. */
function pairs(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new TandemError('TDM_BAD_REQUEST', [`"${text}" must be like name=value`]);
  return new Map([...before, [text.slice(0, equals), text.slice(equals + 1)]]);
}

const withOutput = (command: Command): Command =>
  command
    .option('--out <file>', 'write the provisioning file instead of printing it')
    .option('--apply', 'apply it to the database at once', false)
    .option('--dry-run', 'with --apply: show what would change, change nothing', false);

// ------------------------------------------------------------------ mod_callcenter

function addCallcenter(command: Command): void {
  withOutput(
    command
      .command('callcenter')
      .description('callcenter.conf.xml of FreeSWITCH mod_callcenter: settings, queues, agents, tiers')
      .argument('<file>', 'the XML file; what it includes is imported by itself')
      .option('--var <name=value>', 'value of $${name}; as often as wanted', pairs)
      .option('--domain <name>', 'the same as --var domain=<name>'),
  ).action(async (file: string, options: Output & { var?: ReadonlyMap<string, string>; domain?: string }) => {
    const variables = new Map([...(options.domain === undefined ? [] : [['domain', options.domain] as const]), ...(options.var ?? [])]);
    await put(importCallcenter(readXmlFile(file), variables), file, options);
  });
}

// ------------------------------------------------------------------ OpenSIPS

interface OpensipsOptions extends Output {
  readonly modparams?: string;
  readonly param?: ReadonlyMap<string, string>;
  readonly sound?: ReadonlyMap<string, string>;
  readonly contact: string;
  readonly contactFreeswitch?: string;
}

function addOpensips(command: Command): void {
  withOutput(
    command
      .command('opensips')
      .description('tables cc_flows and cc_agents of OpenSIPS call_center')
      .argument('[url]', 'database: mysql://user:secret@host/db, sqlite:<file>, env:NAME or file:/path; default: db_url of --modparams')
      .option('--modparams <file>', 'OpenSIPS script with modparam("call_center", "name", "value") lines')
      .option('--param <name=value>', 'one parameter, e.g. cc_flows_table=flows; as often as wanted', pairs)
      .option('--sound <address=file>', 'sound file for a message address or its user part; as often as wanted', pairs)
      .option('--contact <pattern>', "how an agent's SIP address is dialled; {user} and {host} stand for its parts", 'PJSIP/{user}')
      .option('--contact-freeswitch <pattern>', 'the same where it differs on FreeSWITCH'),
  ).action(async (url: string | undefined, options: OpensipsOptions) => {
    const parameters = new Map([
      ...(options.modparams === undefined ? [] : readModparams(readText(options.modparams))),
      ...(options.param ?? []),
    ]);
    const database = resolveSecret(url ?? parameters.get('db_url') ?? '', process.env) ?? '';
    if (database === '') throw new TandemError('TDM_BAD_REQUEST', ['name the database, or a file whose modparam lines have db_url']);
    const names = namesOf(parameters);
    const imported = importOpensips({
      ...(await readOpensipsTables(database, names)),
      names,
      parameters,
      sounds: options.sound ?? new Map(),
      contact: options.contact,
      contactFreeswitch: options.contactFreeswitch,
    });
    await put(imported, 'opensips', options);
  });
}

function namesOf(parameters: ReadonlyMap<string, string>): OpensipsNames {
  const given = Object.fromEntries([...parameters].filter(([name]) => isOpensipsName(name)));
  return { ...opensipsNames, ...given };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new TandemError('TDM_BAD_FILE', [file, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`], { cause });
  }
}

// ------------------------------------------------------------------ what becomes of it

/** The report goes to stderr, so that the file can be piped. */
async function put(imported: Imported, source: string, options: Output): Promise<void> {
  const report = (text: string): void => void process.stderr.write(`${text}\n`);
  for (const remark of imported.remarks) report(remarkText(source, remark));
  const checked = parseProvisioning(imported.file);
  const problems = checked.ok ? [] : checked.problems;
  for (const problem of problems) report(`${source}: would be refused: ${problemText(problem)}`);
  report(summary(imported, problems.length));
  if (options.apply) {
    await apply(imported.file, source, options.dryRun);
    return;
  }
  const text = stringify(imported.file, { lineWidth: 120 });
  if (options.out === undefined) print(text.trimEnd());
  else {
    writeFileSync(options.out, text);
    report(`Written to ${options.out}; look through it, then: tandem apply ${options.out}`);
  }
}

const problemText = ({ path, message }: SchemaProblem): string => `${path.join('.')}: ${message}`;

function summary({ file, remarks }: Imported, refused: number): string {
  const count = (section: string): string => `${String(Array.isArray(file[section]) ? file[section].length : 0)} ${section}`;
  return `${count('queues')}, ${count('agents')}, ${count('tiers')}; ${String(remarks.length + refused)} remark(s).`;
}

async function apply(file: object, source: string, dryRun: boolean): Promise<void> {
  await withStore(
    async (store, config) => {
      const options = {
        store: createProvisioningStore(store),
        hasher: createPasswordHasher(),
        nowMs: Date.now(),
        zone: config.zone,
        dryRun,
        allowDefaultSecrets: config.allowDefaultSecrets,
        env: process.env,
      };
      const plan = await applyValue(file, options, (problems) => {
        throw new TandemError('TDM_BAD_FILE', [source, problems.map(problemText).join('\n')]);
      });
      plan.lines.forEach(print);
      for (const warning of plan.warnings) print(`! ${warning}`);
      print(plan.lines.length ? `${String(plan.lines.length)} change(s) ${dryRun ? 'would be made' : 'made'}.` : 'Nothing to change.');
    },
    dryRun ? 'look' : 'change',
  );
}
