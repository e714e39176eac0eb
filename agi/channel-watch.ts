/**
 * What a FastAGI session cannot know by itself and the manager link tells (asterisk-behaviour 3): keys pressed while the
 * session is idle, and what became of a channel after `HANGUP`, which comes for a hang-up and for a bridge alike.
 */
export interface ChannelListener {
  /** the channel's own user pressed it: `0`-`9`, `*`, `#`, `A`-`D` */
  key?(digit: string): void;
  /** connected to another channel */
  bridged?(): void;
  /** hung up, or about to be */
  gone?(): void;
  /** sent to another place of the dialplan by us */
  transferred?(): void;
}

export interface ChannelWatch {
  /** news can be had now; without it a session asks for keys itself */
  isUp(): boolean;
  /** Each change of `isUp`. The result ends it. */
  onUp(listener: (isUp: boolean) => void): () => void;
  /** News of one channel. The result ends it. */
  watch(uniqueId: string, listener: ChannelListener): () => void;
  /** The channel exists; undefined when the switch cannot be asked. Never rejects. */
  lives(uniqueId: string): Promise<boolean | undefined>;
  /** Set variables of any live channel, also one whose session is busy. Rejects TDM_SWITCH_DOWN, _SLOW, _REFUSED, TDM_BAD_VALUE. */
  setVariables(channel: string, variables: Readonly<Record<string, string>>): Promise<void>;
  /** End the prompt that a session plays on the channel now; the command is answered as if it had ended. Never rejects. */
  stopPlaying(channel: string): void;
}

/** For a switch without a manager link. */
export const noWatch: ChannelWatch = {
  isUp: () => false,
  onUp: () => () => undefined,
  watch: () => () => undefined,
  lives: () => Promise.resolve(undefined),
  setVariables: () => Promise.reject(new Error('no manager link')),
  stopPlaying: () => undefined,
};
