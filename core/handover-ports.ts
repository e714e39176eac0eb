/** What the destination side of a hand-over needs from the store; part of `ports.ts`, whose common rules count here too. */
import type { LeadText } from './leads/lead.js';

export interface HandoverRecord {
  readonly peerId: string;
  readonly containerId: string;
  /** the 20 characters received */
  readonly remoteCode: string;
  readonly remoteLeadId: number;
  readonly uniqueId: string;
  readonly channel: string;
  readonly serverIp: string;
  /** the lead with its local list_id already in place */
  readonly lead: LeadText;
  /** list_id at the origin, for entry_list_id (AGI-8); undefined = leave 0 */
  readonly entryListId: string | undefined;
  readonly atMs: number;
}

export interface Handovers {
  /**
   * One transaction: idempotency key (peer, remote code, uniqueid), vicidial_list row (AGI-7, AGI-8),
   * vicidial_ccc_log row. The same key within `windowMs` gives the first result with `repeated` true and
   * no second row (AGI-5). `codeFor` makes the local caller code once the lead id is known. `cut` names
   * the fields that were shortened. Rejects with TDM_STORE_DOWN or TDM_BAD_VALUE; then nothing is stored.
   */
  insert(
    record: HandoverRecord,
    codeFor: (leadId: number) => string,
    windowMs: number,
  ): Promise<{ readonly leadId: number; readonly localCode: string; readonly repeated: boolean; readonly cut: readonly string[] }>;
  /**
   * The result of an earlier `insert` with this key at or after `notBeforeMs`, with the lead's number as stored
   * ('' when the lead is gone): a repeated call need not ask the origin, who may answer a code only once (AGI-5).
   */
  find(
    key: { readonly peerId: string; readonly remoteCode: string; readonly uniqueId: string },
    notBeforeMs: number,
  ): Promise<{ readonly leadId: number; readonly localCode: string; readonly phoneNumber: string } | undefined>;
  /** True when this caller code was given by a hand-over into this cluster (vicidial_ccc_log), by us or by VICIdial's script. */
  isOwnCode(code: string): Promise<boolean>;
  /** The newest vicidial_ccc_log row of a local lead: where its origin is (section 7). */
  originOf(localLeadId: number): Promise<{ readonly containerId: string; readonly remoteLeadId: number } | undefined>;
}
