/** `tandem serve --example` in a folder of its own, with the commands that it prints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { binary } from './binary.js';

const readyMsMax = 30_000;

export async function startExample(dir: string) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_')));
  const child = spawn(process.execPath, [binary, 'serve', '--example'], {
    env: {
      ...clean,
      TANDEM_DATABASE_URL: `sqlite:${join(dir, 'example.db')}`,
      TANDEM_HTTP_PORT: '0',
      TANDEM_AGI_PORT: '0',
      TANDEM_ESL_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8');
  const late = setTimeout(() => child.kill('SIGKILL'), readyMsMax);
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${String(code)}`)));
    child.stdout.on('data', (part: string) => {
      text += part;
      if (text.includes('Stop with Ctrl-C')) resolve();
    });
  });
  clearTimeout(late);
  const [ready = ''] = text.split('\n');
  return {
    ports: JSON.parse(ready) as { http: number; agi: number; esl: number },
    commands: [...text.matchAll(/^ {2}(?!#)(\S.*)$/gm)].map(([, command = '']) => command),
    async stop(): Promise<void> {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
