/** `tandem user add|list|remove`: HTTP users. There is no default password; a made one is shown once. */
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { TandemError } from '../../core/errors.js';
import type { Config } from '../config.js';
import { createProvisioningStore } from '../provisioning-store.js';
import { applyYaml } from '../provision.js';
import { createPasswordHasher } from '../password-hasher.js';
import { parseYaml } from '../yaml-file.js';
import type { Store } from '../../sql/store.js';
import { print, withStore } from './context.js';
import { makePassword } from './password.js';

interface AddOptions {
  readonly level: string;
  readonly group: string;
  readonly functions: string;
  readonly viewReports: boolean;
  readonly agentApi: boolean;
  readonly passFile?: string;
  readonly queues?: string;
  readonly agent?: string;
}

export function addUser(program: Command): void {
  const user = program.command('user').description('HTTP users: add, list, remove');

  user
    .command('add')
    .description('add a user or change one; prints a new password unless --pass-file is given')
    .argument('<name>')
    .addOption(
      new Option('--level <1-9>', 'VICIdial user level; the lead API needs 7 or more')
        .choices(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
        .default('8'),
    )
    .option('--group <id>', 'user group', 'ADMIN')
    .option('--functions <list>', 'API functions, separated by commas; none by default', '')
    .option('--view-reports', 'VICIdial right, needed for ccc_lead_info', false)
    .option('--agent-api', 'VICIdial right, needed for ccc_lead_info and fronter commands', false)
    .option('--queues <list>', 'own API: only these queues, separated by commas, or all; unsaid: as stored, a new user has all')
    .option('--agent <id>', "own API: the agent that this user is; '' for none")
    .option('--pass-file <file>', 'take the password from this file (- for standard input)')
    .action((name: string, options: AddOptions) => withStore((store, config) => add(store, config, name, options)));

  user
    .command('list')
    .description('users with level, group and functions')
    .action(() =>
      withStore(async (store) => {
        const { vicidial_users: rows = [] } = await createProvisioningStore(store).read({ leadIds: [], callerCodes: [] });
        for (const row of rows)
          print(
            [
              row['user'],
              `level ${String(row['user_level'])}`,
              row['user_group'],
              row['active'] === 'Y' ? 'active' : 'inactive',
              String(row['api_allowed_functions']).trim() || '(no function)',
            ].join('\t'),
          );
      }, 'look'),
    );

  user
    .command('remove')
    .argument('<name>')
    .action((name: string) => withStore((store, config) => apply(store, config, { remove: { users: [name] } }, [`User ${name} removed.`])));
}

async function add(store: Store, config: Config, name: string, options: AddOptions): Promise<void> {
  const made = options.passFile === undefined ? makePassword() : undefined;
  const pass = made ?? readPassword(options.passFile ?? '-');
  const entry = {
    user: name,
    pass,
    user_level: Number(options.level),
    user_group: options.group,
    view_reports: options.viewReports,
    agent_api_access: options.agentApi,
    functions: words(options.functions),
    ...(options.queues === undefined ? {} : { queues: options.queues.trim() === 'all' ? 'all' : words(options.queues) }),
    ...(options.agent === undefined ? {} : { agent: options.agent }),
  };
  await apply(store, config, { users: [entry] }, [`User ${name} is ready.`, ...(made ? [`Password (shown once): ${made}`] : [])]);
}

const words = (list: string): string[] =>
  list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

function readPassword(file: string): string {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '');
  // In a provisioning file such a text is a reference; here it would be taken for one.
  if (/^(env|file):/.test(text)) throw new TandemError('TDM_BAD_VALUE', ['password', 'may not begin with env: or file:']);
  if (text.length < 8) throw new TandemError('TDM_BAD_VALUE', ['password', 'needs at least 8 characters']);
  return text;
}

async function apply(store: Store, config: Config, content: object, lines: readonly string[]): Promise<void> {
  const plan = await applyYaml(parseYaml(stringify(content), 'command line'), {
    store: createProvisioningStore(store),
    hasher: createPasswordHasher(),
    nowMs: Date.now(),
    zone: config.zone,
    dryRun: false,
    allowDefaultSecrets: config.allowDefaultSecrets,
    // A password given by hand is meant as it stands, never as a reference to a file or variable.
    env: {},
  });
  if (plan.changes.length) lines.forEach(print);
  else print('Nothing to change.');
}
