/**
 * A stock settings container: one URL with the macro `--A--call_id--B--` in it (vicidial-ccc 4.1).
 *
 * The text is taken apart once and never pasted together again: what comes from a call (20 characters of
 * a checked caller code) is put into decoded values, and the client encodes each value by itself. So a
 * caller's name can neither add nor replace a parameter, and no shell ever sees it (W-1, W-2).
 */

export type Parameter = readonly [name: string, value: string];

/** A container's URL in parts. The macro is still in place. */
export interface ContainerUrl {
  /** `http://host[:port]` or `https://...`, without user info */
  readonly origin: string;
  /** percent-encoded, begins with `/` */
  readonly path: string;
  /** names and values decoded, in the order of the text */
  readonly parameters: readonly Parameter[];
  /** the macro stands in the path or in a parameter */
  readonly asksForCode: boolean;
  /** from `https://user:pass@host`, decoded */
  readonly userInfo: { readonly user: string; readonly pass: string } | undefined;
}

/** Why a container's text cannot be used. */
export type ContainerProblem =
  'empty' | 'too-long' | 'more-than-one-line' | 'control-character' | 'no-url' | 'not-http' | 'macro-in-host' | 'no-call-id';

export type ContainerResult =
  { readonly ok: true; readonly url: ContainerUrl } | { readonly ok: false; readonly problem: ContainerProblem };

export const containerCharactersMax = 8192;
const macro = /--A--call_id--B--/gi;

/** Decode one name or value of a query; text that is not valid percent-encoding stays as it is. */
function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced; // a bare % in a password: VICIdial sends it as it stands
  }
}

function parametersOf(query: string): Parameter[] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [decoded(part), ''] : [decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))];
    });
}

/** True when `text` holds the call_id macro, in any letter case. */
function hasMacro(text: string): boolean {
  return text.search(macro) >= 0;
}

/** `text` with every macro replaced by the 20-character code. */
export function fillMacro(text: string, code: string): string {
  return text.includes('--') ? text.replace(macro, () => code) : text;
}

/** Reads the part before `?`; undefined when it is no web address. */
function readHead(head: string): URL | undefined {
  try {
    return new URL(head);
  } catch {
    return undefined;
  }
}

const known = new Map<string, ContainerResult>();
const knownMax = 200;

/** `parseContainer`, remembered: a site has few containers and each call needs one of them. */
export function readContainer(entry: string): ContainerResult {
  let result = known.get(entry);
  if (!result) {
    if (known.size >= knownMax) known.clear();
    known.set(entry, (result = parseContainer(entry)));
  }
  return result;
}

/** Text of a settings container to its parts. A trailing line feed is harmless, spaces count as `+` (4.1). */
export function parseContainer(entry: string): ContainerResult {
  const refuse = (problem: ContainerProblem): ContainerResult => ({ ok: false, problem });
  if (entry.length > containerCharactersMax) return refuse('too-long');
  const text = entry.trim().replaceAll(' ', '+');
  if (text === '') return refuse('empty');
  if (/[\r\n]/.test(text)) return refuse('more-than-one-line');
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) return refuse('control-character');

  // The reference's HTTP client takes an address without a scheme as http.
  const full = (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`).replace(/#.*$/s, '');
  const question = full.indexOf('?');
  const head = question < 0 ? full : full.slice(0, question);
  const url = readHead(head);
  if (!url?.hostname) return refuse('no-url');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse('not-http');
  const authority = head.replace(/^[^/]*\/\//, '').replace(/\/.*$/s, '');
  if (hasMacro(authority)) return refuse('macro-in-host');
  const parameters = question < 0 ? [] : parametersOf(full.slice(question + 1));
  return {
    ok: true,
    url: {
      origin: url.origin,
      path: url.pathname,
      parameters,
      asksForCode: [url.pathname, ...parameters.flat()].some(hasMacro),
      userInfo: url.username === '' ? undefined : { user: decoded(url.username), pass: decoded(url.password) },
    },
  };
}
