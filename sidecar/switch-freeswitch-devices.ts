/**
 * What the agents' telephones do (B22): which accounts are registered, and which of them have a call. Read when the link
 * comes up, followed by events from there on. An account that talks on a call of its own is in use, whoever called.
 */
import type { AgentId } from '../core/acd/ids.js';
import type { DeviceState } from '../core/acd/words.js';
import type { Log } from '../core/ports.js';
import type { Feed } from '../core/switch.js';
import type { SwitchEvent } from '../esl-outbound/event.js';
import type { EslLink } from './esl.js';
import { createAccountCalls } from './switch-freeswitch-calls.js';
import { channelRows, registrationRows } from './switch-freeswitch-list.js';

/** Agents by the account whose telephone is theirs, `1001@default` in small letters. Asked for at each event: must be cheap. */
export type WatchedAccounts = () => ReadonlyMap<string, readonly AgentId[]>;

export interface Devices {
  /** Read all states again: the watched accounts are others now. Never rejects. */
  refresh(): Promise<void>;
  close(): void;
}

interface DeviceDeps {
  readonly link: EslLink;
  readonly feed: Feed;
  readonly log: Log;
  readonly watched: WatchedAccounts;
}

/** Users and calls of a switch that are remembered. */
const rememberedMax = 100_000;
const registrationEvents = ['CUSTOM sofia::register', 'CUSTOM sofia::unregister', 'CUSTOM sofia::expire'] as const;
const callEvents = ['CHANNEL_CREATE', 'CHANNEL_ANSWER', 'CHANNEL_HANGUP'] as const;

/** A registration names its host, an account of the directory its domain: an agent's account is either, so its user counts. */
const userOf = (account: string): string => (account.split('@', 1)[0] ?? '').toLowerCase();

export function createDevices(deps: DeviceDeps): Devices {
  const { link, watched, feed, log } = deps;
  /** users */
  const registered = new Set<string>();
  const calls = createAccountCalls(rememberedMax);
  const told = new Map<AgentId, DeviceState>();
  /** while the lists are being read: calls that ended and users that came, since the lists may be older than that */
  let meanwhile: { readonly ended: Set<string>; readonly came: Set<string> } | undefined;
  let reading: Promise<void> | undefined;
  let isStale = false;
  let byUser = new Map<string, string[]>();
  let byUserOf: ReturnType<WatchedAccounts> | undefined;

  /** The watched accounts of a user; worked out again when others are watched. */
  function accountsOf(user: string): readonly string[] {
    const accounts = watched();
    if (byUserOf !== accounts) {
      byUserOf = accounts;
      byUser = new Map();
      for (const account of accounts.keys()) byUser.set(userOf(account), [...(byUser.get(userOf(account)) ?? []), account]);
    }
    return byUser.get(user) ?? [];
  }

  const stateOf = (account: string): DeviceState => calls.stateOf(account) ?? (registered.has(userOf(account)) ? 'idle' : 'unavailable');

  function tell(accounts: Iterable<string>): void {
    for (const account of accounts) {
      for (const agent of watched().get(account) ?? []) {
        const device = stateOf(account);
        if (told.get(agent) === device) continue;
        told.set(agent, device);
        feed({ type: 'device-changed', agent, device });
      }
    }
  }

  function onRegistration(event: SwitchEvent): void {
    const user = userOf(event.get('from-user') ?? event.get('user') ?? '');
    const isGone = event.get('Event-Subclass') !== 'sofia::register' || event.get('expires') === '0';
    const concerned = accountsOf(user);
    if (concerned.length === 0) return;
    // of several telephones of an account one may remain: the switch knows
    if (isGone) void refresh();
    else if (registered.size < rememberedMax) {
      registered.add(user);
      meanwhile?.came.add(user);
    }
    tell(concerned);
  }

  function onCall(event: SwitchEvent): void {
    const uuid = event.get('Unique-ID') ?? '';
    const account = (event.get('Channel-Presence-ID') ?? calls.accountOf(uuid) ?? '').toLowerCase();
    if (account === '' || !watched().has(account)) return;
    if (event.name === 'CHANNEL_HANGUP') {
      calls.delete(uuid);
      meanwhile?.ended.add(uuid);
    } else calls.put(uuid, account, event.name === 'CHANNEL_ANSWER');
    tell([account]);
  }

  /** One after the other, however many telephones go at once; whoever asks meanwhile is answered by one more. */
  function refresh(): Promise<void> {
    isStale = true;
    reading ??= readAll().finally(() => (reading = undefined));
    return reading;
  }

  async function readAll(): Promise<void> {
    while (isStale) {
      isStale = false;
      await read();
    }
  }

  async function read(): Promise<void> {
    if (watched().size === 0) return;
    const { ended, came } = (meanwhile = { ended: new Set<string>(), came: new Set<string>() });
    const before = [...calls.uuids()];
    try {
      const [accounts, channels] = await Promise.all([link.bgapi('show registrations as json'), link.bgapi('show channels as json')]);
      registered.clear();
      for (const { user } of registrationRows(accounts)) registered.add(userOf(user));
      for (const user of came) registered.add(user);
      const live = new Map(channelRows(channels).map((row) => [row.uuid, row]));
      for (const uuid of before) if (!live.has(uuid)) calls.delete(uuid);
      for (const { uuid, presence, isAnswered } of live.values()) {
        const account = presence.toLowerCase();
        if (watched().has(account) && !ended.has(uuid)) calls.put(uuid, account, isAnswered);
      }
      // all of them: while another process had the queues nobody here heard what was told
      told.clear();
      tell(watched().keys());
    } catch (error) {
      log.warn({ err: error }, 'freeswitch: states of the telephones could not be read');
    } finally {
      meanwhile = undefined;
    }
  }

  const stops = [
    link.on(registrationEvents, onRegistration),
    link.on(callEvents, onCall),
    link.onState(({ state }) => {
      if (state === 'up') void refresh();
    }),
  ];
  if (link.status().state === 'up') void refresh();
  return {
    refresh,
    close() {
      for (const stop of stops) stop();
    },
  };
}
