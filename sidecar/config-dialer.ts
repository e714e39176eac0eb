/** The dialer's settings (dialer.md A4). */
import { dirname, join } from 'node:path';
import type { DialerSettings } from '../core/dialer/campaign.js';
import type { DialingMode } from '../core/dialer/words.js';
import type { Reader, SwitchAddress } from './config.js';
import { networks } from './config.js';

const mb = 1024 * 1024;
const dayMs = 86_400_000;

/** `voice_connector` for the one in this process. */
export const ownConnector = 'own';

export interface DialerLinks {
  readonly amiLinks: readonly SwitchAddress[];
  readonly freeswitchLinks: readonly SwitchAddress[];
}

export function dialerConfig(read: Reader, links: DialerLinks) {
  const isOn = read.yes('dialer');
  const settings = settingsOf(read, links, isOn);
  return {
    isOn,
    settings,
    journal: {
      file: read.text('dialer_journal_file') || journalBeside(read.text('database_url')),
      bytesMax: read.int('dialer_journal_mb_max') * mb,
    },
    lists: {
      folder: read.text('dialer_list_folder') || listsBeside(read.text('database_url')),
      bytesMax: read.int('dialer_list_mb_max') * mb,
    },
    /** how long rows are kept; as the store names it */
    retention: {
      dialerCallsMsMax: read.int('dialer_calls_days') * dayMs,
      dialerAuditMsMax: read.int('dialer_audit_days') * dayMs,
      dialerContactsMsMax: read.int('dialer_contacts_days') * dayMs,
      dialerDecisionsMsMax: read.int('dialer_decisions_days') * dayMs,
    },
    /** '' = those that ship */
    profilesFile: read.text('dialer_profiles'),
    /** may use the reference's faces without a login */
    allow: networks(read, 'dialer_allow'),
    /** events of single calls too */
    tellsCalls: read.yes('dialer_call_events'),
    /** '' = kept only */
    notificationsUrl: httpUrl(read, 'dialer_notifications_url'),
  };
}

export type DialerConfig = ReturnType<typeof dialerConfig>;

function settingsOf(read: Reader, links: DialerLinks, isOn: boolean): DialerSettings {
  const defaultSwitch = switchOf(read, links, isOn);
  const settings: DialerSettings = {
    defaultIvr: extension(read),
    serviceIdentifier: word(read, 'dialer_service_identifier'),
    voiceConnector: read.text('dialer_voice_connector') === ownConnector ? ownConnector : httpUrl(read, 'dialer_voice_connector'),
    cycleMs: read.int('dialer_cycle_s') * 1000,
    callsPerSecond: read.int('dialer_calls_per_second'),
    slotsMax: read.int('dialer_max_concurrent_calls'),
    callMsMax: read.int('dialer_max_call_minutes') * 60_000,
    domain: word(read, 'dialer_domain') || addressOf(defaultSwitch, links),
    defaultSwitch,
    strictReferenceStrings: read.yes('dialer_strict_strings'),
    strictReferenceFailover: read.yes('dialer_strict_failover'),
    strictSameNumber: read.yes('dialer_strict_same_number'),
    referenceProfile: read.text('dialer_reference_profile'),
    referenceMode: read.text('dialer_reference_mode') as DialingMode,
    reservationMs: read.int('dialer_reservation_s') * 1000,
  };
  if (settings.callMsMax <= settings.reservationMs)
    read.complain('dialer_max_call_minutes', 'must be longer than an agent request may wait (dialer_reservation_s)');
  return settings;
}

/** '' without a switch. */
function switchOf(read: Reader, { amiLinks, freeswitchLinks }: DialerLinks, isOn: boolean): string {
  const given = read.text('dialer_default_switch');
  const names = [...freeswitchLinks, ...amiLinks].map(({ name }) => name);
  if (given !== '' && !names.includes(given))
    read.complain('dialer_default_switch', `"${given}" is no switch of ami_urls or freeswitch_urls`);
  if (isOn && names.length === 0) read.complain('dialer', 'needs a switch: ami_urls or freeswitch_urls');
  return given || (names[0] ?? '');
}

const addressOf = (name: string, { amiLinks, freeswitchLinks }: DialerLinks): string =>
  [...freeswitchLinks, ...amiLinks].find((link) => link.name === name)?.host ?? '';

/** They stand in dial strings (A10), which refuse anything else. */
const words = {
  dialer_service_identifier: {
    pattern: /^[A-Za-z0-9_.:@+*#-]{0,40}$/,
    says: 'letters, digits, `_`, `.`, `:`, `@`, `+`, `*`, `#`, `-`, at most 40',
  },
  dialer_domain: { pattern: /^([A-Za-z0-9][A-Za-z0-9._-]{0,252})?$/, says: 'a host: letters, digits, `.`, `_`, `-`' },
};

function word(read: Reader, name: keyof typeof words): string {
  const given = read.text(name);
  if (!words[name].pattern.test(given)) read.complain(name, `must be ${words[name].says}`);
  return given;
}

function extension(read: Reader): string {
  const given = read.text('dialer_default_ivr');
  if (!/^[A-Za-z0-9_.*#@-]{0,20}$/.test(given)) read.complain('dialer_default_ivr', 'must be an extension of at most 20 characters');
  return given;
}

function httpUrl(read: Reader, name: 'dialer_voice_connector' | 'dialer_notifications_url'): string {
  const url = read.text(name);
  if (url === '') return '';
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) read.complain(name, 'must begin with http:// or https://');
  return url.replace(/\/+$/, '');
}

/** Each database has a journal of its own, and a folder for lists. */
const journalBeside = (databaseUrl: string): string => join(folderOf(databaseUrl), 'tandem-dialer.journal');
const listsBeside = (databaseUrl: string): string => join(folderOf(databaseUrl), 'lists');

function folderOf(databaseUrl: string): string {
  const database = /^sqlite:(?!:memory:)(.+)$/.exec(databaseUrl)?.[1];
  return database === undefined ? 'data' : dirname(database);
}
