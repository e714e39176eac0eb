/** Sends a file with the browser's session and tells how far it is; the only way in which a browser tells that. */
import { strings } from '../strings.ts';
import { ApiError, session } from './api.ts';

export interface Sending<T> {
  /** Rejects ApiError as `ask` does; `ABORTED` when it was stopped. */
  readonly answer: Promise<T>;
  stop(): void;
}

export function sendFile<T>(path: string, file: Blob, told: (share: number) => void): Sending<T> {
  const request = new XMLHttpRequest();
  const answer = new Promise<T>((resolve, reject) => {
    request.open('POST', `/api/v1${path}`);
    request.responseType = 'json';
    request.setRequestHeader('X-Tandem-Request', '1');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new ApiError(0, 'OFFLINE', strings.errors.offline));
    request.onabort = () => reject(new ApiError(0, 'ABORTED', ''));
    request.onload = () => {
      const body = (request.response ?? {}) as { readonly code?: string; readonly message?: string };
      if (request.status === 401) session.value = 'none';
      if (request.status < 400) resolve(body as T);
      else reject(new ApiError(request.status, body.code ?? '', body.message ?? strings.errors.unknown));
    };
    request.send(file);
  });
  return { answer, stop: () => request.abort() };
}
