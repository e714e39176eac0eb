/** Ports of the fronter commands (vicidial-ccc section 7); the rules of `ports.ts` hold. */

export interface LiveAgent {
  readonly user: string;
  readonly leadId: number;
  readonly confExten: string;
  readonly serverIp: string;
  readonly lastCallAtMs: number | undefined;
}

export interface LiveAgents {
  find(user: string): Promise<LiveAgent | undefined>;
  /** the live agent other than `user` with this lead whose last call is oldest */
  otherWithLead(leadId: number, user: string): Promise<LiveAgent | undefined>;
  /** the newest session of another agent with this lead within `sinceMs` (vicidial_sessions_recent) */
  recentSession(leadId: number, user: string, sinceMs: number): Promise<LiveAgent | undefined>;
  /** vicidial_live_agents.external_transferconf of `user` */
  orderLeaveThreeWay(user: string, atMs: number): Promise<void>;
  /** channels playing audio (IAX2/ASTplay%) in a conference (live_channels) */
  playingChannels(confExten: string, serverIp: string): Promise<readonly string[]>;
  /** queue a Hangup action in vicidial_manager */
  orderHangup(channel: string, serverIp: string, atMs: number): Promise<void>;
}
