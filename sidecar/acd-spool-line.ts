/**
 * One line of the spool: checksum, blank, JSON. A line holds a batch and the fence under which it was made, or says that
 * a later owner has adopted what stands before it.
 */
import { crc32 } from 'node:zlib';
import type { AcdBatch } from '../core/acd-ports.js';
import { kinds } from './acd-batches.js';

export type SpoolRecord =
  | { readonly kind: 'batch'; readonly fence: number; readonly batch: AcdBatch }
  /** everything before that was made under `from` or later now counts as made under `fence` */
  | { readonly kind: 'adopted'; readonly fence: number; readonly from: number };

/** With its line feed. */
export function encodeLine(record: SpoolRecord): string {
  const json = JSON.stringify(record.kind === 'batch' ? { ...record, batch: plain(record.batch) } : record);
  return `${checksum(json)} ${json}\n`;
}

/** Without its line feed; undefined when the checksum is not that of the text. */
export function decodeLine(line: string): SpoolRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return undefined;
  const record = JSON.parse(json) as { kind: string; batch: ReturnType<typeof plain> };
  return (record.kind === 'batch' ? { ...record, batch: batchOf(record.batch) } : record) as SpoolRecord;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

type Entries = readonly (readonly [string, unknown])[];
type Plain = Record<(typeof kinds)[number], Entries> & { readonly system: unknown; readonly segments: unknown; readonly events: unknown };

function plain(batch: AcdBatch): Plain {
  const entries = Object.fromEntries(kinds.map((kind) => [kind, [...batch[kind]].map(([id, thing]) => [id, thing ?? null])]));
  return { ...entries, system: batch.system ?? null, segments: batch.segments, events: batch.events } as unknown as Plain;
}

function batchOf(given: Plain): AcdBatch {
  const maps = Object.fromEntries(kinds.map((kind) => [kind, new Map(given[kind].map(([id, thing]) => [id, thing ?? undefined]))]));
  return { ...maps, system: given.system ?? undefined, segments: given.segments, events: given.events ?? [] } as unknown as AcdBatch;
}
