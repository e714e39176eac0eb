/** Commands to FreeSWITCH as text. Nothing leaves with a line break that we did not mean (E18, rule 12.7). */
import { TandemError } from '../core/errors.js';

/** FreeSWITCH reads commands byte by byte with one system call each: long ones are slow (spec section 11). */
export const commandBytesMax = 64 * 1024;

export type CommandHeaders = Readonly<Record<string, string | number | boolean>>;

const unsafe = /[\r\n\0]/;

function checked(what: string, text: string): string {
  if (unsafe.test(text)) throw new TandemError('TDM_BAD_VALUE', [what, 'a line break or NUL may not be sent']);
  return text;
}

/**
 * One whole command: first line, headers, empty line, and a body with its length in bytes if one is given.
 * Throws TDM_BAD_VALUE for CR, LF or NUL outside the body and for a command that is too long.
 */
export function commandText(first: string, headers: CommandHeaders = {}, body?: string): string {
  let text = `${checked('command', first)}\n`;
  for (const [name, value] of Object.entries(headers)) {
    text += `${checked('header name', name)}: ${checked(name, String(value))}\n`;
  }
  if (body !== undefined) text += `content-length: ${Buffer.byteLength(body)}\n`;
  text += `\n${body ?? ''}`;
  if (Buffer.byteLength(text) > commandBytesMax)
    throw new TandemError('TDM_BAD_VALUE', ['command', `longer than ${commandBytesMax} bytes`]);
  return text;
}
