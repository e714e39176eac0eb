/** The channels that live on a FreeSWITCH, as `show channels as json` and `show calls as json` tell them. */
import { nameProblem } from '../core/dial-string.js';
import { TandemError } from '../core/errors.js';
import { legPrefix } from '../core/acd/ids.js';

export interface ChannelRow {
  readonly uuid: string;
  readonly name: string;
  readonly isOutbound: boolean;
  readonly presence: string;
  readonly isAnswered: boolean;
  /** to the second */
  readonly createdAtMs: number;
}

export interface RegistrationRow {
  readonly user: string;
  readonly realm: string;
}

/** More rows than a FreeSWITCH can have calls; what is longer is no list. */
const rowsMax = 200_000;

/** Throws TDM_PROTOCOL for an answer that is no list. */
export function channelRows(text: string): readonly ChannelRow[] {
  return rowsOf(text).flatMap((row) => {
    const uuid = textOf(row, 'uuid');
    if (uuid === '') return [];
    return {
      uuid,
      name: textOf(row, 'name'),
      isOutbound: textOf(row, 'direction') === 'outbound',
      presence: textOf(row, 'presence_id'),
      isAnswered: ['ACTIVE', 'HELD', 'UNHELD'].includes(textOf(row, 'callstate')),
      createdAtMs: (Number(textOf(row, 'created_epoch')) || 0) * 1_000,
    };
  });
}

export function registrationRows(text: string): readonly RegistrationRow[] {
  return rowsOf(text).map((row) => ({ user: textOf(row, 'reg_user'), realm: textOf(row, 'realm') }));
}

/** Who is connected to whom. */
export function bridgedPairs(text: string): readonly (readonly [string, string])[] {
  return rowsOf(text).flatMap((row) => {
    const [a, b] = [textOf(row, 'uuid'), textOf(row, 'b_uuid')];
    return a !== '' && b !== '' ? [[a, b] as const] : [];
  });
}

/** Ids of all channels that are connected to another. */
export const bridgedIds = (text: string): ReadonlySet<string> => new Set(bridgedPairs(text).flat());

/**
 * Legs of ours whose id the switch chose (accounts with several telephones): their variable must be asked for. A channel
 * whose id is none that may stand in a command is somebody else's.
 */
export const mayBeLeg = (row: ChannelRow): boolean =>
  row.isOutbound && !row.uuid.startsWith(legPrefix) && !row.name.startsWith('loopback/') && nameProblem('uuid', row.uuid) === undefined;

function rowsOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new TandemError('TDM_PROTOCOL', ['FreeSWITCH', `the list of channels is no JSON: ${JSON.stringify(text.slice(0, 60))}`]);
  }
  if (typeof parsed !== 'object' || parsed === null)
    throw new TandemError('TDM_PROTOCOL', ['FreeSWITCH', 'the list of channels is no object']);
  const { rows, row_count: count } = parsed as { readonly rows?: unknown; readonly row_count?: unknown };
  // Without any channel there is only row_count. Anything less is no list: every call would be taken for gone.
  if (rows === undefined && count === 0) return [];
  if (!Array.isArray(rows) || rows.length > rowsMax)
    throw new TandemError('TDM_PROTOCOL', ['FreeSWITCH', 'the list of channels has no rows']);
  return rows.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null);
}

function textOf(row: Readonly<Record<string, unknown>>, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : '';
}
