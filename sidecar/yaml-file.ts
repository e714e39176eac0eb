/** A YAML file with its lines, so that every problem can name the place it stands. */
import { readFileSync } from 'node:fs';
import { LineCounter, isMap, isNode, isSeq, parseDocument, type Document } from 'yaml';
import { TandemError } from '../core/errors.js';

export interface Problem {
  readonly file: string;
  /** 1-based; undefined when the problem has no place in a file (environment) */
  readonly line: number | undefined;
  /** dotted path of the value, e.g. `menus.0.options.A` */
  readonly path: string;
  readonly message: string;
}

export type PathPart = string | number;

export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  /** line of the value at this path, or of the nearest parent that exists */
  lineOf(path: readonly PathPart[]): number | undefined;
  /** syntax errors and duplicate keys */
  readonly problems: readonly Problem[];
}

export const yamlBytesMax = 32 * 1024 * 1024;

/** Read and parse; throws TDM_BAD_FILE only when the file cannot be read or is too large. Syntax errors come back as problems. */
export function readYamlFile(file: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new TandemError('TDM_BAD_FILE', [file, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`], { cause });
  }
  if (text.length > yamlBytesMax) throw new TandemError('TDM_BAD_FILE', [file, `is larger than ${String(yamlBytesMax)} bytes`]);
  return parseYaml(text, file);
}

export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: '1.2' });
  const problems = doc.errors.map((e) => ({
    file,
    line: lines.linePos(e.pos[0]).line,
    path: '',
    message: e.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? 'syntax error',
  }));
  return {
    file,
    value: problems.length ? undefined : toJs(doc, problems, file),
    lineOf: (path) => lineOf(doc, lines, path),
    problems,
  };
}

function toJs(doc: Document, problems: Problem[], file: string): unknown {
  try {
    return doc.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (e) {
    problems.push({ file, line: undefined, path: '', message: (e as Error).message });
    return undefined;
  }
}

function lineOf(doc: Document, lines: LineCounter, path: readonly PathPart[]): number | undefined {
  let node: unknown = doc.contents;
  let line = offsetLine(node, lines);
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isNode(item.key) ? item.key.toJSON() : item.key) === String(part));
      if (!pair) return line;
      line = offsetLine(pair.key, lines) ?? line;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      line = offsetLine(node, lines) ?? line;
    } else return line;
  }
  return line;
}

function offsetLine(node: unknown, lines: LineCounter): number | undefined {
  const start = isNode(node) ? node.range?.[0] : undefined;
  return start === undefined ? undefined : lines.linePos(start).line;
}

/** `file:line: path: message`, one line a problem. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems
    .map((p) => `${p.file}${p.line === undefined ? '' : `:${String(p.line)}`}: ${p.path ? `${p.path}: ` : ''}${p.message}`)
    .join('\n');
}
