/** What the call journal goes on with after a start: calls that were open when it stopped, or was killed. */
import type { CrmStore } from '../crm-ports.js';
import type { JournalCall } from '../journal/call.js';

export interface OpenCalls {
  readonly calls: readonly JournalCall[];
  /** highest `seq` of each lane of these calls; key `binding callId` */
  readonly seqs: ReadonlyMap<string, number>;
  /** switches of some of them that are not among those that are followed: nobody hears of their calls any more */
  readonly foreign: readonly string[];
}

/** Also of switches that have gone from the settings. Rejects TDM_STORE_DOWN. */
export async function readOpenCalls(
  store: Pick<CrmStore, 'switches' | 'openCalls' | 'lastSeqs'>,
  followed: readonly string[],
): Promise<OpenCalls> {
  const names = new Set([...followed, ...(await store.switches())]);
  const found = (await Promise.all([...names].map((name) => store.openCalls(name)))).flat();
  // a database may take two names for one
  const calls = [...new Map(found.map((call) => [call.id, call])).values()];
  const foreign = new Set(calls.map((call) => call.switch).filter((name) => !followed.includes(name)));
  return { calls, seqs: await store.lastSeqs(calls.map(({ id }) => id)), foreign: [...foreign] };
}
