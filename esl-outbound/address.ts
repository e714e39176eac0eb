/**
 * Which application a call wants: channel variables `tandem_app` and `tandem_args`, or the path of the
 * `socket` application (`host:port/menu,main?lang=de`), in the same form as a FastAGI address.
 */
export interface ApplicationAddress {
  /** '' when the dialplan named none */
  readonly name: string;
  readonly args: readonly string[];
  readonly query: ReadonlyMap<string, string>;
}

const splitArgs = (text: string): string[] => (text === '' ? [] : text.split(','));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a lone percent sign is meant as it stands
  }
}

function readQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    query.set(decoded(equals < 0 ? pair : pair.slice(0, equals)), equals < 0 ? '' : decoded(pair.slice(equals + 1)));
  }
  return query;
}

/** `/menu,main?lang=de` to name, arguments and query. Slashes around the name and a `.agi` ending do not count. */
export function parseAddress(text: string): ApplicationAddress {
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const [name = '', ...args] = path.replace(/^\/+/, '').split(',').map(decoded);
  return { name: plainName(name), args, query: readQuery(mark < 0 ? '' : text.slice(mark + 1)) };
}

/** A name without slash at its end and without `.agi`, so that both spellings find the same application. */
export function plainName(name: string): string {
  return name.replace(/\/+$/, '').replace(/\.agi$/i, '');
}

/** The address of a call from its channel variables. `tandem_app` wins over the path. */
export function addressOf(variable: (name: string) => string | undefined): ApplicationAddress {
  const app = variable('tandem_app');
  const address = parseAddress(app ?? variable('socket_path') ?? '');
  const args = variable('tandem_args');
  return args === undefined ? address : { ...address, args: splitArgs(args) };
}
