/** What became of a channel whose session ended with `HANGUP`: hung up, connected, or sent elsewhere (asterisk-behaviour 1.6). */
import type { After } from '../core/services/deadline.js';
import type { ChannelWatch } from './channel-watch.js';

/** `transferred`: by us; `elsewhere`: alive, and not in our hands; `unknown`: the manager link is down */
export type Fate = 'gone' | 'bridged' | 'transferred' | 'elsewhere' | 'unknown';

/** News of a hang-up comes with the session's own; after this the channel lives. */
const newsMsMax = 150;
/** A channel that was to be connected: the agent's leg may still be on its way to the bridge. */
const bridgeMsMax = 2_000;

export class ChannelFate {
  private readonly watch: ChannelWatch;
  private readonly after: After;
  private fate: Fate | undefined;
  private tell: () => void = () => undefined;
  private readonly stop: () => void;

  constructor(watch: ChannelWatch, after: After, uniqueId: string) {
    this.watch = watch;
    this.after = after;
    const became = (fate: Fate) => {
      this.fate ??= fate;
      this.tell();
    };
    this.stop = watch.watch(uniqueId, {
      bridged: () => became('bridged'),
      gone: () => became('gone'),
      transferred: () => became('transferred'),
    });
  }

  /** Never rejects; a matter of milliseconds, and at most two seconds. */
  async known(isToBeBridged: boolean): Promise<Fate> {
    if (this.fate) return this.fate;
    if (!this.watch.isUp()) return 'unknown';
    let cancel = (): void => undefined;
    await new Promise<void>((resolve) => {
      this.tell = resolve;
      cancel = this.after(isToBeBridged ? bridgeMsMax : newsMsMax, resolve);
    });
    cancel();
    return this.told() ?? (this.watch.isUp() ? 'elsewhere' : 'unknown');
  }

  private told(): Fate | undefined {
    return this.fate;
  }

  close(): void {
    this.stop();
  }
}
