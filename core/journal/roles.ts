/** Whose telephone a channel is (crm-vtiger 8.2): by the name of its endpoint alone, never by a caller id. */

export interface Roles {
  /** Extension of an endpoint; undefined: not one of ours. `PJSIP`, `101` -> `101` */
  extensionOf(technology: string, endpoint: string): string | undefined;
  /** a telephone has this extension */
  hasExtension(extension: string): boolean;
}

/**
 * Extension, or pattern with X (0-9), Z (1-9), N (2-9), to its channel: `101` -> `PJSIP/101`, `1XX` -> `PJSIP/${EXT}`. On
 * FreeSWITCH `user/101@pbx.example` is an account of the directory, `sofia/internal/101` anybody who calls so on that profile.
 */
export type ExtensionMap = Readonly<Record<string, string>>;

export const extensionsMax = 100_000;

const named = /^([A-Za-z0-9.]+)\/(.+)$/;
const digitsOf: Readonly<Record<string, string>> = { X: '[0-9]', Z: '[1-9]', N: '[2-9]' };

/** Of one map, or of several, where the same extension may be another telephone. @throws {RangeError} that names an entry that cannot be */
export function createRoles(maps: ExtensionMap | readonly ExtensionMap[], trunks: readonly string[] = []): Roles {
  const entries = [maps].flat().flatMap((map) => Object.entries(map));
  if (entries.length > extensionsMax) throw new RangeError(`more than ${extensionsMax} extensions`);
  const exact = new Map<string, string>();
  const extensions = new Set<string>();
  const patterns: { readonly technology: string; readonly channel: RegExp; readonly extension: RegExp }[] = [];
  const trunkNames = new Set(trunks.map((name) => name.toLowerCase()));
  for (const [extension, channel] of entries) {
    const [, technology, address] = named.exec(channel) ?? [];
    const endpoint = technology === 'sofia' ? address?.replace(/[@%].*$/, '') : address;
    if (technology === undefined || endpoint === undefined) throw new RangeError(`extension ${extension}: "${channel}" is no channel`);
    if (!/^[A-Za-z0-9_.+*#-]{1,40}$/.test(extension)) throw new RangeError(`extension "${extension}" has other characters`);
    if (channel.includes('${EXT}')) patterns.push(patternOf(extension, technology, endpoint));
    else {
      exact.set(`${technology}/${endpoint}`.toLowerCase(), extension);
      extensions.add(extension);
    }
  }
  function extensionOf(technology: string, endpoint: string): string | undefined {
    if (trunkNames.has(endpoint.toLowerCase())) return undefined;
    const known = exact.get(`${technology}/${endpoint}`.toLowerCase());
    if (known !== undefined) return known;
    for (const { technology: wanted, channel, extension } of patterns) {
      if (wanted.toLowerCase() !== technology.toLowerCase()) continue;
      const found = channel.exec(endpoint)?.[1];
      if (found !== undefined && extension.test(found)) return found;
    }
    // `user/101` is that account in whatever domain
    const [account = '', domain] = technology === 'user' ? endpoint.split('@') : [];
    return domain === undefined ? undefined : extensionOf(technology, account);
  }
  return {
    hasExtension: (extension) => extensions.has(extension) || patterns.some((pattern) => pattern.extension.test(extension)),
    extensionOf,
  };
}

function patternOf(extension: string, technology: string, endpoint: string) {
  const [before = '', after = ''] = endpoint.split('${EXT}');
  return {
    technology,
    channel: new RegExp(`^${escaped(before)}(.+)${escaped(after)}$`),
    extension: new RegExp(`^${Array.from(extension, (c) => digitsOf[c] ?? escaped(c)).join('')}$`),
  };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

export interface ChannelName {
  readonly technology: string;
  /** endpoint without the counter behind it; of a Local channel the extension before `@` */
  readonly endpoint: string;
  /** both halves of a Local channel have the same; undefined for others */
  readonly pair: string | undefined;
}

/** Parts of a channel's name on either switch; undefined for a name that is none. */
export function parseChannelName(name: string): ChannelName | undefined {
  const local = /^Local\/([^@]*)@.*-[0-9a-f]+;([12])$/.exec(name);
  if (local) return { technology: 'Local', endpoint: local[1] ?? '', pair: name.slice(0, -2) };
  const asterisk = /^(?!sofia\/|loopback\/|user\/)([A-Za-z0-9]+)\/(.+)-[0-9a-f]{8}$/.exec(name);
  if (asterisk) return { technology: asterisk[1] ?? '', endpoint: asterisk[2] ?? '', pair: undefined };
  // sofia/internal/101@host:5060, sofia/external/4912 (a gateway), loopback/x-a
  const loopback = /^loopback\/([^/]+)-([ab])$/.exec(name);
  if (loopback) return { technology: 'Local', endpoint: loopback[1] ?? '', pair: undefined };
  // a number behind a gateway has no host: it is nobody's telephone, whatever it looks like
  const sofia = /^sofia\/([^/]+\/[^@/]+)@[^/]*$/.exec(name);
  if (sofia) return { technology: 'sofia', endpoint: sofia[1] ?? '', pair: undefined };
  const verto = /^verto\.rtc\/([^@/]+)(?:@[^/]*)?$/.exec(name);
  if (verto) return { technology: 'verto.rtc', endpoint: verto[1] ?? '', pair: undefined };
  return undefined;
}

/** The user part of what was dialled: `trunk/sip:84951234567@sbc`, `PJSIP/102`, `101@followme/n`. */
export function dialledNumber(dialString: string): string {
  const last =
    dialString
      .split('/')
      .filter((part) => part !== 'n')
      .at(-1) ?? '';
  const user = last.replace(/^sips?:/i, '').split('@')[0] ?? '';
  return user.replace(/[^0-9A-Za-z+*#._-]/g, '');
}
