/**
 * The client for other clusters (PeerClient): stock VICIdial and Tandem. Kept-alive connections, deadlines, one
 * retry, checked certificates, narrow redirects, credentials only where they belong (AGI-3, W-5, W-6, W-10, X-27).
 */
import { createHash, createHmac } from 'node:crypto';
import { encodeQuery, planRequest } from '../core/cluster/peer-request.js';
import type { RequestPlan } from '../core/cluster/peer-request.js';
import type { Parameter } from '../core/cluster/container.js';
import { redactQuery } from '../core/cluster/redact.js';
import { signRequest, signatureHeaders } from '../core/cluster/signature.js';
import type { Digests } from '../core/cluster/signature.js';
import { TandemError } from '../core/errors.js';
import type { PeerAnswer, PeerClient, PeerProfile, PeerRequest } from '../core/ports.js';
import { createPeerAgents, dropIdle } from './peer-agents.js';
import type { PeerAgentOptions } from './peer-agents.js';
import { exchange, ExchangeFailure } from './peer-exchange.js';
import type { ExchangeAnswer } from './peer-exchange.js';
import { createSecretReader } from './peer-secrets.js';
import { decodeBody } from './peer-text.js';

export interface PeerClientOptions extends PeerAgentOptions {
  readonly bodyBytesMax: number;
  readonly redirectsMax: number;
  /** before the one retry: an origin that restarts needs a moment */
  readonly retryPauseMs: number;
}

export const peerClientDefaults: PeerClientOptions = {
  socketsMax: 256,
  idleMs: 15_000,
  agentsMax: 200,
  handshakeMsMax: 10_000,
  bodyBytesMax: 65_536,
  redirectsMax: 3,
  retryPauseMs: 20,
};

export interface PeerClientDeps {
  readonly nowMs: () => number;
  /** where `env:` references are looked up */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ClosablePeerClient extends PeerClient {
  /** Ends every request with TDM_REMOTE_FAILED and closes all connections. */
  close(): void;
}

const digests: Digests = {
  sha256Hex: (data) => createHash('sha256').update(data).digest('hex'),
  hmacSha256Hex: (secret, text) => createHmac('sha256', secret).update(text).digest('hex'),
};
const commonHeaders = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'tandem' };

const isLogin = ([name]: Parameter): boolean => name === 'user' || name === 'pass';

/** What goes into the address: credentials only for stock peers, which know no other way. */
function sentParameters(plan: RequestPlan, profile: PeerProfile | undefined): readonly Parameter[] {
  const inQuery = (profile?.credentials ?? 'query') === 'query';
  return inQuery ? plan.parameters : plan.parameters.filter((parameter) => !isLogin(parameter));
}

function basic(user: string, pass: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${pass}`, 'utf8').toString('base64')}` };
}

/** Same host, https, and no other port than before or the usual one (W-6). */
function allowedRedirect(from: URL, location: string): URL | undefined {
  if (!URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from.href);
  const isSamePort = to.port === '' || to.port === from.port;
  return to.protocol === 'https:' && to.hostname === from.hostname && isSamePort && to.username === '' ? to : undefined;
}

const peerOf = ({ container }: PeerRequest): string => container.profile?.id ?? container.id;
const failed = (request: PeerRequest, reason: string, cause?: unknown) =>
  new TandemError('TDM_REMOTE_FAILED', [peerOf(request), reason], { cause });

