/**
 * Reads what Asterisk answers to one command, line by line, without any state but the reply that is
 * being read (dependencies 4, rules 4 to 7; asterisk-behaviour 1.4 and 1.5).
 */

/** An answer with code 200: `200 result=<result>[ (<value>)][ name=value...]`. */
export interface AgiReply {
  readonly code: number;
  /** may be empty, or digits that are no number (`GET DATA`) */
  readonly result: string;
  /** text in parentheses; '' for `()`, absent without parentheses */
  readonly value?: string;
  /** e.g. `endpos` */
  readonly attrs: Readonly<Record<string, string>>;
}

export type ReplyItem =
  | { readonly type: 'reply'; readonly reply: AgiReply }
  /** 510, 511, 520 and their like; `text` is the usage text of a 520 */
  | { readonly type: 'refusal'; readonly code: number; readonly text: string }
  | { readonly type: 'hangup' }
  /** a line that is no part of the protocol */
  | { readonly type: 'noise'; readonly line: string }
  /** a reply of several lines grew over the limit */
  | { readonly type: 'too-large' };

const noAttrs: Readonly<Record<string, string>> = Object.freeze({});
const coded = /^(\d{3})(?: (.*))?$/s;
const resulted = /^result=(\S*)(.*)$/s;

export class ReplyReader {
  private readonly charsMax: number;
  private held: string[] = [];
  private heldChars = 0;
  private within: 'nothing' | 'usage' | 'value' = 'nothing';

  /** @param charsMax limit for one reply of several lines, in characters */
  constructor(charsMax: number) {
    this.charsMax = charsMax;
  }

  /** True inside a usage block or a value of several lines. */
  get midway(): boolean {
    return this.within !== 'nothing';
  }

  /** What this line completes; undefined while more lines must follow, and for provisional replies. */
  push(line: string): ReplyItem | undefined {
    if (this.within === 'nothing') return this.first(line);
    // Usage text holds lines that look like replies; only `520 ` ends it (rule 4).
    const isLast = this.within === 'usage' ? line.startsWith('520 ') : closesValue(line);
    this.hold(line);
    if (this.heldChars > this.charsMax) return { type: 'too-large' };
    if (!isLast) return undefined;
    return this.within === 'usage' ? this.endUsage() : toReply(this.release());
  }

  private first(line: string): ReplyItem | undefined {
    if (line === 'HANGUP') return { type: 'hangup' };
    if (line.startsWith('520-')) {
      this.open('usage', line);
      return undefined;
    }
    const [, digits, rest = ''] = coded.exec(line) ?? [];
    const code = Number(digits);
    if (digits === undefined || code < 100) return { type: 'noise', line };
    if (code < 200) return undefined; // `100 result=0 Trying...`: the answer proper follows
    if (code !== 200) return { type: 'refusal', code, text: rest };
    const after = resulted.exec(rest)?.[2];
    if (after === undefined) return { type: 'noise', line };
    if (!after.startsWith(' (') || closesValue(after)) return toReply(line);
    this.open('value', line);
    return undefined;
  }

  private open(within: 'usage' | 'value', line: string): void {
    this.within = within;
    this.hold(line);
  }

  private hold(line: string): void {
    this.held.push(line);
    this.heldChars += line.length + 1;
  }

  private release(): string {
    const text = this.held.join('\n');
    this.held = [];
    this.heldChars = 0;
    this.within = 'nothing';
    return text;
  }

  private endUsage(): ReplyItem {
    const lines = this.release().split('\n');
    return { type: 'refusal', code: 520, text: lines.slice(1, -1).join('\n') };
  }
}

/** A value ends with the last `)` of a line, behind which only `name=value` may stand. */
function closesValue(line: string): boolean {
  const at = line.lastIndexOf(')');
  return at >= 0 && /^(?: \w+=\S*)*\s*$/.test(line.slice(at + 1));
}

function toReply(text: string): ReplyItem {
  const [, result = '', after = ''] = resulted.exec(text.slice('200 '.length)) ?? [];
  const isValued = after.startsWith(' (');
  const end = isValued ? after.lastIndexOf(')') : -1;
  const attrs = readAttrs(after.slice(end + 1));
  return { type: 'reply', reply: isValued ? { code: 200, result, value: after.slice(2, end), attrs } : { code: 200, result, attrs } };
}

function readAttrs(text: string): Readonly<Record<string, string>> {
  if (!text.includes('=')) return noAttrs;
  // no prototype: a name such as `constructor` is a name like any other
  const attrs = Object.create(null) as Record<string, string>;
  for (const [, name = '', value = ''] of text.matchAll(/(?:^| )(\w+)=(\S*)/g)) attrs[name] = value;
  return attrs;
}
