/**
 * From a container (stock text, our own profile, or both) and a function to one request, as data: address,
 * path and decoded parameters. The HTTP client adds nothing but credentials and encoding (FF-3, W-2).
 */
import { TandemError } from '../errors.js';
import type { Container, PeerProfile, PeerRequest } from '../ports.js';
import { fillMacro, readContainer } from './container.js';
import type { ContainerProblem, ContainerUrl, Parameter } from './container.js';

export type PeerFunction = PeerRequest['function'];
/** `csvq` is quoted CSV, a form of our own API that a container may ask for */
export type AnswerFormat = PeerProfile['stage'] | 'csvq';

export interface RequestPlan {
  /** `https://host[:port]` */
  readonly origin: string;
  /** percent-encoded, begins with `/` */
  readonly path: string;
  /** decoded; the value of `pass` may be a reference (`env:`, `file:`) that the client resolves */
  readonly parameters: readonly Parameter[];
  readonly userInfo: ContainerUrl['userInfo'];
  /** how the answer's fields are separated: what the container or profile asks for */
  readonly format: AnswerFormat;
}

export type PlanProblem = ContainerProblem | 'peer-inactive' | 'bad-base-url';
export type PlanResult = { readonly ok: true; readonly plan: RequestPlan } | { readonly ok: false; readonly problem: PlanProblem };

const formats: readonly string[] = ['pipe', 'csv', 'tab', 'newline', 'json', 'csvq'];
const codePattern = /^[A-Z0-9]{20}$/;

/** Letter case counts, and an unknown word means pipe, as at the origin (3.1). */
function formatOf(stage: string | undefined): AnswerFormat {
  return formats.includes(stage ?? '') ? (stage as AnswerFormat) : 'pipe';
}

const last = (parameters: readonly Parameter[], name: string): string | undefined => parameters.findLast(([n]) => n === name)?.[1];

function callerCode(parameters: Readonly<Record<string, string>>): string {
  const code = parameters['call_id'] ?? '';
  if (!codePattern.test(code)) throw new TandemError('TDM_BAD_VALUE', ['call_id', 'not a caller code of 20 characters']);
  return code;
}

function planFromProfile(profile: PeerProfile, base: string, name: PeerFunction, given: Readonly<Record<string, string>>): PlanResult {
  const root = readContainer(base);
  if (!root.ok || root.url.parameters.length > 0) return { ok: false, problem: 'bad-base-url' };
  const { origin, path: prefix, userInfo } = root.url;
  const page = name.startsWith('force_fronter_') ? profile.agentPath : profile.nonAgentPath;
  const path = `${prefix.replace(/\/$/, '')}/${page.replace(/^\//, '')}`;
  if (name === 'version') return { ok: true, plan: { origin, path, parameters: [['function', name]], userInfo, format: 'pipe' } };
  if (name === 'ccc_lead_info') callerCode(given);
  const parameters: Parameter[] = [
    ['user', profile.user],
    ['pass', profile.pass],
    ['source', profile.source],
    ['function', name],
    ...Object.entries(given),
  ];
  const asksLead = name === 'ccc_lead_info';
  if (asksLead && profile.stage !== 'pipe') parameters.push(['stage', profile.stage]);
  return { ok: true, plan: { origin, path, parameters, userInfo, format: asksLead ? profile.stage : 'pipe' } };
}

/** The container's own login, replaced by the profile's when it has one. */
function withProfileLogin(parameters: readonly Parameter[], profile: PeerProfile | undefined): readonly Parameter[] {
  if (!profile || profile.user === '') return parameters;
  const rest = parameters.filter(([name]) => name !== 'user' && name !== 'pass');
  return [['user', profile.user], ['pass', profile.pass], ...rest];
}

function leadPlan(url: ContainerUrl, profile: PeerProfile | undefined, given: Readonly<Record<string, string>>): PlanResult {
  if (!url.asksForCode) return { ok: false, problem: 'no-call-id' };
  const code = callerCode(given);
  const parameters = url.parameters.map(([name, value]): Parameter => [fillMacro(name, code), fillMacro(value, code)]);
  const stage = last(parameters, 'stage');
  if (stage === undefined && profile && profile.stage !== 'pipe') parameters.push(['stage', profile.stage]);
  return {
    ok: true,
    plan: {
      origin: url.origin,
      userInfo: url.userInfo,
      path: fillMacro(url.path, code),
      parameters: withProfileLogin(parameters, profile),
      format: formatOf(stage ?? profile?.stage),
    },
  };
}

/**
 * Another function over a stock container: what the reference does by replacing text (section 7), done on the
 * parts. `ccc_lead_info` becomes the function with its parameters behind it, the page becomes the agent API.
 */
function otherPlan(
  url: ContainerUrl,
  profile: PeerProfile | undefined,
  name: PeerFunction,
  given: Readonly<Record<string, string>>,
): PlanResult {
  const { origin, userInfo } = url;
  if (name === 'version') {
    return { ok: true, plan: { origin, path: url.path, userInfo, parameters: [['function', name]], format: 'pipe' } };
  }
  const replaced = url.parameters.flatMap(([key, value]): Parameter[] =>
    value === 'ccc_lead_info' ? [[key, name], ...Object.entries(given)] : [[key, value]],
  );
  const path = url.path.replace(/(?:vicidial|admin)\/non_agent_/, 'agc/');
  return { ok: true, plan: { origin, path, userInfo, parameters: withProfileLogin(replaced, profile), format: 'pipe' } };
}

/**
 * What to send to the peer of `container`. `given` for ccc_lead_info: `call_id`, exactly 20 characters; for the
 * fronter commands: value, lead_id, agent_user. Throws TDM_BAD_VALUE for a call_id that is no code.
 */
export function planRequest(container: Container, name: PeerFunction, given: Readonly<Record<string, string>>): PlanResult {
  const { profile, entry } = container;
  if (profile && !profile.active) return { ok: false, problem: 'peer-inactive' };
  if (profile?.baseUrl !== undefined) return planFromProfile(profile, profile.baseUrl, name, given);
  const parsed = readContainer(entry);
  if (!parsed.ok) return parsed;
  return name === 'ccc_lead_info' ? leadPlan(parsed.url, profile, given) : otherPlan(parsed.url, profile, name, given);
}

/** The query string: every name and value percent-encoded by itself. */
export function encodeQuery(parameters: readonly Parameter[]): string {
  return parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}
