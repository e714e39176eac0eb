/** `tandem apply FILE.yaml [--dry-run]`: idempotent provisioning, validated and diffed before anything changes (B63). */
import type { Command } from 'commander';
import { readProfiles } from '../dialer-configured.js';
import { createPasswordHasher } from '../password-hasher.js';
import { createProvisioningStore } from '../provisioning-store.js';
import { applyFile } from '../provision.js';
import { print, withStore } from './context.js';

export function addApply(program: Command): void {
  program
    .command('apply')
    .description('provision users, containers, peers, lists, leads and menus from a YAML file')
    .argument('<file>', 'YAML file, see docs/provisioning.md')
    .option('--dry-run', 'show what would change, change nothing', false)
    .action((file: string, options: { dryRun: boolean }) =>
      withStore(
        async (store, config) => {
          const plan = await applyFile(file, {
            store: createProvisioningStore(store),
            dialer: { store: store.dialer, profiles: () => readProfiles(config.dialer.profilesFile) },
            hasher: createPasswordHasher(),
            nowMs: Date.now(),
            zone: config.zone,
            dryRun: options.dryRun,
            allowDefaultSecrets: config.allowDefaultSecrets,
            env: process.env,
          });
          plan.lines.forEach(print);
          for (const warning of plan.warnings) print(`! ${warning}`);
          print(
            plan.lines.length
              ? `${String(plan.lines.length)} change(s) ${options.dryRun ? 'would be made' : 'made'}.`
              : 'Nothing to change.',
          );
        },
        options.dryRun ? 'look' : 'change',
      ),
    );
}
