/** Links to recordings: signed, so that a browser needs no key, and short enough for the CRM's column (crm-vtiger 3.2). */
import { createHmac } from 'node:crypto';
import { joinUrl } from '../../core/crm/binding.js';
import { equalSecrets } from '../secrets.js';

const signatureChars = 32;

/** The key of links is not the CRM's key itself: a link that leaks must not help to guess that one. */
const linkKey = (secret: string): Buffer => createHmac('sha256', secret).update('tandem recording links').digest();

/** First 32 hex digits of HMAC-SHA-256 over `rec:<id>` or `rec:<id>:<expiry>`. */
export function linkSignature(secret: string, callId: string, expiresS: number | undefined): string {
  const message = expiresS === undefined ? `rec:${callId}` : `rec:${callId}:${String(expiresS)}`;
  return createHmac('sha256', linkKey(secret)).update(message).digest('hex').slice(0, signatureChars);
}

/** `linkDays` 0: without an end, because the CRM keeps links for years. */
export function recordingLink(publicUrl: string, secret: string, callId: string, nowMs: number, linkDays: number): string {
  const expiresS = linkDays === 0 ? undefined : Math.floor(nowMs / 1000) + linkDays * 86_400;
  const tail = expiresS === undefined ? '' : `&exp=${String(expiresS)}`;
  // it has a question mark, because the CRM appends `&secret=` to it
  return `${joinUrl(publicUrl, 'recording')}?id=${encodeURIComponent(callId)}${tail}&sig=${linkSignature(secret, callId, expiresS)}`;
}

export type LinkVerdict = 'good' | 'expired' | 'forged';

export function checkLink(
  secrets: readonly string[],
  { id, sig, exp }: { readonly id: string; readonly sig: string; readonly exp: string },
  nowMs: number,
): LinkVerdict {
  if (exp !== '' && !/^\d{1,11}$/.test(exp)) return 'forged';
  const expiresS = exp === '' ? undefined : Number(exp);
  const isGood = secrets.some((secret) => equalSecrets(linkSignature(secret, id, expiresS), sig));
  if (!isGood) return 'forged';
  return expiresS !== undefined && expiresS * 1000 < nowMs ? 'expired' : 'good';
}
