/** The one place that puts values into AGI command lines (A8; asterisk-behaviour 1.11 and 1.12). */
import { TandemError } from '../core/errors.js';

/** These bytes end or cut a command on Asterisk's side. */
const breaking = /[\r\n\0]/;
const plain = /^[A-Za-z0-9_.*#+/:@-]+$/;
const variable = /^_{0,2}[A-Za-z0-9_.-]+(?:\([A-Za-z0-9_ .,/:@*#+-]*\))?$/;
const application = /^[A-Za-z][A-Za-z0-9_]*$/;

/** A value in double quotes, safe for one argument. Rejects CR, LF and NUL with TDM_BAD_VALUE. */
export function quoted(value: string, what: string): string {
  refuseBreaking(value, what);
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** A plain word as it is, anything else quoted: `ccc_menu`, `"my menu"`. */
export function word(value: string, what: string): string {
  return plain.test(value) ? value : quoted(value, what);
}

/** A variable or function name: `FOO`, `__FOO`, `CALLERID(name)`; nothing that Asterisk would substitute. */
export function variableName(name: string): string {
  if (!variable.test(name)) throw new TandemError('TDM_BAD_VALUE', ['variable name', 'letters, digits and one pair of parentheses only']);
  return name;
}

export function applicationName(name: string): string {
  if (!application.test(name)) throw new TandemError('TDM_BAD_VALUE', ['application', 'letters, digits and underscore only']);
  return name;
}

/** Keys that may stop a prompt. */
export function digitSet(digits: string): string {
  if (!/^[0-9*#A-Da-d]*$/.test(digits)) throw new TandemError('TDM_BAD_VALUE', ['escape digits', 'only 0-9 * # A-D']);
  return `"${digits}"`;
}

/** A caller-ID number inside `<>`: no quotes, angle brackets, backslashes or spaces (AGI-9). */
export function callerNumber(number: string): string {
  if (/[\s"<>\\]/.test(number)) throw new TandemError('TDM_BAD_VALUE', ['caller-ID number', 'quotes, angle brackets or spaces']);
  refuseBreaking(number, 'caller-ID number');
  return number;
}

/** Why a whole command line cannot arrive as one command. `bytesMax` counts without the LF. */
export function lineProblem(line: string, bytesMax: number): TandemError | undefined {
  if (breaking.test(line)) return breakingProblem('AGI command');
  // A longer line is cut by Asterisk, and its rest is run as the next command.
  if (line.length * 3 <= bytesMax || Buffer.byteLength(line) <= bytesMax) return undefined;
  return new TandemError('TDM_BAD_VALUE', ['AGI command', `longer than ${bytesMax} bytes`]);
}

/** The command's first two words, for messages: never its values. */
export function verb(line: string): string {
  return (/^[A-Za-z]+(?: [A-Za-z]+)?/.exec(line)?.[0] ?? '').slice(0, 40);
}

function refuseBreaking(value: string, what: string): void {
  if (breaking.test(value)) throw breakingProblem(what);
}

function breakingProblem(what: string): TandemError {
  return new TandemError('TDM_BAD_VALUE', [what, 'line feed, carriage return or NUL']);
}
