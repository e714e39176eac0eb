/** Enough of XML to check a configuration file: nesting, attributes, comments. No declarations, no CDATA. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
}

const token = /<!--([\s\S]*?)-->|<(\/?)([A-Za-z][\w.-]*)((?:\s+[A-Za-z][\w.-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

/** The root element; throws with the offset when the text is not well formed. */
export function readXml(text: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [] };
  const open = [root];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (!found) throw new Error(`not well formed at offset ${String(at)}: ${text.slice(at, at + 40)}`);
    const [, comment, closes, name, attributes = '', isEmpty, plain] = found;
    if (comment?.includes('--')) throw new Error(`"--" inside a comment at offset ${String(at)}`);
    if (plain !== undefined && (plain.trim() !== '' || plain.includes('&')))
      throw new Error(`text outside of attributes at offset ${String(at)}`);
    if (name !== undefined) step(open, name, closes === '/', isEmpty === '/', readAttributes(attributes));
    at = token.lastIndex;
  }
  const [only] = root.children;
  if (open.length !== 1 || root.children.length !== 1 || !only) throw new Error('not exactly one closed root element');
  return only;
}

function step(open: XmlElement[], name: string, closes: boolean, isEmpty: boolean, attributes: Record<string, string>): void {
  if (closes) {
    const last = open.pop();
    if (last?.name !== name) throw new Error(`</${name}> closes <${last?.name ?? ''}>`);
    return;
  }
  const element: XmlElement = { name, attributes, children: [] };
  open.at(-1)?.children.push(element);
  if (!isEmpty) open.push(element);
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([\w.-]+)="([^"]*)"/g)) {
    if (/&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(value)) throw new Error(`bare & in ${name}`);
    if (Object.hasOwn(attributes, name)) throw new Error(`attribute ${name} twice`);
    attributes[name] = value;
  }
  return attributes;
}

/** The element and all below it with this name. */
export function elements(from: XmlElement, name: string): XmlElement[] {
  return [...(from.name === name ? [from] : []), ...from.children.flatMap((child) => elements(child, name))];
}
