/** An XML file with its lines. Comments are taken out first: FreeSWITCH allows in them what XML forbids. */
import { readFileSync, statSync } from 'node:fs';
import { parseXml, XmlElement as Node, XmlError } from '@rgrove/parse-xml';
import { TandemError } from '../core/errors.js';
import type { XmlElement } from '../core/import/xml-element.js';

export const xmlBytesMax = 16 * 1024 * 1024;
/** Elements inside elements. */
const depthMax = 100;

/** Throws TDM_BAD_FILE with the line when it cannot be read. Loads nothing that the file names. */
export function readXmlFile(file: string): XmlElement {
  let text: string;
  try {
    const { size } = statSync(file); // before it fills the memory
    if (size > xmlBytesMax) throw tooLarge(file);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof TandemError) throw cause;
    throw new TandemError('TDM_BAD_FILE', [file, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`], { cause });
  }
  return parseXmlText(text, file);
}

/** A fragment with several elements at the top is taken as well: the file is an include then. */
export function parseXmlText(text: string, file: string): XmlElement {
  if (text.length > xmlBytesMax) throw tooLarge(file);
  const blank = (found: string): string => found.replace(/[^\n]/g, ' ');
  const plain = text
    .replace(/^\uFEFF/, ' ')
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/<\?[\s\S]*?\?>/g, blank)
    .replace(/<!DOCTYPE[^[>]*>/gi, blank);
  // on one line with the file's own first one, so that lines stay what they are
  const wrapped = `<document>${plain}\n</document>`;
  try {
    const { root } = parseXml(wrapped, { includeOffsets: true });
    if (!root) throw new TandemError('TDM_BAD_FILE', [file, 'is empty']);
    return elementOf(root, lineStarts(wrapped), file, 0);
  } catch (e) {
    if (!(e instanceof XmlError)) throw e;
    throw new TandemError('TDM_BAD_FILE', [file, `line ${String(e.line)}: ${e.message.split('\n')[0] ?? 'is no XML'}`], { cause: e });
  }
}

const tooLarge = (file: string): TandemError => new TandemError('TDM_BAD_FILE', [file, `is larger than ${String(xmlBytesMax)} bytes`]);

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function elementOf(node: Node, starts: readonly number[], file: string, depth: number): XmlElement {
  if (depth > depthMax) throw new TandemError('TDM_BAD_FILE', [file, `more than ${String(depthMax)} elements inside each other`]);
  const children = node.children.filter((child): child is Node => child instanceof Node);
  return {
    name: node.name,
    attributes: { ...node.attributes },
    children: children.map((child) => elementOf(child, starts, file, depth + 1)),
    line: lineOf(node.start, starts),
  };
}

function lineOf(offset: number, starts: readonly number[]): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
