/** Bytes of a peer to text (3.2). */

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Windows-1252 where it differs from Latin-1, bytes 80 to 9F; a space stands for a byte without a character.
 * Written out, because TextDecoder of Node 20 reads `windows-1252` as plain Latin-1.
 */
const windows1252 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

function fromWindows1252(body: Uint8Array): string {
  const latin1 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  return latin1.replace(/[\x80-\x9f]/g, (byte) => windows1252.charAt(byte.charCodeAt(0) - 0x80));
}

/** A peer sends what its database connection yields: UTF-8, else Windows-1252. */
export function decodeBody(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    return fromWindows1252(body);
  }
}
