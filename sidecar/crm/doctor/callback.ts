/** vTiger's callback, asked with a status that means nothing to it: is it there, has it our key, does it want one at all (crm-vtiger 2, 11.18). */
import { joinUrl } from '../../../core/crm/binding.js';
import type { CrmBinding } from '../../../core/crm/binding.js';
import { judgeReply } from '../../../core/crm/vtiger-reply.js';
import { formBody, type CrmPost, type CrmReply } from '../post.js';
import { salesSource } from '../responsible-sources.js';
import { fail, ok, reasonOf, warn, type Finding } from './finding.js';

const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
/** nothing is stored for a status that the CRM does not know */
const nothing = ['callstatus', 'Nothing'] as const;

export async function checkCallback(binding: CrmBinding, post: CrmPost): Promise<readonly Finding[]> {
  const url = joinUrl(binding.crm_url ?? '', binding.callback_path);
  const ask = (signature: readonly (readonly [string, string])[]): Promise<CrmReply> =>
    post({ url, method: 'POST', headers, body: formBody([...signature, nothing]) });
  const reached = `${binding.name}: callback`;
  const answer = await ask([['vtigersignature', binding.secret]]);
  if (answer.kind !== 'answer') return [unreached(reached, url, answer)];
  const verdict = judgeReply(answer.status, answer.body);
  if (verdict.kind === 'rejected' || verdict.kind === 'ambiguous') return [foreign(reached, url, answer.status, verdict.detail)];
  const findings = [ok(reached, `${url} answers`)];
  findings.push(
    verdict.kind === 'auth'
      ? fail(
          `${binding.name}: key`,
          'the CRM refuses it',
          'make "secret" of the binding the same as the secret key of the PBX settings in the CRM; spaces count',
        )
      : ok(`${binding.name}: key`, 'the CRM takes it'),
  );
  findings.push(await refusesOthers(binding, ask));
  if (binding.dialect === 'vtiger-sp' && verdict.kind !== 'auth') findings.push(await checkSpAgi(binding, post));
  return findings;
}

export function unreached(what: string, url: string, { kind, problem }: Exclude<CrmReply, { kind: 'answer' }>): Finding {
  if (kind === 'cut')
    return fail(
      what,
      `${url} takes the request and does not answer: ${problem}`,
      'look into the web server and PHP log of the CRM; it may be overloaded',
    );
  const remedy = /certificate|self.signed|unable to verify/i.test(problem)
    ? 'its certificate is not trusted: name the authority with "ca_file"'
    : /ENOTFOUND|EAI_AGAIN/.test(problem)
      ? 'the name does not resolve: correct "crm_url", or the DNS of this machine'
      : 'start the CRM, correct "crm_url", or let this machine through its firewall';
  return fail(what, `${url} cannot be reached: ${problem}`, remedy);
}

function foreign(what: string, url: string, status: number, detail: string): Finding {
  if (status === 404)
    return fail(what, `nothing is at ${url}`, 'correct "crm_url" or "callback_path"; the module PBXManager must be installed and active');
  if (status >= 300 && status < 400) return fail(what, `${url} leads elsewhere`, 'write the address it leads to (https?) into "crm_url"');
  if (status >= 500) return fail(what, `${url} fails: ${detail}`, 'look into the PHP log of the CRM');
  return fail(
    what,
    `${url} answers something else: ${detail}`,
    'is this a vTiger? A proxy or a login page in front of it must let the callback through',
  );
}

/** A wrong key and none at all must be refused: else anybody can write calls into the CRM. */
async function refusesOthers(
  binding: CrmBinding,
  ask: (signature: readonly (readonly [string, string])[]) => Promise<CrmReply>,
): Promise<Finding> {
  const what = `${binding.name}: unsigned notifications`;
  const remedy = 'save the PBX settings in the CRM with the gateway and a secret key; until then anybody may write calls into it';
  for (const [words, signature] of [
    ['without a key', []],
    ['with a wrong key', [['vtigersignature', `not-${binding.secret.slice(0, 3)}`]]],
  ] as const) {
    const answer = await ask(signature);
    if (answer.kind !== 'answer') return warn(what, `could not be asked: ${answer.problem}`, 'run the doctor again');
    if (judgeReply(answer.status, answer.body).kind === 'delivered') return fail(what, `the CRM accepts them ${words}`, remedy);
  }
  return ok(what, 'the CRM refuses them');
}

async function checkSpAgi(binding: CrmBinding, post: CrmPost): Promise<Finding> {
  const what = `${binding.name}: responsible person`;
  try {
    await salesSource(binding, post).find('70000000000', binding.responsible_ms_max);
    return ok(what, 'SPAgi answers');
  } catch (e) {
    return warn(what, reasonOf(e), 'correct "agi_path"; without it callers are not led to who is responsible for them');
  }
}
