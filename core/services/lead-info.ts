/**
 * `ccc_lead_info`: another cluster asks for the lead of a call that it got from us (vicidial-ccc 3.3).
 * The steps stand in the order of the specification; the first that fails answers.
 */
import {
  credentialsOf,
  logEntry,
  parameter,
  refusedUser,
  textAnswer,
  userOf,
  type ApiAnswer,
  type ApiRequest,
} from '../cluster/api-request.js';
import {
  coffeeText,
  formatLead,
  isKnownCode,
  leadInfoAnswers as answers,
  leadInfoFunction,
  proofLogOf,
  readStage,
  stageContentType,
  versionText,
  type Stage,
  type VersionFacts,
} from '../cluster/lead-info.js';
import type { MinuteLimit } from '../cluster/limits.js';
import { accountMayReadList, isListRestricted, mayReadCampaign, mayReadLeads, mayUseFunction } from '../cluster/permissions.js';
import { leadFields } from '../leads/lead.js';
import type { ApiLog, ApiLogEntry, ApiUser, CallProofs, Lists, Log, Meter, ProvenCall, Settings } from '../ports.js';
import type { Login } from './login.js';

export const leadInfoDefaults = {
  /** how old a logged call may be, in seconds (API-6); an account may have less */
  windowS: 36_000,
  /** per API user; an account may have less (W-7) */
  requestsPerUserMinuteMax: 600_000,
  requestsPerAddressMinuteMax: 600_000,
  /** unknown codes per user and address before further requests are refused: guessing must not pay (W-7) */
  missesPerMinuteMax: 600,
  /** unknown codes of one user in a minute that raise the alarm metric */
  missesAlarm: 20,
  /** keep the lead itself in the log, as VICIdial does; off: lead id and field count (W-11) */
  logLeadData: false,
};

export type LeadInfoOptions = typeof leadInfoDefaults;

export interface LeadInfoDeps {
  readonly login: Login;
  readonly settings: Settings;
  readonly proofs: CallProofs;
  readonly lists: Lists;
  readonly apiLog: ApiLog;
  readonly requests: MinuteLimit;
  readonly misses: MinuteLimit;
  readonly version: Omit<VersionFacts, 'localGmt'>;
  readonly meter: Meter;
  readonly log: Log;
  nowMs(): number;
}

/** How a request ended, for the metric: few values, no ids. */
type Outcome =
  | 'found'
  | 'version'
  | 'coffee'
  | 'login'
  | 'rate-limited'
  | 'no-function'
  | 'no-source'
  | 'forbidden'
  | 'bad-code'
  | 'call-not-found'
  | 'lead-not-found'
  | 'list-forbidden'
  | 'used-before';

interface Step {
  readonly outcome: Outcome;
  readonly answer: ApiAnswer;
  /** row of vicidial_api_log; undefined where the reference writes none */
  readonly logged?: Pick<ApiLogEntry, 'result' | 'reason' | 'data'>;
}

interface Asked {
  readonly request: ApiRequest;
  readonly user: string;
  readonly function: string;
  readonly source: string;
  readonly code: string;
  readonly agent: string;
  readonly stage: Stage;
  readonly header: boolean;
}

/** A one-time code is answered again to the same account and address for this long: the first answer may have been lost (W-7). */
export const oneTimeRetryMs = 30_000;

/** Server and page in the log of requests without login. */
const strangersServer = 'unknown';

const failed = (outcome: Outcome, body: string, data: string): Step => ({
  outcome,
  answer: textAnswer(body),
  // `ERROR: <reason>: <data>` for all but the two-line source error; the log keeps the reason alone.
  logged: { result: 'ERROR', reason: /^ERROR: (.+?)(?:: | - |\n)/.exec(body)?.[1] ?? '', data },
});

