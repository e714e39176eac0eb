/** An event of the socket and its three written forms (esl-outbound 1, transcripts in-events-plain, -json, -xml). */

export type EventHeaders = readonly (readonly [name: string, value: string])[];

export interface SocketEvent {
  /** `CUSTOM`, `PRESENCE_IN`, `BACKGROUND_JOB`, ... */
  readonly name: string;
  /** of CUSTOM events */
  readonly subclass: string | undefined;
  /** every header in order, name and subclass among them */
  readonly headers: EventHeaders;
  readonly body: string | undefined;
}

export const eventFormats = ['plain', 'json', 'xml'] as const;
export type EventFormat = (typeof eventFormats)[number];

/** The whole message with its frame. */
export function writeEvent(event: SocketEvent, format: EventFormat): string {
  const text = format === 'plain' ? plain(event) : format === 'json' ? json(event) : xml(event);
  return `Content-Length: ${String(Buffer.byteLength(text))}\nContent-Type: text/event-${format}\n\n${text}`;
}

function plain({ headers, body }: SocketEvent): string {
  const lines = headers.map(([name, value]) => `${safeName(name)}: ${coded(value)}\n`).join('');
  return body === undefined ? `${lines}\n` : `${lines}Content-Length: ${String(Buffer.byteLength(body))}\n\n${body}`;
}

/** By hand: a header may be there twice, as in the reference, and names that are numbers would change their place in an object. */
function json({ headers, body }: SocketEvent): string {
  const more = body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const, ['_body', body] as const];
  return `{${[...headers, ...more].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

function xml({ headers, body }: SocketEvent): string {
  const lines = headers.map(([name, value]) => `    <${elementName(name)}>${coded(value)}</${elementName(name)}>\n`).join('');
  const rest =
    body === undefined ? '' : `  <Content-Length>${String(Buffer.byteLength(body))}</Content-Length>\n  <body>${escaped(body)}</body>\n`;
  return `<event>\n  <headers>\n${lines}  </headers>\n${rest}</event>\n`;
}

const escaped = (text: string): string => text.replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'));

/** A name from outside can neither end its line nor its element. */
const safeName = (name: string): string => name.replace(/[^\x21-\x39\x3b-\x7e]/g, '_');
const elementName = (name: string): string => name.replace(/[^\w.-]/g, '_').replace(/^(?![A-Za-z_])/, '_');

/** Every byte outside printable ASCII, and of that what the reference codes. */
const plainBytes = new Set(
  [...Array(94).keys()]
    .map((i) => String.fromCharCode(33 + i))
    .filter((c) => !'"#%&+:;<=>?@[\\]^{|}`'.includes(c))
    .map((c) => c.charCodeAt(0)),
);

/** Percent-coded as the reference does it: `%20`, upper case. */
export function coded(value: string): string {
  if (/^[\w./,()'!$*~-]*$/.test(value)) return value;
  let text = '';
  for (const byte of Buffer.from(value, 'utf8'))
    text += plainBytes.has(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return text;
}

/** What stands at the head of every event; `atMs` Unix ms. */
export interface EventHead {
  readonly coreUuid: string;
  readonly hostname: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** minutes east of UTC at that moment, for the local time */
  offsetMinutes(atMs: number): number;
}

export function headOf(
  head: EventHead,
  event: { readonly name: string; readonly subclass?: string | undefined; readonly from: string },
  atMs: number,
  sequence: number,
): EventHeaders {
  const local = new Date(atMs + head.offsetMinutes(atMs) * 60_000).toISOString();
  return [
    ...(event.subclass === undefined ? [] : [['Event-Subclass', event.subclass] as const]),
    ['Event-Name', event.name],
    ['Core-UUID', head.coreUuid],
    ['FreeSWITCH-Hostname', head.hostname],
    ['FreeSWITCH-Switchname', head.hostname],
    ['FreeSWITCH-IPv4', head.ipv4],
    ['FreeSWITCH-IPv6', head.ipv6],
    ['Event-Date-Local', `${local.slice(0, 10)} ${local.slice(11, 19)}`],
    ['Event-Date-GMT', new Date(atMs).toUTCString()],
    ['Event-Date-Timestamp', String(Math.round(atMs * 1000))],
    ['Event-Calling-File', 'tandem'],
    ['Event-Calling-Function', event.from],
    ['Event-Calling-Line-Number', '1'],
    ['Event-Sequence', String(sequence)],
  ];
}
