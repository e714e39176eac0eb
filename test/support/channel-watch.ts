/** The manager link's news of callers' channels, as a test gives them. */
import type { ChannelListener, ChannelWatch } from '../../agi/channel-watch.js';

export interface WatchStub extends ChannelWatch {
  /** what was asked of it, in order */
  readonly asked: string[];
  /** listeners that are there now */
  watching(): number;
  key(digit: string): void;
  bridged(): void;
  gone(): void;
  transferred(): void;
  setUp(isUp: boolean): void;
  /** what `lives` answers */
  isAlive: boolean | undefined;
  /** runs when a prompt is to be stopped */
  onStop: () => void;
}

export function watchStub(): WatchStub {
  const listeners = new Set<ChannelListener>();
  const upListeners = new Set<(isUp: boolean) => void>();
  let isUp = true;
  const tell = (run: (listener: ChannelListener) => void): void => {
    for (const listener of [...listeners]) run(listener);
  };
  const stub: WatchStub = {
    asked: [],
    isAlive: true,
    lives: () => Promise.resolve(stub.isAlive),
    watching: () => listeners.size,
    isUp: () => isUp,
    onUp(listener) {
      upListeners.add(listener);
      return () => void upListeners.delete(listener);
    },
    watch(_uniqueId, listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    setVariables(_channel, variables) {
      stub.asked.push(`set ${Object.keys(variables).at(-1) ?? ''}`);
      return Promise.resolve();
    },
    stopPlaying() {
      stub.asked.push('stop');
      stub.onStop();
    },
    onStop: () => undefined,
    key: (digit) => tell((to) => to.key?.(digit)),
    bridged: () => tell((to) => to.bridged?.()),
    gone: () => tell((to) => to.gone?.()),
    transferred: () => tell((to) => to.transferred?.()),
    setUp(now) {
      isUp = now;
      for (const listener of [...upListeners]) listener(now);
    },
  };
  return stub;
}
