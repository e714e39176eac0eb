/** What vTiger answers to a notification, judged by the body: the status says little (crm-vtiger 2, 4, 9.3). */

export type ReplyVerdict =
  /** stored; `dial`: whom a stock CRM wants rung */
  | { readonly kind: 'delivered'; readonly dial: readonly string[] }
  /** wrong key: nothing is lost by waiting */
  | { readonly kind: 'auth' }
  /** it may have been stored; SalesPlatform's package answers 500 after every success */
  | { readonly kind: 'ambiguous'; readonly detail: string }
  | { readonly kind: 'rejected'; readonly detail: string };

export const replyBytesMax = 64 * 1024;
const numbersMax = 200;
const detailMax = 200;

export function judgeReply(status: number, text: string): ReplyVerdict {
  const body = text.slice(0, replyBytesMax).trim();
  if (/<Authentication>\s*Failure\s*<\/Authentication>/.test(body)) return { kind: 'auth' };
  if (status >= 500) return { kind: 'ambiguous', detail: `${status} ${shown(body)}`.trim() };
  if (status < 200 || status > 299) return { kind: 'rejected', detail: `${status} ${shown(body)}`.trim() };
  if (body === '') return { kind: 'delivered', dial: [] };
  if (/^(<\?xml[^>]{0,200}\?>)?\s*<Response>[\s\S]*<\/Response>$/.test(body)) return { kind: 'delivered', dial: numbersOf(body) };
  return { kind: 'rejected', detail: shown(body) };
}

const shown = (body: string): string => body.replace(/\p{C}/gu, ' ').slice(0, detailMax);

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" };

function numbersOf(body: string): readonly string[] {
  const found: string[] = [];
  for (const [, text = ''] of body.matchAll(/<Number>([^<]{1,128})<\/Number>/g)) {
    if (found.length >= numbersMax) break;
    found.push(text.replace(/&(?:amp|lt|gt|quot|apos);/g, (entity) => entities[entity] ?? ''));
  }
  return found;
}
