/** Lists of contacts as the API shows them, and what the page says of them. Pure. */

export const listStates = ['loading', 'inactive', 'active', 'failed', 'unloaded'] as const;
export type ListState = (typeof listStates)[number];
export const listActions = ['activate', 'deactivate', 'cancel', 'unload'] as const;
export type ListAction = (typeof listActions)[number];

export interface ListRow {
  readonly id: number;
  readonly name: string;
  readonly state: ListState;
  readonly running: boolean;
  readonly rowsRead: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly invalid: number;
  readonly blocked: number;
  readonly noTimeZone: number;
  readonly bytesRead: number;
  readonly bytes?: number;
  readonly rowsPerSecond?: number;
  readonly problem?: string;
  /** address of the refused lines */
  readonly rejects?: string;
}

/** What can be done with a list now, in the order of the buttons. */
export function actionsOf({ state, running }: Pick<ListRow, 'state' | 'running'>): readonly ListAction[] {
  if (running) return ['cancel'];
  if (state === 'active') return ['deactivate', 'unload'];
  if (state === 'inactive') return ['activate', 'unload'];
  return state === 'failed' ? ['unload'] : [];
}

/** These are asked for first. */
export const isAskedFirst = (action: ListAction): boolean => action !== 'deactivate';

/** A load that this or another server goes on with. */
export const isUnderWay = ({ running, state }: Pick<ListRow, 'state' | 'running'>): boolean => running || state === 'loading';

/** 0 to 1; undefined: nobody knows how large the file is. */
export function shareOf({ bytes, bytesRead }: Pick<ListRow, 'bytes' | 'bytesRead'>): number | undefined {
  return bytes === undefined || bytes <= 0 ? undefined : Math.min(1, bytesRead / bytes);
}

/** As long as the rows before have taken; undefined as long as nobody can say. */
export function leftMs(row: Pick<ListRow, 'bytes' | 'bytesRead' | 'rowsRead' | 'rowsPerSecond'>): number | undefined {
  const { bytes, bytesRead, rowsRead, rowsPerSecond = 0 } = row;
  if (bytes === undefined || rowsPerSecond <= 0 || bytesRead <= 0) return undefined;
  const rowsLeft = ((bytes - bytesRead) / bytesRead) * rowsRead;
  return Math.max(0, (rowsLeft / rowsPerSecond) * 1_000);
}

/** The newest first. */
export const newestFirst = (rows: readonly ListRow[]): ListRow[] => [...rows].sort((a, b) => b.id - a.id);

export interface LoadWish {
  readonly fileName: string;
  readonly country: string;
  readonly encoding: string;
  readonly duplicates: string;
  readonly activate: boolean;
}

/** What goes into the address beside the file; `wrong-country` when that is none. */
export function loadQuery(wish: LoadWish): URLSearchParams | 'wrong-country' {
  const country = wish.country.trim().toUpperCase();
  if (country !== '' && !/^[A-Z]{2}$/.test(country)) return 'wrong-country';
  return new URLSearchParams({
    name: wish.fileName.slice(0, 150) || 'list',
    encoding: wish.encoding,
    duplicates: wish.duplicates,
    activate: wish.activate ? 'yes' : 'no',
    ...(country === '' ? {} : { country }),
  });
}
