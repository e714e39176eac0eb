/** The dialer as the settings want it: agents of the own queues, voice connector, profiles. */
import { randomUUID } from 'node:crypto';
import { agentId } from '../core/acd/ids.js';
import type { QueueEngine } from '../core/acd-ports.js';
import type { Profile } from '../core/dialer/compliance/profile.js';
import { profilesWith, shippedProfiles } from '../core/dialer/compliance/profiles.js';
import { TandemError } from '../core/errors.js';
import type { NewsDesk } from '../core/feed-news.js';
import { createDialerAgents } from '../core/services/dialer-agents.js';
import type { DialerControl, VoiceConnector } from '../core/dialer-ports.js';
import { ownConnector, type DialerConfig } from './config-dialer.js';
import { openDialer } from './dialer.js';
import type { Dialer, DialerDeps } from './dialer.js';
import { tellNews } from './dialer-news.js';
import { createOwnVoiceConnector } from './own-voice-connector.js';
import { createVoiceConnector, voiceConnectorDefaults } from './voice-connector.js';
import { describeProblems, readYamlFile } from './yaml-file.js';

export interface ConfiguredDialerDeps extends Omit<DialerDeps, 'agents' | 'connector' | 'profiles'> {
  readonly engine: QueueEngine;
  /** what happens to campaigns is told there */
  readonly desk: NewsDesk;
}

export interface ConfiguredDialer extends Dialer {
  /** Profiles, campaigns and settings are read again. Rejects TDM_BAD_FILE: then the former profiles stay. */
  reload(): Promise<void>;
}

/** undefined: `dialer: no`. Throws TDM_BAD_FILE when the file of profiles is wrong. */
export function openConfiguredDialer(deps: ConfiguredDialerDeps): ConfiguredDialer | undefined {
  const { config, engine, timers, log } = deps;
  if (!config.isOn) return undefined;
  let profiles = profilesFor(config);
  const after = (delayMs: number, run: () => void): (() => void) => timers.after(delayMs, run);
  const agents = createDialerAgents(engine, { after, nowMs: () => timers.nowMs(), log });
  const connector = connectorOf({ ...deps, agents, agentDetails: (details) => dialer.control.agentDetails(details) });
  const dialer = openDialer({ ...deps, agents, connector: connector?.port, profiles: () => profiles });
  const stopNews = dialer.control.onNotice(tellNews(deps.desk, deps.meter, config.tellsCalls));
  return {
    ...dialer,
    async reload() {
      profiles = profilesFor(config);
      // a process that does not dial has nothing to read again
      if (dialer.control.isOwner()) await dialer.control.reload();
    },
    async stop() {
      await dialer.stop();
      stopNews();
      connector?.close();
    },
  };
}

interface Connector {
  readonly port: VoiceConnector;
  close(): void;
}

type ConnectorDeps = ConfiguredDialerDeps & Pick<DialerDeps, 'agents'> & Pick<DialerControl, 'agentDetails'>;

function connectorOf(deps: ConnectorDeps): Connector | undefined {
  const { config, engine, log, meter } = deps;
  const { voiceConnector: url, reservationMs } = config.settings;
  if (url === '') return undefined;
  if (url !== ownConnector)
    return { port: createVoiceConnector({ ...voiceConnectorDefaults, url }, { fetch, log, meter }), close: () => undefined };
  meter.set('tandem_dialer_voice_connector_up', 1);
  const own = createOwnVoiceConnector(
    { notificationsUrl: config.notificationsUrl, reservationMs },
    {
      ...deps,
      contactOf: (agent) => contactOf(engine, agent),
      wrapUpMsOf: (agent, queue) => wrapUpMsOf(engine, agent, queue),
      newId: randomUUID,
      fetch,
    },
  );
  return { port: own, close: () => own.close() };
}

function contactOf(engine: QueueEngine, agent: string): string | undefined {
  return engine.isOwner() ? engine.view().agentConfigs.get(agentId(agent))?.contact : undefined;
}

/** As after a call of the queue: the agent's, or that of all, under the queue's ceiling. */
function wrapUpMsOf(engine: QueueEngine, agent: string, queue: string): number {
  if (!engine.isOwner()) return 0;
  const state = engine.view();
  const wanted = state.agentConfigs.get(agentId(agent))?.wrapUpMs ?? state.settings.wrapUpMs;
  return Math.min(wanted, state.queueNamed(queue)?.maxWrapUpMs ?? Infinity);
}

/** With the one of campaigns that exist by their contacts alone: without it none of them would be dialled. Throws TDM_BAD_FILE, TDM_BAD_SETTING. */
export function profilesFor({ profilesFile, settings }: Pick<DialerConfig, 'profilesFile' | 'settings'>): ReadonlyMap<string, Profile> {
  const profiles = readProfiles(profilesFile);
  if (!profiles.has(settings.referenceProfile))
    throw new TandemError('TDM_BAD_SETTING', ['dialer_reference_profile', `there is no profile "${settings.referenceProfile}"`]);
  return profiles;
}

/** Throws TDM_BAD_FILE. */
export function readProfiles(file: string): ReadonlyMap<string, Profile> {
  if (file === '') return shippedProfiles;
  const { value, problems } = readYamlFile(file);
  if (problems.length > 0) throw new TandemError('TDM_BAD_FILE', [file, describeProblems(problems)]);
  return profilesWith(file, value);
}
