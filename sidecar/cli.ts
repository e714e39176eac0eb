/** The command line `tandem`. Each command stands in its own file under `commands/`. */
import { Command } from 'commander';
import { TandemError } from '../core/errors.js';
import { addApply } from './commands/apply.js';
import { addCallcenter } from './commands/callcenter.js';
import { addCampaign } from './commands/campaign.js';
import { addCrm } from './commands/crm.js';
import { addDialer } from './commands/dialer.js';
import { addDnc } from './commands/dnc.js';
import { addDoctor } from './commands/doctor.js';
import { addExplain } from './commands/explain.js';
import { addImport } from './commands/import.js';
import { addMenu } from './commands/menu.js';
import { addMi } from './commands/mi.js';
import { addMigrate } from './commands/migrate.js';
import { addReference } from './commands/print-reference.js';
import { addServe } from './commands/serve.js';
import { addUser } from './commands/user.js';
import { redactText } from './log.js';
import { packageVersion } from './package-files.js';

// Whoever reads our output may go away (`tandem serve | head`, a dead log shipper): the calls must not go with him.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const program = new Command('tandem')
  .description(
    'Call-centre services for Asterisk and FreeSWITCH. Settings: environment TANDEM_* and the file TANDEM_CONFIG, see docs/settings.md.',
  )
  .version(packageVersion())
  .showHelpAfterError();

for (const add of [
  addServe,
  addMigrate,
  addApply,
  addUser,
  addDoctor,
  addMenu,
  addExplain,
  addCampaign,
  addCrm,
  addDialer,
  addDnc,
  addCallcenter,
  addMi,
  addImport,
  addReference,
])
  add(program);

try {
  await program.parseAsync();
} catch (e) {
  // An expected failure is one message and its code; anything else keeps its stack for a report.
  const text = e instanceof TandemError ? `${e.code}: ${e.message}` : e instanceof Error ? (e.stack ?? e.message) : String(e);
  process.stderr.write(`tandem: ${redactText(text)}\n`);
  process.exitCode = 1;
}
