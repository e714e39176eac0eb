/** Does this process dial, what may one do there, and the figures of campaigns as they come. */
import { signal } from '@preact/signals';
import { ApiError, get, may, ownAgent, session } from './api.ts';
import { connection, nextTryAtMs, refusal, setServerClock, unwatch } from './board.ts';
import type { LiveAnswer } from './dialer-wire.ts';
import { openStream } from './stream.ts';

/** `on`: this process has a dialer, and the user may see something of it */
export const dialer = signal<'unknown' | 'on' | 'off'>('unknown');

export const mayDialView = (): boolean => may('tandem_dialer_read', 'tandem_dialer_control', 'tandem_dialer_admin');
export const mayDialControl = (): boolean => may('tandem_dialer_control', 'tandem_dialer_admin');
export const mayDialAdmin = (): boolean => may('tandem_dialer_admin');
const mayPreview = (): boolean => may('tandem_agent', 'tandem_dialer_preview', 'tandem_dialer_control', 'tandem_dialer_admin');

export const campaignPath = (id: string): string => `/dialer/campaigns/${encodeURIComponent(id)}`;
export const workPath = (agent: string): string => `/dialer/preview/${encodeURIComponent(agent)}`;

const laterMs = 5_000;

/** Asked once after the login; a process without a dialer says so by its code. Until the result is called it is tried again. */
export function lookForDialer(): () => void {
  dialer.value = 'unknown';
  const agent = ownAgent();
  const path = mayDialView() ? '/dialer/status' : mayPreview() && agent !== undefined ? `${workPath(agent)}/work` : undefined;
  if (path === undefined || typeof session.value !== 'object') {
    dialer.value = 'off';
    return () => undefined;
  }
  let again: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const look = (): void => {
    get(path).then(
      () => {
        if (!isOver) dialer.value = 'on';
      },
      (e: unknown) => {
        if (isOver) return;
        if (e instanceof ApiError && [403, 404].includes(e.status)) dialer.value = 'off';
        else again = setTimeout(look, laterMs);
      },
    );
  };
  look();
  return () => {
    isOver = true;
    clearTimeout(again);
  };
}

export interface Asking {
  /** now, beside the turn */
  again(): void;
  end(): void;
}

/**
 * Asks again and again while the page can be seen, never twice at a time; what `ask` resolves with takes the answer up. The
 * state of the connection is shown as that of the board's stream.
 */
export function askAgain(ask: () => Promise<() => void>, everyMs: number): Asking {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [isOver, isAsking] = [false, false];
  const turn = (): void => {
    clearTimeout(timer);
    if (isOver || isAsking) return;
    if (document.visibilityState === 'hidden') return;
    isAsking = true;
    void ask()
      .then(
        (take) => {
          if (isOver) return;
          connection.value = 'live';
          take();
        },
        (e: unknown) => {
          if (!isOver) failed(e, everyMs);
        },
      )
      .finally(() => {
        isAsking = false;
        if (!isOver) timer = setTimeout(turn, everyMs);
      });
  };
  document.addEventListener('visibilitychange', turn);
  turn();
  return {
    again: turn,
    end: () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', turn);
    },
  };
}

function failed(e: unknown, everyMs: number): void {
  if (e instanceof ApiError && [400, 403, 404].includes(e.status)) [connection.value, refusal.value] = ['refused', e.message];
  else [connection.value, nextTryAtMs.value] = ['lost', Date.now() + everyMs];
}

/** The board's stream is not needed on these pages. */
export function leaveBoard(): void {
  unwatch();
  connection.value = 'connecting';
}

export const campaignLive = signal<LiveAnswer | undefined>(undefined);

/** Figures of one campaign, once a second, until the result is called. */
export function watchCampaign(id: string): () => void {
  leaveBoard();
  campaignLive.value = undefined;
  return openStream(`/api/v1${campaignPath(id)}/live?stream=yes`, {
    event: (name, data) => {
      if (name !== 'live') return;
      const answer = JSON.parse(data) as LiveAnswer;
      setServerClock(answer.figures.atMs);
      connection.value = 'live';
      campaignLive.value = answer;
    },
    state: (now, nextTryMs) => {
      if (now === 'lost') [connection.value, nextTryAtMs.value] = ['lost', Date.now() + nextTryMs];
    },
    denied: () => (session.value = 'none'),
    refused: (message) => ([connection.value, refusal.value] = ['refused', message]),
  });
}
