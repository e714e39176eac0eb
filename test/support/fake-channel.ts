/** What Asterisk 22 answers to AGI commands on one channel, as far as tests need it (asterisk-behaviour 1). */

const dead = '511 Command Not Permitted on a dead channel or intercept routine';
/** Refused after the caller has gone (1.10). */
const needsLive = /^(?:ANSWER|HANGUP|CHANNEL STATUS|STREAM FILE|GET DATA|GET OPTION|WAIT FOR DIGIT|SAY |RECORD FILE|SET CALLERID|GOSUB)/;

export class FakeChannel {
  readonly variables = new Map<string, string>();
  /** where the dialplan goes on after the session, as far as the server said */
  readonly place: { context?: string; extension?: string; priority?: string } = {};
  isLive = true;
  private isUp = false;
  private readonly keys: string[];
  private readonly missing: ReadonlySet<string>;

  constructor(variables: Readonly<Record<string, string>>, keys: readonly string[], missing: readonly string[]) {
    for (const [name, value] of Object.entries(variables)) this.variables.set(name, value);
    this.keys = [...keys];
    this.missing = new Set(missing);
  }

  answer(line: string): string {
    if (!this.isLive && needsLive.test(line)) return dead;
    const words = splitWords(line);
    const [first = '', second = ''] = words;
    switch (first) {
      case 'ANSWER':
        this.isUp = true;
        return '200 result=0';
      case 'HANGUP':
        return '200 result=1';
      case 'EXEC':
        if (second === 'MSet') this.setMany(words[2] ?? '');
        return '200 result=0';
      case 'NOOP':
        return '200 result=0';
      case 'VERBOSE':
        return '200 result=1';
      case 'CHANNEL':
        return `200 result=${this.isUp ? 6 : 4}`;
      case 'STREAM':
        return this.stream(words[2] ?? '', words[3] ?? '');
      case 'WAIT':
        return `200 result=${codeOf(this.keys.shift() ?? '')}`;
      case 'GET':
        return second === 'VARIABLE' ? this.get(words[2] ?? '') : this.getFull(line);
      case 'SET':
        return this.set(second, words.slice(2));
      default:
        return '510 Invalid or unknown command';
    }
  }

  private stream(file: string, escapeDigits: string): string {
    if (this.missing.has(file)) return '200 result=-1 endpos=0';
    const isAsked = escapeDigits !== '' && this.keys.length > 0;
    const key = isAsked ? (this.keys.shift() ?? '') : '';
    return key !== '' && escapeDigits.includes(key) ? `200 result=${codeOf(key)} endpos=6400` : '200 result=0 endpos=1600';
  }

  private get(name: string): string {
    const value = this.variables.get(name);
    return value === undefined ? '200 result=0' : `200 result=1 (${value})`;
  }

  /** `${NAME}`, `${URIENCODE(${NAME})}` and several of these; an unset variable is empty here. */
  private getFull(line: string): string {
    if (line.endsWith('|.')) {
      const text = line
        .slice('GET FULL VARIABLE '.length)
        .replace(/\$\{URIENCODE\(\$\{(.*?)\}\)\}/g, (_, name: string) => uriEncode(this.variables.get(name) ?? ''));
      return `200 result=1 (${text})`;
    }
    const encoded = /^GET FULL VARIABLE \$\{URIENCODE\(\$\{(.*)\}\)\}$/.exec(line)?.[1];
    const plain = /^GET FULL VARIABLE \$\{(.*)\}$/.exec(line)?.[1] ?? '';
    const value = this.variables.get(encoded ?? plain) ?? '';
    return `200 result=1 (${encoded === undefined ? value : uriEncode(value)})`;
  }

  private set(what: string, values: readonly string[]): string {
    const [first = '', second = ''] = values;
    if (what === 'VARIABLE') this.variables.set(first.replace(/^__?/, ''), second);
    else if (what === 'CALLERID') this.setCallerId(first);
    else if (what === 'CONTEXT') this.place.context = first;
    else if (what === 'EXTENSION') this.place.extension = first;
    else if (what === 'PRIORITY') this.place.priority = first;
    else return what === 'MUSIC' || what === 'AUTOHANGUP' ? '200 result=0' : '510 Invalid or unknown command';
    return what === 'VARIABLE' || what === 'CALLERID' ? '200 result=1' : '200 result=0';
  }

  /** Pairs split at commas; a backslash takes the next character as it is. */
  private setMany(argument: string): void {
    for (const [text] of argument.matchAll(/(?:\\.|[^\\,])+/gs)) {
      const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(text.replace(/\\(.)/gs, '$1')) ?? [];
      this.variables.set(name, value);
    }
  }

  private setCallerId(text: string): void {
    const [, name = '', number = ''] = /^(.*?)\s*<(.*)>$/.exec(text) ?? [text, '', text];
    this.variables.set('CALLERID(name)', name.replace(/^"(.*)"$/, '$1'));
    this.variables.set('CALLERID(num)', number);
  }
}

/** Words as Asterisk's own parser makes them: quotes group, a backslash takes the next character as it is. */
export function splitWords(line: string): string[] {
  const words = [...line.matchAll(/(?:"(?:\\.|[^"\\])*"|\\.|[^\s"])+/g)].map(([text]) => text);
  return words.map((text) => text.replace(/\\(.)|"/g, (_, escaped: string | undefined) => escaped ?? ''));
}

function codeOf(key: string): number {
  return key === '' ? 0 : key.charCodeAt(0);
}

/** URIENCODE: everything but letters, digits and `-_.~` as %XX of its bytes. */
function uriEncode(value: string): string {
  const plain = /[A-Za-z0-9_.~-]/;
  return [...Buffer.from(value)]
    .map((byte) =>
      plain.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}
