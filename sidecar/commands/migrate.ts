/** `tandem migrate`: make or update Tandem's own tables; VICIdial's are made when absent and never altered (DB-2). */
import type { Command } from 'commander';
import { print, withStore } from './context.js';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('make or update the tables; an existing VICIdial database is not altered')
    .action(() =>
      withStore(() => {
        print('The database is up to date.');
        return Promise.resolve();
      }),
    );
}
