#!/usr/bin/env node
// In a checkout the TypeScript sources run directly; the published package carries them compiled in dist/.
import { existsSync } from 'node:fs';

const source = new URL('../sidecar/cli.ts', import.meta.url);
if (existsSync(source)) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
} else {
  await import('../dist/sidecar/cli.js');
}
