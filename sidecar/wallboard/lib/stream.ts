/** Server-sent events over fetch: unlike EventSource it sees why it was refused, and it notices a silent connection. */

export interface StreamHandlers {
  event(name: string, data: string): void;
  /** connected, or the connection went; `nextTryMs` says when the next try is */
  state(now: 'live' | 'lost', nextTryMs: number): void;
  /** 401: no more tries */
  denied(): void;
  /** 400, 403, 404: no more tries */
  refused(message: string): void;
}

export const streamDefaults = {
  firstPauseMs: 500,
  pauseMsMax: 15_000,
  /** the server says something every 15 s */
  silenceMsMax: 40_000,
};

/** Reads until the result is called. Each failure waits longer, with chance in it, so that not all pages come back at once. */
export function openStream(path: string, handlers: StreamHandlers, options = streamDefaults): () => void {
  const abort = new AbortController();
  void run(path, handlers, options, abort.signal);
  return () => abort.abort();
}

async function run(path: string, handlers: StreamHandlers, options: typeof streamDefaults, stop: AbortSignal): Promise<void> {
  let pauseMs = options.firstPauseMs;
  while (!stop.aborted) {
    const end = await once(path, handlers, options, stop);
    if (end === 'over') return;
    if (end === 'had-data') pauseMs = options.firstPauseMs;
    const waitMs = Math.round(pauseMs * (0.5 + Math.random()));
    handlers.state('lost', waitMs);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    pauseMs = Math.min(pauseMs * 2, options.pauseMsMax);
  }
}

/** `over`: nothing more is to be tried */
type End = 'over' | 'had-data' | 'failed';

/** One connection. */
async function once(path: string, handlers: StreamHandlers, options: typeof streamDefaults, stop: AbortSignal): Promise<End> {
  const own = new AbortController();
  const cut = (): void => own.abort();
  stop.addEventListener('abort', cut);
  let silence = setTimeout(cut, options.silenceMsMax);
  let end: End = 'failed';
  try {
    const answer = await fetch(path, { headers: { Accept: 'text/event-stream' }, signal: own.signal, cache: 'no-store' });
    if (!answer.ok || !answer.body) return await refusal(answer, handlers);
    handlers.state('live', 0);
    const take = createParser((name, data) => handlers.event(name, data));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return end;
      end = 'had-data';
      clearTimeout(silence);
      silence = setTimeout(cut, options.silenceMsMax);
      take(value);
    }
  } catch {
    return stop.aborted ? 'over' : end; // no network, or cut off: the next try comes
  } finally {
    clearTimeout(silence);
    stop.removeEventListener('abort', cut);
  }
}

async function refusal(answer: Response, handlers: StreamHandlers): Promise<End> {
  if (answer.status === 401) {
    handlers.denied();
    return 'over';
  }
  if (![400, 403, 404].includes(answer.status)) return 'failed';
  const body = (await answer.json().catch(() => ({}))) as { message?: string };
  handlers.refused(body.message ?? String(answer.status));
  return 'over';
}

/** Takes text in any pieces; `data` of several lines is joined. Comments and unknown fields are left out. */
export function createParser(event: (name: string, data: string) => void): (piece: string) => void {
  let rest = '';
  let name = 'message';
  let data: string[] = [];
  const line = (text: string): void => {
    if (text === '') {
      if (data.length > 0) event(name, data.join('\n'));
      [name, data] = ['message', []];
    } else if (text.startsWith('data:')) data.push(text.slice(5).trimStart());
    else if (text.startsWith('event:')) name = text.slice(6).trim();
  };
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach((text) => line(text));
  };
}
