/** What bounds the spool of the queue engine. */
export interface AcdSpoolOptions {
  readonly file: string;
  readonly bytesMax: number;
  /** a save may take this long before its batch goes to the file */
  readonly saveMsMax: number;
  /** pause between tries to reach the database */
  readonly retryEveryMs: number;
  /** segments, and as many events, kept in memory when the file is full; older ones are lost */
  readonly segmentsMax: number;
  /** at the stop the database is waited for so long */
  readonly closeMsMax: number;
}

export const acdSpoolDefaults = { bytesMax: 64 * 1024 * 1024, saveMsMax: 500, retryEveryMs: 500, segmentsMax: 100_000, closeMsMax: 3_000 };
