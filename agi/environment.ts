/**
 * The environment block: `name: value` lines up to an empty line (asterisk-behaviour 1.1). Values may
 * hold colons (A1); a name that comes twice, or one without `:`, never comes from a sane Asterisk.
 */
export type EnvironmentStep = 'more' | 'done' | 'too-large' | 'no-colon' | 'repeated';

/** Fields of the environment by name, e.g. `agi_uniqueid`. */
export type AgiEnvironment = ReadonlyMap<string, string>;

export class EnvironmentReader {
  readonly fields = new Map<string, string>();
  private readonly charsMax: number;
  private chars = 0;

  /** @param charsMax limit for the whole block, in characters */
  constructor(charsMax: number) {
    this.charsMax = charsMax;
  }

  push(line: string): EnvironmentStep {
    this.chars += line.length + 1;
    if (this.chars > this.charsMax) return 'too-large';
    if (line === '') return 'done';
    const colon = line.indexOf(':');
    if (colon < 0) return 'no-colon';
    const name = line.slice(0, colon);
    // A line feed in a caller-ID name would bring second copies of the fields that follow it: believe none.
    if (this.fields.has(name)) return 'repeated';
    this.fields.set(name, line.slice(colon + 1).trim());
    return 'more';
  }
}

/** Value of a field; the word `unknown` stands for none. */
export function field(environment: AgiEnvironment, name: string): string {
  const value = environment.get(name) ?? '';
  return value === 'unknown' ? '' : value;
}

/** `agi_arg_1`, `agi_arg_2`, ... in order. */
export function applicationArguments(environment: AgiEnvironment): readonly string[] {
  const args: string[] = [];
  for (let n = 1; ; n++) {
    const value = environment.get(`agi_arg_${n}`);
    if (value === undefined) return args;
    args.push(value);
  }
}

/** Last segment of the script path, without query: `lab/menu.agi?k=v` gives `menu.agi`. */
export function scriptName(environment: AgiEnvironment): string {
  const path = (environment.get('agi_network_script') ?? '').split('?', 1)[0] ?? '';
  return path.split('/').findLast((segment) => segment !== '') ?? '';
}

/** `?name=value&...` of `agi_request`, percent-decoded; `+` stays `+`, for phone numbers. */
export function requestQuery(environment: AgiEnvironment): ReadonlyMap<string, string> {
  const request = environment.get('agi_request') ?? '';
  const at = request.indexOf('?');
  const query = new Map<string, string>();
  if (at < 0) return query;
  for (const pair of request.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    query.set(decodePercent(name), decodePercent(value));
  }
  return query;
}

/** `%XX` to bytes to UTF-8 text. A `%` that begins no such triple stands for itself. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}
