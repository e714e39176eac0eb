/** `tandem serve`: what `npm start` runs. Prints one JSON line with the ports when everything is ready. */
import type { Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import { readConfig } from '../config.js';
import { createLog } from '../log.js';
import { startTandem, type Running } from '../main.js';
import { holdSignals } from '../signals.js';
import { print } from './context.js';
import { prepareExample, type Example } from './example.js';

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('run the doors, the HTTP service and the links until a signal stops them')
    .option('--example', 'with an example site, when no other is configured', false)
    .action(async (options: { example: boolean }) => {
      const config = readConfig(process.env);
      const log = createLog(config.logLevel);
      const example = options.example && config.provision === undefined ? prepareExample(config) : undefined;
      const running = await startTandem({ config, log, env: { ...process.env, ...example?.env } });
      if (example) await example.provision(running);
      print(JSON.stringify({ ready: true, ...running.ports }));
      if (example) showExample(example, running);
      await holdSignals({
        log,
        graceMs: config.stopGraceMs,
        stop: (graceMs) => running.stop(graceMs),
        reload: () => running.reload().catch(reportReload(log)),
      });
    });
}

const reportReload = (log: ReturnType<typeof createLog>) => (e: unknown) => {
  log.error({ err: e, code: e instanceof TandemError ? e.code : undefined }, 'reload refused, the old state stays');
};

function showExample(example: Example, running: Running): void {
  print('\nTandem is ready. Three commands to try:\n');
  for (const { title, text } of example.commands(running.ports)) print(`  # ${title}\n  ${text}\n`);
  print('Stop with Ctrl-C. Your own site: README.md, "Your own site".');
}
