/**
 * Fronter commands: after a hand-over the closer orders the first agent out of the three-way call, or
 * stops the audio that agent plays, on this cluster or at the call's origin (vicidial-ccc section 7, FF-1 to FF-3).
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
import { fronterAnswers as answers, isFronterFunction, isFronterValue, remoteAgent, type FronterAsk } from '../cluster/fronter.js';
import type { LoginRefusal } from '../cluster/lead-info.js';
import type { MinuteLimit } from '../cluster/limits.js';
import { mayUseFunction } from '../cluster/permissions.js';
import { leadIdMax } from '../callercode.js';
import { hasCode } from '../errors.js';
import type {
  ApiLog,
  ApiUser,
  Containers,
  Handovers,
  LiveAgent,
  LiveAgents,
  Log,
  Meter,
  PeerClient,
  PeerRequest,
  Settings,
  UrlLog,
  Users,
} from '../ports.js';
import type { Login } from './login.js';

export const fronterDefaults = {
  connectMsMax: 2_000,
  requestMsMax: 5_000,
  /** how long after the call the fronter's session still counts */
  recentSessionMs: 300_000,
  requestsPerUserMinuteMax: 600_000,
  /** channels hung up by one command */
  channelsMax: 20,
};

export type FronterOptions = typeof fronterDefaults;

export interface FronterDeps {
  readonly login: Login;
  readonly users: Users;
  readonly settings: Settings;
  readonly agents: LiveAgents;
  readonly handovers: Handovers;
  readonly containers: Containers;
  readonly peers: PeerClient;
  readonly apiLog: ApiLog;
  readonly urlLog: UrlLog;
  readonly requests: MinuteLimit;
  readonly meter: Meter;
  readonly log: Log;
  nowMs(): number;
}

interface Command extends FronterAsk {
  readonly leadId: number;
  readonly signal: AbortSignal;
}

