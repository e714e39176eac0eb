/** `tandem serve`: what `npm start` runs. Prints one JSON line with the ports when everything is ready. */
import type { Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
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
    .action(serve);
}

async function serve(options: { readonly example: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  surviveStrays(log);
  const example = options.example && config.provision === undefined ? prepareExample(config) : undefined;
  const starting = startTandem({ config, log, env: { ...process.env, ...example?.env } });
  // Signals are heard from the first moment: SIGHUP before we are ready must not end the process.
  let running: Running | undefined;
  const stopped = holdSignals({
    log,
    graceMs: config.stopGraceMs,
    stop: async (graceMs) => (await starting).stop(graceMs),
    reload: () => starting.then((started) => started.reload()).catch(reportReload(log)),
    left: () => running?.sessions() ?? {},
  });
  const started = (running = await starting);
  try {
    await Promise.race([announce(started, example), stopped]);
  } catch (e) {
    await started.stop(0);
    throw e;
  }
  await stopped;
}

async function announce(running: Running, example: Example | undefined): Promise<void> {
  await running.settled;
  if (example) await example.provision(running);
  print(JSON.stringify({ ready: true, ...running.ports }));
  if (example) showExample(example, running);
}

/** A stray rejection is a defect of ours, but not one for which every call of the site should end. */
function surviveStrays(log: Log): void {
  process.on('unhandledRejection', (e) => log.error({ err: e }, 'a failure that nobody waited for; please report it'));
}

const reportReload = (log: Log) => (e: unknown) => {
  log.error({ err: e, code: e instanceof TandemError ? e.code : undefined }, 'reload refused, the old state stays');
};

function showExample(example: Example, running: Running): void {
  print('\nTandem is ready. Three commands to try:\n');
  for (const { title, text } of example.commands(running.ports)) print(`  # ${title}\n  ${text}\n`);
  print(`The wallboard: ${example.pages(running.ports)}\n`);
  print('Stop with Ctrl-C. Your own site: README.md, "Your own site".');
}
