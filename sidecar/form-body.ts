/**
 * Bodies of the compatible doors: read whole under a limit and a deadline, then urlencoded or multipart
 * fields. What is broken holds no fields; it never fails the request (API-4).
 */
import type { IncomingMessage } from 'node:http';
import { noFields, parametersMax, parseForm, setField, type Fields } from '../core/cluster/parameters.js';
import { TandemError } from '../core/errors.js';

export const bodyDefaults = {
  /** larger bodies are refused with status 413 */
  bytesMax: 65_536,
  /** a body that is not complete by then is refused with status 400 */
  msMax: 10_000,
};

export type BodyOptions = typeof bodyDefaults;

export const noBody = Buffer.alloc(0);

/** The whole body. Rejects TDM_TOO_LARGE, TDM_BAD_REQUEST (too slow, broken off). The rest of a refused body is not read. */
export function readBody(req: IncomingMessage, options: BodyOptions = bodyDefaults): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > options.bytesMax) return Promise.reject(new TandemError('TDM_TOO_LARGE', [options.bytesMax]));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (e: TandemError | undefined) => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (e) {
        req.pause();
        reject(e);
      } else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > options.bytesMax) end(new TandemError('TDM_TOO_LARGE', [options.bytesMax]));
      else chunks.push(chunk);
    };
    const onEnd = () => {
      end(undefined);
    };
    const onClose = () => {
      end(new TandemError('TDM_BAD_REQUEST', ['the body broke off']));
    };
    const timer = setTimeout(() => {
      end(new TandemError('TDM_BAD_REQUEST', [`no whole body within ${options.msMax} ms`]));
    }, options.msMax);
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

const boundaryPattern = /;\s*boundary=(?:"([^"\r\n]{1,200})"|([^\s;,"]{1,200}))/i;
const namePattern = /;\s*name=(?:"([^"\r\n]*)"|([^\s;"]+))/i;

/** One part's field name; undefined for a file or a part without a name. */
function partName(head: string): string | undefined {
  const disposition = head.split('\r\n').find((line) => /^content-disposition:\s*form-data/i.test(line));
  if (disposition === undefined || /;\s*filename\*?=/i.test(disposition)) return undefined;
  const found = namePattern.exec(disposition);
  const name = found?.[1] ?? found?.[2];
  return name === undefined ? undefined : Buffer.from(name, 'latin1').toString('utf8');
}

/** Fields of a multipart/form-data body; undefined when it is broken. Files are passed over. */
export function parseMultipart(body: Buffer, boundary: string): Fields | undefined {
  const fields = new Map<string, string | null>();
  const text = body.toString('latin1'); // one character per byte, so positions are byte positions
  const mark = `--${boundary}`;
  let at = text.startsWith(mark) ? 0 : text.indexOf(`\r\n${mark}`) + 2;
  if (at === 1) return undefined;
  for (let parts = 0; parts < parametersMax; parts += 1) {
    at += mark.length;
    if (text.startsWith('--', at)) return fields;
    if (!text.startsWith('\r\n', at)) return undefined;
    const headEnd = text.indexOf('\r\n\r\n', at);
    const next = text.indexOf(`\r\n${mark}`, headEnd);
    if (headEnd < 0 || next < 0) return undefined;
    const name = partName(text.slice(at + 2, headEnd));
    if (name !== undefined) setField(fields, name, body.toString('utf8', Math.min(headEnd + 4, next), next));
    at = next + 2;
  }
  return fields;
}

/** Fields of a POST body by its content type; other types, packed bodies and broken ones hold none. */
export function formFields(body: Buffer, headers: IncomingMessage['headers']): Fields {
  const type = headers['content-type'] ?? '';
  if (body.length === 0 || headers['content-encoding'] !== undefined) return noFields;
  if (/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) return parseForm(body.toString('latin1'));
  if (!/^multipart\/form-data\s*;/i.test(type)) return noFields;
  const found = boundaryPattern.exec(type);
  return parseMultipart(body, found?.[1] ?? found?.[2] ?? '\0') ?? noFields;
}
