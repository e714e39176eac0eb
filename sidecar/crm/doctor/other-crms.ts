/** CRMs that are not told by vTiger's ways: a signed `crm.ping`, a question for a contact. */
import type { CrmBinding } from '../../../core/crm/binding.js';
import { formBody, type CrmPost } from '../post.js';
import { postWebhook } from '../teller-webhook.js';
import { unreached } from './callback.js';
import { fail, ok, warn, type Finding } from './finding.js';

export async function checkWebhook(binding: CrmBinding, post: CrmPost, nowMs: () => number): Promise<Finding> {
  const what = `${binding.name}: webhook`;
  const url = binding.crm_url ?? '';
  const atMs = nowMs();
  const body = JSON.stringify({ type: 'crm.ping', timestamp: new Date(atMs).toISOString(), data: {} });
  const reply = await postWebhook(binding, post, { id: `ping_${atMs.toString(36)}`, body }, atMs);
  if (reply.kind !== 'answer') return unreached(what, url, reply);
  const { status } = reply;
  if (status >= 200 && status < 300) return ok(what, `${url} takes a signed crm.ping`);
  if (status === 410) return fail(what, `${url} wants no more (410)`, 'switch the receiver on again, then "tandem crm resume"');
  if (status === 401 || status === 403)
    return fail(
      what,
      `${url} refuses the signature (${String(status)})`,
      'give the receiver the key of "secret"; its clock must be right within five minutes',
    );
  return fail(what, `${url} answers ${String(status)}`, 'look into the log of the receiver');
}

export async function checkGravitel(binding: CrmBinding, post: CrmPost): Promise<Finding> {
  const what = `${binding.name}: contact`;
  const url = binding.crm_url ?? '';
  const body = formBody([
    ['cmd', 'contact'],
    ['phone', '70000000000'],
    ['crm_token', binding.secret],
  ]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
  const reply = await post({ url, method: 'POST', headers, body });
  if (reply.kind !== 'answer') return unreached(what, url, reply);
  const { status } = reply;
  if (status >= 200 && status < 300) return ok(what, `${url} answers cmd=contact`);
  if (status === 401 || status === 403)
    return fail(what, `${url} refuses the token (${String(status)})`, 'make "secret" the same as the token of the CRM');
  if (status === 400) return warn(what, `${url} refuses the question (400)`, 'some CRMs want a user in it: set "missed_owner"');
  return fail(what, `${url} answers ${String(status)}`, 'correct "crm_url", or look into the log of the CRM');
}
