/** Sends a recording by the rules of crm-vtiger 3.2: 200 with its length, 206 for one range, never chunked, never from memory. */
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { byteRange } from '../../core/crm/byte-range.js';
import type { Sound } from './sound.js';

/** Does not close the sound. Rejects when the connection or the source broke. */
export async function answerSound(req: Request, res: Response, sound: Sound, name: string, stallMsMax: number): Promise<void> {
  res.setHeader('Content-Type', sound.type);
  res.setHeader('Content-Disposition', `inline; filename="${name}"`);
  res.setHeader('Cache-Control', 'private, max-age=3600');
  res.setHeader('Accept-Ranges', 'bytes');
  if (sound.etag !== '') res.setHeader('ETag', sound.etag);
  if (sound.modifiedMs !== undefined) res.setHeader('Last-Modified', new Date(sound.modifiedMs).toUTCString());
  if (req.fresh) {
    res.status(304).end();
    return;
  }
  const isWhole = req.method !== 'GET' || !isSameAs(req.headers['if-range'], sound);
  const range = isWhole ? 'whole' : byteRange(req.headers.range, sound.bytes);
  if (range === 'unsatisfiable') {
    for (const header of ['Content-Type', 'Content-Disposition', 'Cache-Control']) res.removeHeader(header);
    res
      .status(416)
      .setHeader('Content-Range', `bytes */${String(sound.bytes)}`)
      .end();
    return;
  }
  const { first, last } = range === 'whole' ? { first: 0, last: sound.bytes - 1 } : range;
  if (range !== 'whole') res.status(206).setHeader('Content-Range', `bytes ${String(first)}-${String(last)}/${String(sound.bytes)}`);
  res.setHeader('Content-Length', String(last - first + 1));
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  // one who stops reading must not keep his place
  res.setTimeout(stallMsMax, () => void req.socket.destroy());
  await pipeline(await sound.open(first, last), res);
}

/** No If-Range, or the one of these bytes: strong, or the exact second (RFC 9110 13.1.5). */
function isSameAs(ifRange: string | string[] | undefined, { etag, modifiedMs }: Sound): boolean {
  if (ifRange === undefined) return true;
  if (typeof ifRange !== 'string') return false;
  if (ifRange.includes('"')) return etag !== '' && ifRange === etag;
  return modifiedMs !== undefined && Date.parse(ifRange) === Math.floor(modifiedMs / 1000) * 1000;
}