export function createLeadInfo(deps: LeadInfoDeps, options: LeadInfoOptions = leadInfoDefaults) {
  function read(request: ApiRequest, nonLatin: boolean): Asked {
    return {
      request,
      user: userOf(request, nonLatin),
      function: parameter(request, 'function', 'name'),
      source: parameter(request, 'source', 'word', nonLatin),
      code: parameter(request, 'call_id', 'word', nonLatin),
      agent: parameter(request, 'agent_user', 'name', nonLatin),
      stage: readStage(parameter(request, 'stage', 'name')),
      header: parameter(request, 'header', 'word') === 'YES',
    };
  }

  /** Functions that need no login (step 0). */
  function open(asked: Asked, localGmt: string | undefined): Step | undefined {
    if (asked.function === 'version') {
      const text = versionText({ ...deps.version, localGmt }, deps.nowMs());
      return { outcome: 'version', answer: textAnswer(`${text}\n`), logged: { result: 'SUCCESS', reason: '', data: text } };
    }
    const coffee = coffeeText(asked.function);
    return coffee === undefined
      ? undefined
      : { outcome: 'coffee', answer: textAnswer(coffee, 418), logged: { result: 'SUCCESS', reason: '', data: asked.function } };
  }

  /** Steps 2 to 6: what can be said without looking for the call. */
  function refusal(asked: Asked, account: ApiUser): Step | undefined {
    const { user, code, source } = asked;
    if (asked.function !== leadInfoFunction) return failed('no-function', answers.noFunction(), '');
    if (source.length < 2) return failed('no-source', answers.invalidSource(source), '');
    if (!mayUseFunction(account, leadInfoFunction)) return failed('forbidden', answers.functionNotAllowed(user), '');
    if (!mayReadLeads(account)) return failed('forbidden', answers.noPermission(user), '0');
    return isKnownCode(code) ? undefined : failed('bad-code', answers.invalidParameters(user, code), `${user}|${code}`);
  }

  /** A code nobody knows: counted, and an alarm when one account collects them (W-7). */
  function missed(asked: Asked, account: ApiUser, outcome: 'call-not-found' | 'used-before'): Step {
    const nowMs = deps.nowMs();
    deps.misses.take(`${account.user} ${asked.request.address}`, options.missesPerMinuteMax, nowMs);
    if (deps.misses.count(`${account.user} ${asked.request.address}`, nowMs) === options.missesAlarm) {
      deps.meter.count('tandem_lead_api_miss_alarms_total');
      deps.log.warn({ user: account.user, address: asked.request.address, misses: options.missesAlarm }, 'codes may be guessed');
    }
    return failed(outcome, answers.callNotFound(asked.user, asked.agent), `${asked.user}|${asked.agent}`);
  }

  async function mayReadLead(account: ApiUser, listId: string): Promise<boolean> {
    if (!accountMayReadList(account, listId)) return false;
    return !isListRestricted(account) || mayReadCampaign(account, await deps.lists.campaignOf(listId));
  }

  function found(asked: Asked, call: ProvenCall & { readonly lead: NonNullable<ProvenCall['lead']> }): Step {
    const { stage } = asked;
    const body = formatLead(call.lead, stage, asked.header);
    const reason = options.logLeadData ? body : `lead ${call.leadId}, ${leadFields.length} fields`;
    const answer: ApiAnswer = { status: 200, contentType: stageContentType(stage), body };
    const data = `${asked.user}|${asked.code}|${stage}`;
    return { outcome: 'found', answer, logged: { result: 'SUCCESS', reason: `${leadInfoFunction} ${reason}`, data } };
  }

  /** Steps 7 to 10. */
  async function look(asked: Asked, account: ApiUser): Promise<Step> {
    const { code, user, agent } = asked;
    const windowS = Math.min(options.windowS, account.account?.windowS ?? options.windowS);
    // The reference compares whole seconds of its clock.
    const afterMs = Math.floor(deps.nowMs() / 1000) * 1000 - windowS * 1000;
    const call = await deps.proofs.find(proofLogOf(code), code, afterMs);
    if (!call) return missed(asked, account, 'call-not-found');
    const { lead } = call;
    if (!lead) return failed('lead-not-found', answers.leadNotFound(user, agent), `${user}|${agent}`);
    if (!(await mayReadLead(account, lead.list_id))) return failed('list-forbidden', answers.leadRestricted(user), '1');
    // Last, so that a refused request does not use the code up.
    const { address } = asked.request;
    const isFirst =
      !account.account?.oneTime ||
      (await deps.proofs.takeOnce(account.user, code, { address, atMs: deps.nowMs(), retryMs: oneTimeRetryMs }));
    return isFirst ? found(asked, { ...call, lead }) : missed(asked, account, 'used-before');
  }

  /** More than the account's, the address's or the guesser's share of requests in this minute. */
  function isOverLimit(asked: Asked, account: ApiUser): boolean {
    const nowMs = deps.nowMs();
    const perMinute = Math.min(account.account?.requestsPerMinute ?? Infinity, options.requestsPerUserMinuteMax);
    if (!deps.requests.take(`user ${account.user}`, perMinute, nowMs)) return true;
    return deps.misses.count(`${account.user} ${asked.request.address}`, nowMs) >= options.missesPerMinuteMax;
  }

  async function run(asked: Asked, nonLatin: boolean, localGmt: string | undefined): Promise<Step> {
    const { request, user } = asked;
    const limited: Step = { outcome: 'rate-limited', answer: textAnswer(answers.login(user, 'RATE', request.address)) };
    if (!deps.requests.take(`address ${request.address}`, options.requestsPerAddressMinuteMax, deps.nowMs())) return limited;
    const openStep = open(asked, localGmt);
    if (openStep) return openStep;
    const credentials = credentialsOf(request, nonLatin);
    const login = await deps.login({ user, credentials, address: request.address, levelMin: 7 });
    if (!login.ok) {
      const named = refusedUser(credentials, user, login.refusal);
      return { outcome: 'login', answer: textAnswer(answers.login(named, login.refusal, request.address)) };
    }
    if (isOverLimit(asked, login.user)) return limited;
    return refusal(asked, login.user) ?? look(asked, login.user);
  }

  /** Answer one request. Rejects only when the store does. */
  return async function leadInfo(request: ApiRequest): Promise<ApiAnswer> {
    const system = await deps.settings.system();
    const asked = read(request, system.useNonLatin);
    const step = await run(asked, system.useNonLatin, system.serverLocalGmt);
    const nowMs = deps.nowMs();
    const name = [leadInfoFunction, 'version'].includes(asked.function) ? asked.function : 'other';
    deps.meter.count('tandem_lead_api_requests_total', { function: name, outcome: step.outcome });
    deps.meter.observe('tandem_lead_api_seconds', Math.max(0, nowMs - request.startedAtMs) / 1000, { function: name });
    if (step.logged) {
      // `version` needs no login, so its user is nobody's word (the reference logs none either).
      const isOpen = step.outcome === 'version' || step.outcome === 'coffee';
      const user = isOpen ? '' : asked.user;
      const row = { script: 'non-agent', user, function: asked.function, source: asked.source, ...step.logged } as const;
      const entry = logEntry(request, row, nowMs);
      // Names of servers and pages become rows of their own: a stranger's Host header must not fill those tables.
      void deps.apiLog.write(isOpen ? { ...entry, webServer: strangersServer, page: strangersServer } : entry);
    }
    return step.answer;
  };
}

export type LeadInfo = ReturnType<typeof createLeadInfo>;
