/** Ids that are made of what they stand for: the same text gives the same UUID (version 8, RFC 9562), on every machine. */
import { hash } from 'node:crypto';

export function digestId(text: string): string {
  const hex = hash('sha256', text, 'hex');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) & 3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
