/** The voice connector over HTTP (dialer.md A17): one request at a time for each message, 5 s, never a redirect. */
import type { VoiceConnector } from '../core/dialer-ports.js';
import type { Log, Meter } from '../core/ports.js';

export interface VoiceConnectorOptions {
  /** base URL without a slash at the end */
  readonly url: string;
  /** connection, request and answer together */
  readonly requestMsMax: number;
}

export const voiceConnectorDefaults = { requestMsMax: 5_000 };

export interface VoiceConnectorDeps {
  readonly fetch: typeof fetch;
  readonly log: Log;
  readonly meter: Meter;
}

export interface HttpVoiceConnector extends VoiceConnector {
  /** as the last request found it; up before the first one */
  isUp(): boolean;
}

/** A server that answers has got the message: only 5xx and 408, 429 say that it cannot work now. */
const isWorking = (status: number): boolean => status < 500 && status !== 408 && status !== 429;

export function createVoiceConnector(options: VoiceConnectorOptions, deps: VoiceConnectorDeps): HttpVoiceConnector {
  const { log, meter } = deps;
  let isUp = true;
  meter.set('tandem_dialer_voice_connector_up', 1);

  function seen(nowUp: boolean, problem: string): void {
    if (nowUp !== isUp)
      log[nowUp ? 'info' : 'warn']({ url: options.url, problem }, nowUp ? 'the voice connector is back' : 'the voice connector is away');
    isUp = nowUp;
    meter.set('tandem_dialer_voice_connector_up', nowUp ? 1 : 0);
  }

  return {
    isUp: () => isUp,
    async post(path, key, body) {
      try {
        const response = await deps.fetch(`${options.url}/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key, 'user-agent': 'tandem' },
          body: JSON.stringify(body),
          redirect: 'error',
          signal: AbortSignal.timeout(options.requestMsMax),
        });
        await response.body?.cancel();
        seen(isWorking(response.status), `status ${String(response.status)}`);
        return { ok: response.ok, status: response.status };
      } catch (error) {
        seen(false, error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error));
        return { ok: false, status: undefined };
      }
    },
  };
}
