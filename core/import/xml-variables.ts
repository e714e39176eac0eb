/** FreeSWITCH's preprocessor, as far as a single file shows it: `X-PRE-PROCESS cmd="set"` and `$${name}` values. */
import type { Remark } from './report.js';
import { elementsNamed, type XmlElement } from './xml-element.js';

export interface Preprocessed {
  readonly root: XmlElement;
  readonly remarks: readonly Remark[];
}

/** Expansions of one value: a variable may name another one. */
const depthMax = 10;

/**
 * Puts values in. `given` goes before what the file sets. What is not known stays as it is, so that whoever needs the
 * value can leave it out and say so; other commands of the preprocessor are named.
 */
export function preprocess(root: XmlElement, given: ReadonlyMap<string, string>): Preprocessed {
  const values = new Map(given);
  const remarks: Remark[] = [];
  for (const element of elementsNamed(root, 'x-pre-process')) {
    const { cmd = '', data = '' } = element.attributes;
    const found = /^([^=\s]+)\s*=(.*)$/s.exec(data);
    if (cmd === 'set' && found) {
      const [, name = '', value = ''] = found;
      if (!given.has(name)) values.set(name, value.trim().replace(/^(['"])(.*)\1$/, '$2'));
    } else
      remarks.push({
        line: element.line,
        about: `X-PRE-PROCESS cmd="${cmd}" data="${data}"`,
        text: 'is not followed: import what it names as well',
      });
  }
  return { root: replaced(root, values), remarks };
}

function replaced(element: XmlElement, values: ReadonlyMap<string, string>): XmlElement {
  if (element.name.toLowerCase() === 'x-pre-process') return element;
  const attributes = Object.fromEntries(Object.entries(element.attributes).map(([name, value]) => [name, expand(value, values)]));
  return { ...element, attributes, children: element.children.map((child) => replaced(child, values)) };
}

function expand(text: string, values: ReadonlyMap<string, string>): string {
  let now = text;
  for (let i = 0; i < depthMax; i++) {
    const next = now.replace(/\$\$\{([^{}$]+)\}/g, (all, name: string) => values.get(name) ?? all);
    if (next === now) break;
    now = next;
  }
  return now;
}

/** The first value that nobody set; undefined when there is none. */
export const unresolved = (text: string): string | undefined => /\$\$\{[^}]*\}/.exec(text)?.[0];
