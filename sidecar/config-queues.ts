/** The settings of Tandem's own queues. */
import { dirname, join } from 'node:path';
import { isNetwork } from '../core/address-list.js';
import { messageFolderProblem } from '../core/message-file.js';
import { knownDefaultSecrets } from './config.js';
import type { Reader } from './config.js';
import { queueLogPathProblem } from './queue-log-file.js';

const mb = 1024 * 1024;
const dayMs = 86_400_000;

export function queuesConfig(read: Reader) {
  return {
    switchQueues: read.yes('switch_queues'),
    /** undefined: no talk is sent on from the agent page */
    transferContext: transferContext(read),
    supervisorPhones: read.list('supervisor_phones'),
    supervisorPin: supervisorPin(read),
    chatWebhook: { url: webhookUrl(read), secret: read.text('chat_webhook_secret') },
    /** undefined: as the dialplan says */
    agiSwitchAddress: agiSwitchAddress(read),
    freeswitchCallBack: freeswitchCallBack(read),
    queueLog: queueLog(read),
    spool: { file: read.text('queue_spool_file') || spoolBeside(read.text('database_url')), bytesMax: read.int('queue_spool_mb_max') * mb },
    messageFolder: messageFolder(read),
    reconcileMs: read.int('queue_reconcile_s') * 1000,
    events: { streamsMax: read.int('event_streams_max'), webhookHosts: webhookHosts(read) },
    eventsMsMax: read.int('events_days') * dayMs,
  };
}

export type QueuesConfig = ReturnType<typeof queuesConfig>;

function transferContext(read: Reader): string | undefined {
  const context = read.text('queue_transfer_context');
  if (context === '') return undefined;
  if (!isName(context)) read.complain('queue_transfer_context', 'must be the name of a context');
  return context;
}

function supervisorPin(read: Reader): string | undefined {
  const pin = read.text('supervisor_pin');
  if (pin === '') return undefined;
  if (!/^\d{4,12}$/.test(pin) || /^(\d)\1*$/.test(pin) || knownDefaultSecrets.has(pin))
    read.complain('supervisor_pin', 'must be 4 to 12 digits that nobody guesses');
  return pin;
}

function messageFolder(read: Reader): string {
  const folder = read.text('message_folder');
  const problem = messageFolderProblem(folder);
  if (problem !== undefined) read.complain('message_folder', problem);
  return folder;
}

/** undefined: none is written */
function queueLog(read: Reader) {
  const file = read.text('queue_log_file');
  if (file === '') return undefined;
  const problem = queueLogPathProblem(file);
  if (problem !== undefined) read.complain('queue_log_file', problem);
  return { file, bytesMax: read.int('queue_log_mb_max') * mb };
}

/** Each database has a spool of its own. */
function spoolBeside(databaseUrl: string): string {
  const database = /^sqlite:(?!:memory:)(.+)$/.exec(databaseUrl)?.[1];
  return join(database === undefined ? 'data' : dirname(database), 'tandem-queues.spool');
}

function webhookUrl(read: Reader): string | undefined {
  const url = read.text('chat_webhook_url');
  if (url === '') return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) read.complain('chat_webhook_url', 'must begin with http:// or https://');
  return url;
}

/** Names, addresses and networks to which webhooks may be sent although they are not public. */
function webhookHosts(read: Reader): readonly string[] {
  const hosts = read.list('webhook_hosts');
  const wrong = hosts.filter((host) => !isNetwork(host) && !/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(host));
  if (wrong.length > 0) read.complain('webhook_hosts', `no host, address or network: ${wrong.join(', ')}`);
  return hosts;
}

function agiSwitchAddress(read: Reader): string | undefined {
  const address = read.text('agi_switch_address');
  if (address === '') return undefined;
  if (!isAddress(address)) read.complain('agi_switch_address', 'must be a host, or host:port');
  return address;
}

/** How FreeSWITCH dials a customer who wants to be called back; undefined: it does not. */
function freeswitchCallBack(read: Reader) {
  const contact = read.text('freeswitch_callback_contact');
  if (contact === '') return undefined;
  if (!contact.includes('{number}')) read.complain('freeswitch_callback_contact', 'must have {number} in it');
  const place = read.text('freeswitch_callback_to');
  const [extension = '', context = 'default', ...more] = place.split('@');
  if (place !== '' && (more.length > 0 || !isName(extension) || !isName(context)))
    read.complain('freeswitch_callback_to', 'must be extension@context');
  const to = place === '' ? { door: `${read.text('esl_host')}:${read.text('esl_port')}` } : { extension, context };
  return { contact, to, callerId: read.text('freeswitch_callback_caller_id') };
}

const isName = (text: string): boolean => /^[A-Za-z0-9_.+*#-]{1,80}$/.test(text);
const isAddress = (text: string): boolean => /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(:\d{1,5})?$/.test(text);
