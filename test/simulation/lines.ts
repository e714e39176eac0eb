/** The simulated switches' own truth: which channels live, who is connected with whom. The engine never sees it. */
import type { CallKey, LegId, MemberId, OfferId, SwitchId, AgentId } from '../../core/acd/ids.js';

/** A leg that the engine had started: to an agent, or to a caller who is called back. */
export interface Leg {
  readonly id: LegId;
  readonly switch: SwitchId;
  readonly member: MemberId;
  /** undefined: the leg of a callback */
  readonly offer: OfferId | undefined;
  readonly agent: AgentId | undefined;
  /** of a standby agent: the open channel, which stays when the talk ends; there is no channel of the leg's own */
  readonly standby: string | undefined;
  state: 'ringing' | 'up' | 'bridged' | 'gone';
  /** the order to end it was lost with the link: it lives until the engine hears of it again */
  isForgotten: boolean;
  /** ... and it was so once: others may be rung before it ends */
  wasForgotten: boolean;
  caller: Channel | undefined;
}

/** A caller's channel. */
export interface Channel {
  readonly call: CallKey;
  isAlive: boolean;
  leg: Leg | undefined;
}

export class Lines {
  readonly legs = new Map<LegId, Leg>();
  readonly channels = new Map<string, Channel>();
  /** open channels of standby agents */
  readonly standby = new Map<string, CallKey>();
  readonly down = new Set<SwitchId>();
  private count = 0;

  openChannel(on: SwitchId, uniqueId = `${on}-${String(++this.count)}`): Channel {
    const channel = { call: { switch: on, uniqueId, channel: `PJSIP/trunk-${uniqueId}` }, isAlive: true, leg: undefined };
    this.channels.set(uniqueId, channel);
    return channel;
  }

  closeChannel(channel: Channel): void {
    channel.isAlive = false;
    this.channels.delete(channel.call.uniqueId);
    if (channel.leg) this.part(channel.leg);
  }

  start(leg: Leg): void {
    this.legs.set(leg.id, leg);
  }

  answer(leg: Leg): void {
    leg.state = 'up';
  }

  bridge(leg: Leg, channel: Channel): void {
    leg.state = 'bridged';
    leg.caller = channel;
    channel.leg = leg;
  }

  part(leg: Leg): void {
    if (leg.caller) leg.caller.leg = undefined;
    leg.caller = undefined;
    if (leg.state === 'bridged') leg.state = 'up';
  }

  end(leg: Leg): void {
    this.part(leg);
    leg.state = 'gone';
    this.legs.delete(leg.id);
  }

  /** A standby agent hangs up; gives what was on the channel. */
  closeStandby(uniqueId: string): Leg | undefined {
    this.standby.delete(uniqueId);
    return [...this.legs.values()].find((leg) => leg.standby === uniqueId);
  }

  /** Legs that ring or hold an agent now. */
  legsOf(agent: AgentId): Leg[] {
    return [...this.legs.values()].filter((leg) => leg.agent === agent);
  }

  /** What the switch would answer to the question for its channels. */
  list(on: SwitchId): { uniqueIds: Set<string>; bridged: Set<string> } {
    const uniqueIds = new Set<string>();
    const bridged = new Set<string>();
    for (const [id, { call, leg }] of this.channels) {
      if (call.switch !== on) continue;
      uniqueIds.add(id);
      if (leg) bridged.add(id);
    }
    for (const leg of this.legs.values()) {
      if (leg.switch !== on) continue;
      if (leg.standby === undefined) uniqueIds.add(leg.id);
      if (leg.state === 'bridged') bridged.add(leg.standby ?? leg.id);
    }
    for (const [id, call] of this.standby) if (call.switch === on) uniqueIds.add(id);
    return { uniqueIds, bridged };
  }
}
