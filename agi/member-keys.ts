/** Keys of a waiting caller from two sources, each key once: the manager link, and commands that take keys. */
import type { After } from '../core/services/deadline.js';
import type { ChannelWatch } from './channel-watch.js';

/** The link tells a key that a command has taken as well; within this time it is the same press. */
const sameKeyMsMax = 500;

export class MemberKeys {
  /** keys that mean something; '' = none */
  private wantedKeys = '';
  /** a command that will return a key is in flight: the link's news of it is not needed */
  isCommandTakingKeys = false;
  /** called when `mustAsk` may have changed */
  onChange: () => void = () => undefined;
  private readonly watch: ChannelWatch;
  private readonly after: After;
  private readonly pressed: (key: string) => void;
  private lastFromCommand = '';
  private forget: () => void = () => undefined;
  private readonly stops: readonly (() => void)[];

  constructor(deps: { readonly watch: ChannelWatch; readonly after: After }, uniqueId: string, pressed: (key: string) => void) {
    this.watch = deps.watch;
    this.after = deps.after;
    this.pressed = pressed;
    this.stops = [deps.watch.watch(uniqueId, { key: (digit) => this.linkGave(digit) }), deps.watch.onUp(() => this.onChange())];
  }

  get wanted(): string {
    return this.wantedKeys;
  }

  set wanted(keys: string) {
    this.wantedKeys = keys.replace(/[^0-9*#A-D]/g, '');
    this.onChange();
  }

  /** There is no link to tell keys: they have to be asked for. */
  get mustAsk(): boolean {
    return this.wantedKeys !== '' && !this.watch.isUp();
  }

  commandGave(key: string): void {
    this.forget();
    this.lastFromCommand = key;
    this.forget = this.after(sameKeyMsMax, () => (this.lastFromCommand = ''));
    this.take(key);
  }

  close(): void {
    this.forget();
    for (const stop of this.stops) stop();
  }

  private linkGave(key: string): void {
    if (this.isCommandTakingKeys || key === this.lastFromCommand) return;
    this.take(key);
  }

  private take(key: string): void {
    if (this.wantedKeys.includes(key)) this.pressed(key);
  }
}