export function createPeerClient(deps: PeerClientDeps, given: Partial<PeerClientOptions> = {}): ClosablePeerClient {
  const options = { ...peerClientDefaults, ...given };
  const agents = createPeerAgents(options, deps.nowMs);
  const readSecret = createSecretReader(deps.env, deps.nowMs);
  const running = new Set<(reason: 'closing') => void>();
  let isClosed = false;

  function planOf(request: PeerRequest): RequestPlan {
    const planned = planRequest(request.container, request.function, request.parameters);
    if (!planned.ok) throw failed(request, `container not usable: ${planned.problem}`);
    return planned.plan;
  }

  function secret(request: PeerRequest, text: string): string {
    const value = readSecret(text);
    if (value === undefined) throw failed(request, 'secret of the container or peer cannot be read');
    return value;
  }

  /** Login headers for one address. A signature is made anew for each try, because it counts only once. */
  function loginHeaders(request: PeerRequest, plan: RequestPlan, url: URL): Record<string, string> {
    const value = (name: string) => plan.parameters.findLast(([n]) => n === name)?.[1] ?? '';
    const how = request.container.profile?.credentials ?? 'query';
    const { userInfo } = plan;
    if (how === 'query') return userInfo ? basic(userInfo.user, secret(request, userInfo.pass)) : {};
    const [user, pass] = [value('user'), secret(request, value('pass'))];
    if (user === '' && pass === '') return {}; // `version` needs no login
    if (how === 'header') return basic(user, pass);
    const date = new Date(deps.nowMs()).toISOString();
    const parts = { method: 'GET', path: url.pathname, parameters: new Map(url.searchParams), body: '', date };
    return { [signatureHeaders.key]: user, [signatureHeaders.date]: date, [signatureHeaders.sign]: signRequest(digests, pass, parts) };
  }

  function firstUrl(request: PeerRequest, plan: RequestPlan): URL {
    const parameters = sentParameters(plan, request.container.profile).map(([name, value]): Parameter =>
      name === 'pass' ? [name, secret(request, value)] : [name, value],
    );
    return new URL(`${plan.origin}${plan.path}?${encodeQuery(parameters)}`);
  }

  /** One try at one address. */
  function attempt(request: PeerRequest, plan: RequestPlan, url: URL, signal: AbortSignal): Promise<ExchangeAnswer> {
    const { connectMsMax, container } = request;
    const agent = agents.get(peerOf(request), url.origin, container.profile);
    const headers = { ...commonHeaders, ...loginHeaders(request, plan, url) };
    return exchange({ url, headers, agent, connectMsMax, bodyBytesMax: options.bodyBytesMax, signal });
  }

  /** Asks again once when the connection was refused, or reset before any byte (AGI-3). */
  async function attemptTwice(request: PeerRequest, plan: RequestPlan, url: URL, signal: AbortSignal): Promise<ExchangeAnswer> {
    try {
      return await attempt(request, plan, url, signal);
    } catch (e) {
      if (!(e instanceof ExchangeFailure) || !e.isBeforeAnyByte) throw e;
      // Kept connections may be dead as well: the retry gets a new one.
      dropIdle(agents.get(peerOf(request), url.origin, request.container.profile));
      await new Promise((resolve) => setTimeout(resolve, options.retryPauseMs));
      return attempt(request, plan, url, signal);
    }
  }

  async function follow(request: PeerRequest, signal: AbortSignal): Promise<PeerAnswer> {
    const plan = planOf(request);
    let url = firstUrl(request, plan);
    let answer = await attemptTwice(request, plan, url, signal);
    for (let hops = 0; answer.location !== undefined; hops++) {
      if (hops >= options.redirectsMax) throw failed(request, 'too many redirects');
      const next = allowedRedirect(url, answer.location);
      if (!next) throw failed(request, 'redirect to another place refused');
      url = next;
      answer = await attempt(request, plan, url, signal);
    }
    return { status: answer.status, body: decodeBody(answer.body) };
  }

  function explain(request: PeerRequest, e: unknown, cause: 'late' | 'gone' | 'closing' | undefined): unknown {
    if (cause === 'gone') return new TandemError('TDM_CALL_GONE', ['request to the origin stopped']);
    if (cause === 'late' && e instanceof ExchangeFailure && e.hasWaited)
      return new TandemError('TDM_BUSY', [`${options.socketsMax} connections to cluster "${peerOf(request)}"`]);
    if (cause === 'late') return new TandemError('TDM_REMOTE_SLOW', [peerOf(request), request.requestMsMax]);
    if (cause === 'closing') return failed(request, 'Tandem is stopping');
    if (e instanceof TandemError) return e;
    if (!(e instanceof ExchangeFailure)) return failed(request, 'request could not be made', e);
    return e.kind === 'slow' ? new TandemError('TDM_REMOTE_SLOW', [peerOf(request), request.connectMsMax]) : failed(request, e.message, e);
  }

  return {
    async ask(request) {
      const { signal, requestMsMax } = request;
      if (signal.aborted) throw explain(request, undefined, 'gone');
      if (isClosed) throw explain(request, undefined, 'closing');
      const inner = new AbortController();
      let cause: 'late' | 'gone' | 'closing' | undefined;
      const stop = (why: 'late' | 'gone' | 'closing') => {
        cause ??= why;
        inner.abort();
      };
      const onAbort = () => stop('gone');
      const timer = setTimeout(() => stop('late'), requestMsMax);
      signal.addEventListener('abort', onAbort);
      running.add(stop);
      try {
        return await follow(request, inner.signal);
      } catch (e) {
        throw explain(request, e, cause);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        running.delete(stop);
      }
    },
    describe(request) {
      const planned = planRequest(request.container, request.function, request.parameters);
      if (!planned.ok) return `container ${request.container.id}: ${planned.problem}`;
      const { plan } = planned;
      return `${plan.origin}${plan.path}?${redactQuery(encodeQuery(sentParameters(plan, request.container.profile)))}`;
    },
    close() {
      isClosed = true;
      for (const stop of running) stop('closing');
      agents.close();
    },
  };
}
