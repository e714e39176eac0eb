/** What became of a channel whose session ended with `HANGUP`: hung up, connected, or sent elsewhere (asterisk-behaviour 1.6). */
import type { After } from '../core/services/deadline.js';
import type { ChannelWatch } from './channel-watch.js';

/** `transferred`: by us; `elsewhere`: alive, and not in our hands; `unknown`: the manager link is down */
export type Fate = 'gone' | 'bridged' | 'transferred' | 'elsewhere' | 'unknown';

/** News of a hang-up comes with the session's own, or a little later; after this the switch is asked. */
const newsMsMax = 150;
/** A channel that is being hung up lives for a moment more, on a busy switch; one that lives longer is in other hands. */
const [dyingMsMax, askEveryMs] = [1_000, 250];
/** A channel that was to be connected: the agent's leg may still be on its way to the bridge. */
const bridgeMsMax = 2_000;

export class ChannelFate {
  private readonly watch: ChannelWatch;
  private readonly after: After;
  private readonly uniqueId: string;
  private fate: Fate | undefined;
  private tell: () => void = () => undefined;
  private readonly stop: () => void;

  constructor(watch: ChannelWatch, after: After, uniqueId: string) {
    this.watch = watch;
    this.after = after;
    this.uniqueId = uniqueId;
    const became = (fate: Fate) => this.became(fate);
    this.stop = watch.watch(uniqueId, {
      bridged: () => became('bridged'),
      gone: () => became('gone'),
      transferred: () => became('transferred'),
    });
  }

  /** Never rejects; a matter of milliseconds, and at most two seconds. `onUnsure`: it takes longer than that. */
  async known(isToBeBridged: boolean, onUnsure: () => void): Promise<Fate> {
    if (this.fate) return this.fate;
    if (!this.watch.isUp()) return 'unknown';
    await this.news(isToBeBridged ? bridgeMsMax : newsMsMax);
    if (!this.told() && !isToBeBridged) {
      onUnsure();
      await this.ask();
    }
    return this.told() ?? (this.watch.isUp() ? 'elsewhere' : 'unknown');
  }

  private async ask(): Promise<void> {
    for (let askedMs = 0; askedMs < dyingMsMax && !this.fate; askedMs += askEveryMs) {
      const lives = await this.watch.lives(this.uniqueId);
      if (lives === undefined) return;
      if (lives) await this.news(askEveryMs);
      else this.became('gone');
    }
  }

  /** Resolves with the first news, or when the time is over. */
  private async news(msMax: number): Promise<void> {
    if (this.fate) return;
    let cancel = (): void => undefined;
    await new Promise<void>((resolve) => {
      this.tell = resolve;
      cancel = this.after(msMax, resolve);
    });
    cancel();
  }

  private became(fate: Fate): void {
    this.fate ??= fate;
    this.tell();
  }

  private told(): Fate | undefined {
    return this.fate;
  }

  close(): void {
    this.stop();
  }
}
