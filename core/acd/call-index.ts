/** Members by the channel of their call: by switch and its unique id, without a text made of the two for each look. */
import type { CallKey, MemberId, SwitchId } from './ids.js';

/** What names a channel. */
export type CallName = Pick<CallKey, 'switch' | 'uniqueId'>;

export class CallIndex {
  /** one for each switch that ever had a caller */
  private readonly switches = new Map<SwitchId, Map<string, MemberId>>();

  get(call: CallName): MemberId | undefined {
    return this.switches.get(call.switch)?.get(call.uniqueId);
  }

  set(call: CallName, member: MemberId): void {
    const calls = this.switches.get(call.switch);
    if (calls) calls.set(call.uniqueId, member);
    else this.switches.set(call.switch, new Map([[call.uniqueId, member]]));
  }

  /** Only while the channel is still this member's. */
  delete(call: CallName, member: MemberId): void {
    const calls = this.switches.get(call.switch);
    if (calls?.get(call.uniqueId) === member) calls.delete(call.uniqueId);
  }
}
