/** The repository checks its own shape (H19). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const folders = ['core', 'agi', 'esl-outbound', 'sidecar', 'sql'];

const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  sql: ['core', 'sql'],
  agi: ['core', 'agi'],
  'esl-outbound': ['core', 'esl-outbound'],
  sidecar: ['core', 'sql', 'agi', 'esl-outbound', 'sidecar'],
};

/** Packages that the core may use: pure ones. */
const corePackages = ['zod', 'sorted-btree', 'libphonenumber-js/max', 'node:assert/strict'];
/** Node's parser of addresses lives beside its sockets; one file may use it. */
const coreExceptions: Readonly<Record<string, string>> = { 'core/address-list.ts': 'node:net' };

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));

const sources = folders.flatMap(filesBelow);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');

describe('architecture', () => {
  it('H7: imports point inward', () => {
    for (const file of sources) {
      const folder = file.split('/')[0] ?? '';
      for (const [, target = ''] of read(file).matchAll(/(?:(?<!')from|import\()\s*'([^']+)'/g)) {
        if (!target.startsWith('.')) {
          if (folder === 'core')
            assert.ok(
              corePackages.includes(target) || coreExceptions[file] === target,
              `${file} imports ${target}; the core imports only itself and ${corePackages.join(', ')}`,
            );
          continue;
        }
        const top = relative(root, join(root, file, '..', target)).split('/')[0] ?? '';
        assert.ok(
          mayImport[folder]?.includes(top),
          `${file} imports ${target}; ${folder} may import only ${mayImport[folder]?.join(', ') ?? ''}`,
        );
      }
    }
  });

  it('H3: the doors for calls are given their clock: a machine whose clock is set must not end, or hold, a call', () => {
    for (const file of [...filesBelow('agi'), ...filesBelow('esl-outbound')])
      assert.doesNotMatch(withoutComments(read(file)), /Date\.now|new Date\(\)/, file);
  });

  it('H3: the core reads no clock, randomness, environment, timer or socket', () => {
    for (const file of filesBelow('core'))
      assert.doesNotMatch(
        withoutComments(read(file)),
        /Date\.now|new Date\(\)|Math\.random|process\.|setTimeout|setInterval|setImmediate|fetch\(/,
        `${file} reads the world`,
      );
  });

  it('H12: SQL text stands only in sql/', () => {
    for (const file of sources.filter((name) => !name.startsWith('sql/')))
      assert.doesNotMatch(
        withoutComments(read(file)),
        /['"`]\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b/,
        `${file} holds SQL`,
      );
  });

  it('nothing logs past the logger', () => {
    for (const file of sources.filter((name) => !/^sidecar\/(cli|commands)/.test(name)))
      assert.doesNotMatch(withoutComments(read(file)), /console\.\w+\(/, `${file} uses console`);
  });

  it('no file has more than 300 lines', () => {
    for (const file of sources) {
      const lines = read(file).split('\n').length;
      assert.ok(lines <= 301, `${file} has ${String(lines)} lines`);
    }
  });

  it('every source file is imported by another or is an entry', () => {
    const entries = new Set(['sidecar/cli.ts', 'sidecar/wallboard/main.tsx', 'sql/sqlite-checkpoint-thread.ts']);
    const everything = [...sources, ...filesBelow('test'), ...filesBelow('bench')];
    const imported = new Set(
      everything.flatMap((file) =>
        [...read(file).matchAll(/(?:(?<!')from|import\()\s*'(\.[^']+)'/g)].map(([, target = '']) =>
          relative(root, join(root, file, '..', target)).replace(/\.js$/, '.ts'),
        ),
      ),
    );
    for (const file of sources) assert.ok(imported.has(file) || entries.has(file), `${file} is imported by nobody`);
  });

  it('the project speaks of itself alone: no machine paths, no registry hosts', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
      .split('\n')
      .filter((name) => name && existsSync(join(root, name)));
    for (const file of tracked) {
      const text = read(file);
      if (text.includes('\0')) continue;
      assert.doesNotMatch(text, /(^|[^a-z.])\/(work|farm|root)\//m, `${file} names a path of one machine`);
      assert.doesNotMatch(text, /registry\.npmjs|deb\.debian\.org/, `${file} names a registry host`);
    }
  });

  it('the lock file names no download address', () => {
    assert.doesNotMatch(read('package-lock.json'), /"resolved": "https?:/);
  });
});
