/** mod_callcenter's commands as doors see them: command line, HTTP, event socket (freeswitch-callcenter 9, 10). */
import type { CommandUser } from './access-ports.js';

/** Who asks; a `Principal` of the API is one. */
export interface CallcenterUser extends CommandUser {
  /** ids of the queues that he may see and change, canonical; undefined = all */
  readonly queues: ReadonlySet<string> | undefined;
}

/** What somebody needs for a command: the functions of `/api/v1`. */
export type CallcenterNeed = 'view' | 'control' | 'admin';

/**
 * Each answer is the whole text that the real one gives, its last newline included: `+OK\n`, `-ERR Agent not found!\n`,
 * a table, a bare value. '' = no answer, as it gives for an unknown word. `who` was let in by the door, by `need`.
 * Rejects only what is no answer to the command: TDM_STANDBY, TDM_BUSY, TDM_STOPPING, TDM_STORE_DOWN.
 */
export interface CallcenterCommands {
  /** What the command `name` with these arguments needs; of an unknown one: 'view'. */
  need(name: CallcenterCommandName, args: string): CallcenterNeed;
  /** `callcenter_config`: the arguments as one text, `agent set status a1 'On Break'`. */
  config(args: string, who: CallcenterUser): Promise<string>;
  /** `callcenter_break`: `agent CHANNEL-UUID`. */
  break(args: string, who: CallcenterUser): Promise<string>;
  /** `callcenter_track`: `AGENT CHANNEL-UUID`, a call outside the queues until that channel is gone. */
  track(args: string, who: CallcenterUser): Promise<string>;
  /** `json`: the request's text; the answer's text. */
  json(text: string, who: CallcenterUser): Promise<string>;
}

export const callcenterCommandNames = ['callcenter_config', 'callcenter_break', 'callcenter_track', 'json'] as const;
export type CallcenterCommandName = (typeof callcenterCommandNames)[number];

/** What `agent get` has just answered to somebody; mod_callcenter tells everybody of it (freeswitch-callcenter 12). */
export interface AgentGet {
  readonly key: 'status' | 'state' | 'uuid';
  readonly agent: string;
  readonly value: string;
}
