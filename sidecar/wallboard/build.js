/**
 * Builds the pages into `dist/wallboard`, when the build is missing or older than its sources:
 *
 *   node sidecar/wallboard/build.js [--force]
 *
 * The new build replaces the old one in one step, so that two builds at a time, or a server that starts meanwhile, see a
 * whole one.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const root = join(source, '..', '..');
const target = join(root, 'dist', 'wallboard');
const isForced = process.argv.includes('--force');
const inputs = [source, join(root, 'core', 'board', 'wire.ts'), join(root, 'package-lock.json')];

/** Unix ms of the newest file. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isFresh() {
  const index = join(target, 'index.html');
  return existsSync(index) && statSync(index).mtimeMs >= Math.max(...inputs.map(newest));
}

/** Undefined, with a word about it, when the tools for it are not installed: the service runs without its pages. */
async function builder() {
  try {
    return (await import('vite')).build;
  } catch (e) {
    if (isForced) throw e;
    console.error('The pages are not built: install the development dependencies for them.');
    return undefined;
  }
}

async function build() {
  const viteBuild = await builder();
  if (!viteBuild) return;
  mkdirSync(join(root, 'dist'), { recursive: true });
  const fresh = mkdtempSync(join(root, 'dist', 'wallboard-new-'));
  await viteBuild({
    configFile: false,
    root: source,
    base: '/',
    logLevel: 'warn',
    publicDir: false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir: fresh, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022', modulePreload: { polyfill: false } },
  });
  const old = mkdtempSync(join(root, 'dist', 'wallboard-old-'));
  if (existsSync(target)) renameSync(target, join(old, 'wallboard'));
  try {
    renameSync(fresh, target);
  } catch (e) {
    if (e.code !== 'ENOTEMPTY' && e.code !== 'EEXIST') throw e; // another build was faster
    rmSync(fresh, { recursive: true });
  }
  rmSync(old, { recursive: true });
}

if (isForced || !isFresh()) await build();
