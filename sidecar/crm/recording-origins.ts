/**
 * Recordings on other hosts (crm-vtiger 3.2): the file's place at one of the named origins, streamed through. Only what the
 * bindings file names is asked; redirects are not followed.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { CrmFile } from '../../core/crm/binding.js';
import { typeOfName, type Sound } from './sound.js';

export type RecordingOrigin = CrmFile['recording_origins'][number];

export interface RecordingOrigins {
  /** Its address; undefined: the file is one of this host. */
  placeOf(switchName: string, file: string): OriginPlace | undefined;
  sound(place: OriginPlace): Promise<Sound | 'gone' | 'away'>;
}

export interface OriginPlace {
  readonly url: URL;
  readonly authorization: string | undefined;
}

export const originDefaults = {
  /** until the answer begins */
  answerMsMax: 5_000,
  /** between two pieces */
  stallMsMax: 30_000,
};

export function createRecordingOrigins(origins: readonly RecordingOrigin[], options = originDefaults): RecordingOrigins {
  return {
    placeOf(switchName, file) {
      for (const { switch: at, path, url, authorization } of origins) {
        if ((at !== '' && at !== switchName) || !file.startsWith(path)) continue;
        return placeBelow(url, file.slice(path.length), authorization);
      }
      return undefined;
    },
    async sound({ url, authorization }) {
      const head = await ask(url, 'HEAD', authorization, undefined, options);
      head?.resume();
      const bytes = Number(head?.headers['content-length'] ?? NaN);
      if (head?.statusCode === 404 || head?.statusCode === 410) return 'gone';
      if (head?.statusCode !== 200 || !Number.isSafeInteger(bytes)) return 'away';
      const etag = head.headers.etag ?? '';
      const modifiedMs = Date.parse(head.headers['last-modified'] ?? '');
      return {
        bytes,
        ...typeOfName(url.pathname),
        etag: /^"[!#-~]{1,200}"$/.test(etag) ? etag : '',
        modifiedMs: Number.isNaN(modifiedMs) ? undefined : modifiedMs,
        async open(first, last) {
          const answer = await ask(url, 'GET', authorization, `bytes=${String(first)}-${String(last)}`, options);
          const isAll = first === 0 && last === bytes - 1;
          const length = Number(answer?.headers['content-length'] ?? NaN);
          const isRight = answer?.statusCode === 206 || (answer?.statusCode === 200 && isAll);
          if (!answer || !isRight || length !== last - first + 1) {
            answer?.destroy();
            throw new Error(`the origin of a recording answered ${String(answer?.statusCode ?? 'nothing')}`);
          }
          return answer;
        },
        close: () => Promise.resolve(),
      };
    },
  };
}

/** Each part of the path by itself; `..` and its kin name no file. */
function placeBelow(base: string, tail: string, authorization: string | undefined): OriginPlace | undefined {
  const parts = tail.split('/').filter((part) => part !== '');
  if (parts.length === 0 || parts.some((part) => part === '.' || part === '..' || /\p{Cc}/u.test(part))) return undefined;
  const root = base.endsWith('/') ? base : `${base}/`;
  return { url: new URL(root + parts.map(encodeURIComponent).join('/')), authorization };
}

/** Undefined: no answer within its time. */
function ask(
  url: URL,
  method: 'GET' | 'HEAD',
  authorization: string | undefined,
  range: string | undefined,
  { answerMsMax, stallMsMax }: typeof originDefaults,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const asked = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method,
      agent: false,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(range !== undefined && { range }),
        'accept-encoding': 'identity',
      },
    });
    const late = setTimeout(() => asked.destroy(new Error('no answer')), answerMsMax);
    asked.on('response', (answer) => {
      clearTimeout(late);
      asked.setTimeout(stallMsMax, () => void answer.destroy(new Error('the origin of a recording has stopped')));
      resolve(answer);
    });
    asked.on('error', () => {
      clearTimeout(late);
      resolve(undefined);
    });
    asked.end();
  });
}
