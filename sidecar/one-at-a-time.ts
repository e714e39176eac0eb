/**
 * A job that must not run twice at once, e.g. a reload: whoever asks while it runs shares one further run, because what
 * it read may be older than the wish.
 */
export function oneAtATime<T>(job: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let queued: Promise<T> | undefined;
  const start = (): Promise<T> => {
    queued = undefined;
    const current = job().finally(() => {
      if (running === current) running = undefined;
    });
    running = current;
    return current;
  };
  return () => {
    if (!running) return start();
    queued ??= running.then(start, start);
    return queued;
  };
}
