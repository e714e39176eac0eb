/** The built wallboard (`dist/wallboard`), read once and kept in memory: what is not a file of the build cannot be asked for. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageFolder } from './package-files.js';

export interface WebFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly tag: string;
}

/** By path below the folder, with `/` on every system; empty when nothing is built. */
export type WebFiles = ReadonlyMap<string, WebFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export function readWebFiles(folder = join(packageFolder, 'dist', 'wallboard')): WebFiles {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name) in types);
  return new Map(names.map((name) => [name.split(sep).join('/'), webFile(join(folder, name))]));
}

function webFile(path: string): WebFile {
  const body = readFileSync(path);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: types[extname(path)] ?? '', body, gzip: gzipSync(body), tag };
}
