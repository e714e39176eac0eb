/** Just enough SIP for a test phone: read a message, write a message. */

export interface SipMessage {
  /** 0 for a request */
  readonly status: number;
  readonly reason: string;
  /** '' for a response */
  readonly method: string;
  readonly callId: string;
  readonly cseq: number;
  readonly cseqMethod: string;
  readonly body: string;
  readonly raw: string;
  /** first value of a header, '' without; the name in lower case */
  header(name: string): string;
  headers(name: string): readonly string[];
}

/** Read one datagram. A phone on loopback meets only well-formed messages; anything else gives empty fields. */
export function parseSip(datagram: Buffer): SipMessage {
  const raw = datagram.toString('latin1');
  const end = raw.indexOf('\r\n\r\n');
  const [start = '', ...lines] = (end < 0 ? raw : raw.slice(0, end)).split('\r\n');
  const table = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    table.set(name, [...(table.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const headers = (name: string): readonly string[] => table.get(name) ?? [];
  const header = (name: string): string => headers(name)[0] ?? '';
  const response = /^SIP\/2\.0 (\d+) (.*)/.exec(start);
  const [cseq = '0', cseqMethod = ''] = header('cseq').split(' ');
  return {
    status: response ? Number(response[1]) : 0,
    reason: response?.[2] ?? '',
    method: response ? '' : (start.split(' ')[0] ?? ''),
    callId: header('call-id'),
    cseq: Number(cseq),
    cseqMethod,
    body: end < 0 ? '' : raw.slice(end + 4),
    raw,
    header,
    headers,
  };
}

/** Start line, headers (without empty ones) and body to one datagram. */
export function writeSip(start: string, headers: readonly string[], body: string): string {
  const type = body === '' ? [] : ['Content-Type: application/sdp'];
  return [start, ...headers, ...type, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

/** The tag parameter of a From or To header, '' without. */
export const tagOf = (header: string): string => /;tag=([^;>\s]+)/.exec(header)?.[1] ?? '';

/** The URI of a name-addr: `"x" <sip:a@b>;tag=1` gives `sip:a@b`. */
export const uriOf = (header: string): string => /<([^>]+)>/.exec(header)?.[1] ?? header.split(';')[0]?.trim() ?? '';

/** The display name, without quotes, '' without. */
export const displayNameOf = (header: string): string =>
  /^\s*"((?:[^"\\]|\\.)*)"/.exec(header)?.[1] ?? /^\s*([^<"]*?)\s*</.exec(header)?.[1] ?? '';

/** The user part of the URI. */
export const userOf = (header: string): string => /^sips?:([^@;]*)@/.exec(uriOf(header))?.[1] ?? '';