export function createFronter(deps: FronterDeps, options: FronterOptions = fronterDefaults) {
  /** Lead of the command: the closer's own, or the one that the asking cluster names. An answer instead when there is none. */
  async function leadOf(ask: FronterAsk, named: number): Promise<number | string> {
    if (ask.value === remoteAgent) return named > 0 ? named : answers.notOnCall(ask.agent);
    const closer = await deps.agents.find(ask.agent);
    if (!closer) return answers.notLoggedIn(ask.agent);
    return closer.leadId > 0 ? closer.leadId : answers.notOnCall(ask.agent);
  }

  async function stopAudio(command: Command, fronter: LiveAgent): Promise<string> {
    const { confExten: conference, serverIp: server, user: other } = fronter;
    const playing = await deps.agents.playingChannels(conference, server);
    if (playing.length === 0) return answers.nothingPlays(command, { conference, server, other });
    for (const channel of playing.slice(0, options.channelsMax)) await deps.agents.orderHangup(channel, server, deps.nowMs());
    return answers.stopSent(command, other);
  }

  /** Do it here; undefined when this cluster has no fronter for the lead. */
  async function locally(command: Command): Promise<string | undefined> {
    const { leadId, agent } = command;
    const live = await deps.agents.otherWithLead(leadId, agent);
    if (command.function === 'force_fronter_leave_3way') {
      if (!live) return undefined;
      await deps.agents.orderLeaveThreeWay(live.user, deps.nowMs());
      return answers.leaveSent(command);
    }
    if (live && live.confExten !== '') return stopAudio(command, live);
    const recent = await deps.agents.recentSession(leadId, agent, deps.nowMs() - options.recentSessionMs);
    if (recent) return stopAudio(command, recent);
    return live ? answers.noSession(command, live.user) : undefined;
  }

  async function askPeer(request: PeerRequest): Promise<'accepted' | 'refused' | 'unreachable'> {
    try {
      const answer = await deps.peers.ask(request);
      // FF-2: any other text, an ERROR among them, is no success (W-13).
      return answer.status === 200 && answer.body.startsWith('SUCCESS') ? 'accepted' : 'refused';
    } catch (e) {
      if (!hasCode(e, 'TDM_REMOTE_SLOW', 'TDM_REMOTE_FAILED', 'TDM_CALL_GONE', 'TDM_BAD_VALUE', 'TDM_BUSY')) throw e;
      deps.log.warn({ err: e, container: request.container.id }, 'fronter command: peer not reached');
      return 'unreachable';
    }
  }

  /** Pass the command on to the cluster the lead came from; undefined when it came from none. */
  async function atOrigin(command: Command): Promise<string | undefined> {
    const origin = await deps.handovers.originOf(command.leadId);
    const container = origin && (await deps.containers.find(origin.containerId));
    if (!container) return undefined;
    const request: PeerRequest = {
      container,
      function: command.function,
      parameters: { value: remoteAgent, lead_id: String(origin.remoteLeadId), agent_user: remoteAgent },
      signal: command.signal,
      connectMsMax: options.connectMsMax,
      requestMsMax: options.requestMsMax,
    };
    const startedAtMs = deps.nowMs();
    const result = await askPeer(request);
    deps.meter.count('tandem_fronter_peer_commands_total', { result });
    const responseSeconds = Math.floor((deps.nowMs() - startedAtMs) / 1000);
    const url = deps.peers.describe(request);
    void deps.urlLog.write({ uniqueId: '', atMs: startedAtMs, urlType: 'start', url, response: result, responseSeconds });
    return result === 'accepted' ? answers.sentToPeer(command, container.id) : answers.peerRefused(command, container.id);
  }

  /** `agent_user`, or the user behind `alt_user`; undefined when nobody has that name. */
  async function agentOf(request: ApiRequest, nonLatin: boolean): Promise<{ agent: string } | { unknown: string }> {
    const alias = parameter(request, 'alt_user', 'name', nonLatin);
    if (alias.length < 2) return { agent: parameter(request, 'agent_user', 'name', nonLatin) };
    const user = deps.users.findByAlias ? await deps.users.findByAlias(alias) : (await deps.users.find(alias))?.user;
    return user === undefined ? { unknown: alias } : { agent: user };
  }

  /** An account bound to a peer commands only for that peer's calls, never local agents by name (W-7, W-8). */
  function mayCommand(account: ApiUser, ask: FronterAsk): boolean {
    return mayUseFunction(account, ask.function) && (account.account === undefined || ask.value === remoteAgent);
  }

  async function command(request: ApiRequest, account: ApiUser, given: FronterAsk, nonLatin: boolean): Promise<string> {
    const isAgentNamed = given.agent !== '' || parameter(request, 'alt_user', 'name', nonLatin).length > 1;
    if (!isFronterValue(given.value) || !isAgentNamed) return answers.notValid(given);
    if (!mayCommand(account, given)) return answers.notPermitted(given, account.userGroup);
    const who = await agentOf(request, nonLatin);
    if ('unknown' in who) return answers.noUser(who.unknown);
    const ask = { ...given, agent: who.agent };
    const digits = parameter(request, 'lead_id', 'digits');
    const leadId = await leadOf(ask, digits.length <= 10 && Number(digits) <= leadIdMax ? Number(digits) : 0);
    if (typeof leadId === 'string') return leadId;
    const order: Command = { ...ask, leadId, signal: request.signal };
    const done = await locally(order);
    if (done !== undefined) return done;
    return (ask.value === 'LOCAL_AND_CCC' ? await atOrigin(order) : undefined) ?? answers.noFronter(ask.agent);
  }

  async function run(request: ApiRequest, user: string, nonLatin: boolean, apiActive: boolean): Promise<{ body: string; logged: boolean }> {
    const credentials = credentialsOf(request, nonLatin);
    const isShort = user.length < 2 || (credentials.kind === 'password' && credentials.pass.length < 2);
    const refused = (refusal: LoginRefusal) => answers.login(refusedUser(credentials, user, refusal), refusal, apiActive);
    if (isShort) return { body: refused('BAD'), logged: false };
    const login = await deps.login({ user, credentials, address: request.address, levelMin: 1 });
    if (!login.ok) {
      const body = login.refusal === 'RATE' ? answers.rateLimited(user) : refused(login.refusal);
      return { body, logged: false };
    }
    if (!apiActive || !login.user.agentApiAccess) return { body: refused('BAD'), logged: false };
    const perMinute = Math.min(login.user.account?.requestsPerMinute ?? Infinity, options.requestsPerUserMinuteMax);
    if (!deps.requests.take(`user ${login.user.user}`, perMinute, deps.nowMs())) return { body: answers.rateLimited(user), logged: false };
    const name = parameter(request, 'function', 'name');
    const source = parameter(request, 'source', 'word', nonLatin);
    if (source.length < 2) return { body: answers.invalidSource(source), logged: true };
    if (!isFronterFunction(name)) return { body: answers.noFunction(), logged: true };
    const [value, stage] = [parameter(request, 'value', 'name'), parameter(request, 'stage', 'name')];
    const ask: FronterAsk = { function: name, user, value, stage, agent: parameter(request, 'agent_user', 'name', nonLatin) };
    return { body: await command(request, login.user, ask, nonLatin), logged: true };
  }

  /** Answer one request of the Agent API. Rejects only when the store does. */
  return async function fronter(request: ApiRequest): Promise<ApiAnswer> {
    const system = await deps.settings.system();
    const user = userOf(request, system.useNonLatin);
    const { body, logged } = await run(request, user, system.useNonLatin, system.agentApiActive);
    const result = body.startsWith('SUCCESS') ? 'SUCCESS' : 'ERROR';
    const name = parameter(request, 'function', 'name');
    deps.meter.count('tandem_agent_api_requests_total', { function: isFronterFunction(name) ? name : 'other', result });
    if (logged) {
      const [reason = '', data = ''] = body
        .trimEnd()
        .replace(/^\w+: /, '')
        .split(' - ', 2);
      const entry = { script: 'agent', user, function: name, result, reason, data, source: parameter(request, 'source', 'word') } as const;
      const more = { agentUser: parameter(request, 'agent_user', 'name'), value: parameter(request, 'value', 'name') };
      void deps.apiLog.write(logEntry(request, { ...entry, ...more }, deps.nowMs()));
    }
    return textAnswer(body);
  };
}

export type Fronter = ReturnType<typeof createFronter>;
