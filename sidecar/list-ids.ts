/**
 * Ids that are made of what they stand for: the same text gives the same UUID (version 8, RFC 9562), on every machine.
 *
 * Texts that differ in their last three characters only share their first eight digits. External ids and lines mostly come in
 * order, so the ids of a batch lie together in their index: with ids in no order each row of a list touches a page of its own.
 */
import { hash } from 'node:crypto';

const groupedChars = 3;
const groupDigits = 8;

/** One for each load: it remembers the group it is in. */
export function createDigestIds(): (text: string) => string {
  let group: string | undefined;
  let begin = '';
  return (text) => {
    const own = text.slice(0, -groupedChars);
    if (own !== group) {
      group = own;
      begin = hash('sha256', own, 'hex').slice(0, groupDigits);
    }
    return uuidOf(begin + hash('sha256', text, 'hex').slice(groupDigits));
  };
}

function uuidOf(hex: string): string {
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) & 3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
