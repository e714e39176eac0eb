/**
 * Checks an action before it goes on the wire, where one stray line break would be an action of its own
 * (dependencies section 6, M7, M11). Limits and the escaping of `Variable` were tried on Asterisk 22.
 */
import { TandemError } from '../core/errors.js';

export type AmiScalar = string | number | boolean;
/** Fields of an action. Only `Variable` may be a record, name to value; undefined fields are left out. */
export type AmiFields = Readonly<Record<string, AmiScalar | Readonly<Record<string, AmiScalar>> | undefined>> & { readonly Action: string };

/** Asterisk refuses longer lines (`line too long`). Bytes without the line break. */
export const actionLineBytesMax = 1_022;
/** Asterisk refuses more (`Too many lines in message`). The ActionID is one of them. */
export const actionLinesMax = 128;

/** The same fields as texts, safe to write. Throws TDM_BAD_VALUE with the name of the field. */
export function encodeAction(fields: AmiFields): Record<string, string | Record<string, string>> {
  const encoded: Record<string, string | Record<string, string>> = {};
  let lines = 1;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name) || name.toLowerCase() === 'actionid') refuse(name, 'no name of a field');
    if (typeof value === 'object') {
      encoded[name] = encodeVariables(name, value);
      lines += Object.keys(value).length;
    } else {
      encoded[name] = line(name, `${name}: `, text(name, value));
      lines++;
    }
  }
  if (lines > actionLinesMax) refuse(fields.Action, `more than ${actionLinesMax} lines`);
  return encoded;
}

/** Channel variables. Asterisk splits such a line at commas and takes quotes and brackets out, so these are escaped. */
function encodeVariables(field: string, variables: Readonly<Record<string, AmiScalar>> | null): Record<string, string> {
  if (variables === null || field.toLowerCase() !== 'variable') return refuse(field, 'only Variable may hold several values');
  const encoded: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (!/^_{0,2}[A-Za-z][A-Za-z0-9_]*(?:\([A-Za-z0-9_,.-]*\))?$/.test(name)) refuse(`${field} ${name}`, 'no name of a channel variable');
    encoded[escaped(name)] = line(name, `${field}: ${escaped(name)}=`, escaped(text(name, value)));
  }
  return encoded;
}

const escaped = (value: string) => value.replace(/[\\",()[\]]/g, '\\$&');

function text(name: string, value: AmiScalar): string {
  // The types forbid null and objects; a caller that came from JSON may bring them all the same.
  if (!['string', 'number', 'boolean'].includes(typeof value)) return refuse(name, 'text, number or boolean wanted');
  const plain = String(value);
  // eslint-disable-next-line no-control-regex -- these are the characters that would start a new line or end the text
  if (/[\r\n\u0000]/.test(plain)) return refuse(name, 'line break or NUL');
  return plain;
}

function line(name: string, head: string, value: string): string {
  if (Buffer.byteLength(head + value) > actionLineBytesMax) return refuse(name, `line longer than ${actionLineBytesMax} bytes`);
  return value;
}

function refuse(name: string, reason: string): never {
  throw new TandemError('TDM_BAD_VALUE', [`AMI field ${JSON.stringify(name)}`, reason]);
}
