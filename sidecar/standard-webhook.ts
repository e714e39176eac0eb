/** Messages in the form of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks (version 1.0.0). */
import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const [secretBytesMin, secretBytesMax] = [24, 64];

export const newWebhookSecret = (): string => prefix + randomBytes(32).toString('base64');

export function isWebhookSecret(text: string): boolean {
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64');
  return (
    text.startsWith(prefix) && bytes.toString('base64') === encoded && bytes.length >= secretBytesMin && bytes.length <= secretBytesMax
  );
}

/** What a receiver checks: who sent it, that it is whole, and that it is not an old one sent again. Several secrets while one replaces the other. */
export function webhookHeaders(
  secret: string | readonly string[],
  { id, body }: { readonly id: string; readonly body: string },
  atMs: number,
) {
  const timestamp = String(Math.floor(atMs / 1000));
  const signatures = [secret].flat().map((one) => {
    const key = Buffer.from(one.slice(prefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
