/**
 * Sends vTiger's notifications, and finds out what an empty 5xx means by a signed request that changes nothing (crm-vtiger
 * 9.4): a database that is away, a message that the CRM cannot take, or SalesPlatform's package, which stores and then
 * fails. The last is believed only when call after call is answered so: else a record at which PHP breaks would count as told.
 */
import { channelOfExtension } from '../../core/crm/click-to-call.js';
import { joinUrl } from '../../core/crm/binding.js';
import type { CrmBinding } from '../../core/crm/binding.js';
import type { VtigerBinding, VtigerMessage } from '../../core/crm/vtiger-messages.js';
import { judgeReply } from '../../core/crm/vtiger-reply.js';
import type { CrmSent } from '../../core/services/crm-delivery.js';
import { formBody, type CrmReply } from './post.js';
import { cutOff, isGateway, type TellerDeps } from './teller-parts.js';

/** an unknown status: the key is checked, which takes the database, and nothing is done */
const noChange: VtigerMessage = [['callstatus', 'Nothing']];
/** a good answer to it counts for so long */
const wellMsMax = 1_000;
/** calls of which the first message is answered 5xx twice, until that means a CRM that stores and then fails */
export const storingCallsMin = 5;
/** agents of such calls that are remembered */
const agentsMax = 1_000;
const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };

export function createVtigerSender(
  binding: CrmBinding,
  edition: VtigerBinding['edition'],
  { post, nowMs, log }: Pick<TellerDeps, 'post' | 'nowMs' | 'log'>,
): (fields: VtigerMessage) => Promise<CrmSent> {
  const url = joinUrl(binding.crm_url ?? '', binding.callback_path);
  /** calls that were begun so since an answer said otherwise; beyond the bound no more are counted */
  const calls = new Set<string>();
  /** of those calls: one with a good answer is a user for whom the CRM stores without failing, or does not store */
  const agents = new Set<string>();
  let isSaid = false;
  let wellAtMs = -Infinity;

  const isStoring = (): boolean => binding.accept_5xx || calls.size >= storingCallsMin;

  async function ask(fields: VtigerMessage): Promise<CrmSent> {
    const body = formBody([['vtigersignature', binding.secret], ...fields]);
    return vtigerSent(await post({ url, method: 'POST', headers, body }));
  }

  async function isWell(): Promise<boolean> {
    if (nowMs() - wellAtMs < wellMsMax) return true;
    if ((await ask(noChange)).kind !== 'delivered') return false;
    wellAtMs = nowMs();
    return true;
  }

  /** The user of the CRM whom it is about; '' = none. */
  function agentOf(fields: VtigerMessage): string {
    const of = (name: string): string => fields.find(([key]) => key === name)?.[1] ?? '';
    return agentFields.map(of).find((text) => text !== '' && channelOfExtension(binding, text) !== undefined) ?? '';
  }

  /** A message that makes a row was answered 5xx, and again. The next ones of that call say no more about the CRM. */
  function doubt(fields: VtigerMessage): void {
    const of = new Map(fields);
    const agent = agentOf(fields);
    if (of.get('callstatus') !== 'DialBegin' || agent === '') return;
    if (calls.size < storingCallsMin) calls.add(of.get('callUUID') ?? '');
    if (agents.size < agentsMax) agents.add(agent);
  }

  /** What it stores for a user such a CRM never answers well. For others it stores nothing, and that is answered well. */
  function heard(fields: VtigerMessage): void {
    if (!agents.has(agentOf(fields))) return;
    calls.clear();
    agents.clear();
    isSaid = false;
  }

  function stored(): CrmSent {
    if (!isSaid) log.warn({ binding: binding.name }, storesAndFails);
    isSaid = true;
    return { kind: 'delivered' };
  }

  return async (fields) => {
    const sent = await ask(fields);
    if (sent.kind === 'delivered') heard(fields);
    if (!isEmpty5xx(sent)) return sent;
    // where even that fails this one has not come as far as to be stored
    if (!(await isWell())) return { kind: 'unsent', problem: `${sent.problem}: the CRM is out of order, or its database is away` };
    if (isStoring()) {
      doubt(fields);
      return stored();
    }
    // one that fails by chance is stored the second time, and answered well
    if (edition !== 'vtiger-sp') return sent;
    const again = await ask(fields);
    if (again.kind === 'delivered') heard(fields);
    if (!isEmpty5xx(again)) return again;
    doubt(fields);
    return isStoring() ? stored() : again;
  };
}

/** Where a message has its user; of a pair the CRM takes the caller, where he is one. */
const agentFields = ['callerIdNum', 'callerNumber', 'callerIdNumber', 'dialString', 'callerid1', 'callerid2'];

const storesAndFails =
  'the CRM stores what it is told and then answers 5xx, as SalesPlatform does without its module SPNotifications: that counts as delivered';

type Doubt = Extract<CrmSent, { kind: 'ambiguous' }>;
const isEmpty5xx = (sent: CrmSent): sent is Doubt => sent.kind === 'ambiguous' && sent.isEmpty5xx && sent.isAway !== true;

function vtigerSent(reply: CrmReply): CrmSent {
  if (reply.kind === 'unsent') return reply;
  if (reply.kind === 'cut') return cutOff(reply);
  const verdict = judgeReply(reply.status, reply.body);
  switch (verdict.kind) {
    case 'delivered':
    case 'auth':
      return { kind: verdict.kind };
    case 'rejected':
      return { kind: 'rejected', problem: verdict.detail };
    case 'ambiguous':
      return { kind: 'ambiguous', problem: verdict.detail, isEmpty5xx: reply.body.trim() === '', isAway: isGateway(reply.status) };
  }
}
