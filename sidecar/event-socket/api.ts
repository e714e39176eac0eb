/**
 * What stands behind `api` and `bgapi` of the event socket: mod_callcenter's commands, and what consoles and monitors
 * ask besides. Names and answers are FreeSWITCH's (esl-outbound 10, in-api).
 */
import { randomUUID } from 'node:crypto';
import type { AcdState } from '../../core/acd/acd-state.js';
import type { Member } from '../../core/acd/state.js';
import type { RecordCommand } from '../../core/access-ports.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import type { CallcenterCommandName, CallcenterCommands, CallcenterNeed, CallcenterUser } from '../../core/callcenter-ports.js';
import { callcenterCommandNames } from '../../core/callcenter-ports.js';
import { seesQueue } from '../../core/callcenter/seen.js';
import { recordedCommand } from '../../core/services/recorded-command.js';
import type { SocketUser } from '../../core/event-socket/session.js';
import { TandemError } from '../../core/errors.js';
import type { Log } from '../../core/ports.js';
import { sessionsOf, upTime } from './heartbeat.js';

export interface SocketPrincipal extends SocketUser, CallcenterUser {
  may(need: CallcenterNeed): boolean;
}

export interface SocketApiDeps {
  readonly engine: QueueEngine;
  readonly commands: CallcenterCommands;
  /** commands that change something are written down; mod_callcenter's own are already */
  readonly record: RecordCommand;
  /** give what is provisioned to the engine */
  readonly reload: () => Promise<void>;
  readonly nowMs: () => number;
  /** Unix ms */
  readonly startedAtMs: number;
  readonly version: string;
  readonly hostname: string;
  readonly coreUuid: string;
  readonly log: Log;
}

export type SocketApi = (command: string, args: string, who: SocketPrincipal) => Promise<string>;

type Command = (deps: SocketApiDeps, args: string, who: SocketPrincipal) => string | Promise<string>;

export function createSocketApi(deps: SocketApiDeps): SocketApi {
  return async (name, args, who) => {
    const command = commandOf(name);
    if (!command) return `-ERR ${name.slice(0, 100)} Command not found!\n`;
    try {
      return await command(deps, args, who);
    } catch (e) {
      if (!(e instanceof TandemError) || e.code === 'TDM_INTERNAL')
        deps.log.error({ err: e, command: name }, 'a command of the event socket failed');
      return e instanceof TandemError ? `-ERR ${e.code} ${e.message}\n` : '-ERR TDM_INTERNAL Internal error\n';
    }
  };
}

function commandOf(name: string): Command | undefined {
  const lower = name.toLowerCase();
  const callcenter = callcenterCommandNames.find((one) => one === lower);
  if (callcenter) return (deps, args, who) => runCallcenter(deps, callcenter, args, who);
  return commands.get(lower);
}

function runCallcenter({ commands: all }: SocketApiDeps, name: CallcenterCommandName, args: string, who: SocketPrincipal): Promise<string> {
  const need = all.need(name, args);
  if (!who.may(need)) return Promise.resolve(denied(who, need));
  switch (name) {
    case 'callcenter_config':
      return all.config(args, who);
    case 'callcenter_break':
      return all.break(args, who);
    case 'callcenter_track':
      return all.track(args, who);
    case 'json':
      return all.json(args, who);
  }
}

const denied = ({ user }: SocketPrincipal, need: CallcenterNeed): string =>
  `-ERR ${new TandemError('TDM_FORBIDDEN', [user, `tandem ${need}`]).message}\n`;

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    status,
    version: ({ version }) => `Tandem Version ${version}\n`,
    uptime: (deps, args) => `${String(uptimeIn(deps, args))}\n`,
    hostname: ({ hostname }) => hostname,
    switchname: ({ hostname }) => hostname,
    echo: (_deps, args) => args,
    eval: expanded,
    expand: expanded,
    create_uuid: () => randomUUID(),
    strepoch: ({ nowMs }) => String(Math.floor(nowMs() / 1000)),
    strftime: ({ nowMs }, args) => timeText(nowMs(), args.trim() === '' ? '%Y-%m-%d %T' : args),
    global_getvar: globalVariable,
    uuid_exists: (deps, args, who) => String(memberOn(deps, args, who) !== undefined),
    uuid_getvar: uuidVariable,
    show,
    load: (deps, args, who) => reloading(deps, args, who, '+OK Reloading XML\n-ERR [Module already loaded]\n'),
    reload: (deps, args, who) => reloading(deps, args, who, '+OK Reloading XML\n+OK module unloaded\n+OK module loaded\n'),
    reloadxml: (deps, _args, who) => reloading(deps, 'mod_callcenter', who, '+OK [Success]\n'),
    module_exists: (_deps, args) => String(/^(mod_)?callcenter$/.test(args.trim())),
    help: () => `Valid commands:\n\n${names().join('\n')}\n\n+OK\n`,
    show_help: () => '',
  } satisfies Record<string, Command>),
);

const names = (): readonly string[] => [...callcenterCommandNames, ...commands.keys()].filter((name) => name !== 'show_help').sort();

// ------------------------------------------------------------------ how it goes

function status({ engine, nowMs, startedAtMs, version }: SocketApiDeps): string {
  const up = `UP ${upTime(nowMs() - startedAtMs)}`;
  if (!engine.isOwner()) return `${up}\nTandem (Version ${version}) does not own the queues\n`;
  const { present, talking } = sessionsOf(engine);
  return `${up}\nTandem (Version ${version}) is ready\n${String(present)} session(s) in the queues, ${String(talking)} in a talk\n`;
}

function uptimeIn({ nowMs, startedAtMs }: SocketApiDeps, args: string): number {
  const ms = nowMs() - startedAtMs;
  const unit = args.trim().toLowerCase();
  if (unit === 'ms') return ms;
  if (unit === 'us') return ms * 1000;
  return Math.floor(ms / 1000);
}

const globals = ({ hostname, coreUuid }: SocketApiDeps): Readonly<Record<string, string>> => ({
  hostname,
  switchname: hostname,
  core_uuid: coreUuid,
});

function expanded(deps: SocketApiDeps, args: string): string {
  return args.replace(/\$\$?\{(\w{1,100})\}/g, (_whole, name: string) => globalVariable(deps, name));
}

const timeParts: Readonly<Record<string, (iso: string) => string>> = {
  Y: (iso) => iso.slice(0, 4),
  m: (iso) => iso.slice(5, 7),
  d: (iso) => iso.slice(8, 10),
  H: (iso) => iso.slice(11, 13),
  M: (iso) => iso.slice(14, 16),
  S: (iso) => iso.slice(17, 19),
  F: (iso) => iso.slice(0, 10),
  T: (iso) => iso.slice(11, 19),
};

/** UTC. Other letters stay as they are. */
const timeText = (atMs: number, format: string): string =>
  format.replace(/%([A-Za-z])/g, (whole, letter: string) => timeParts[letter]?.(new Date(atMs).toISOString()) ?? whole);

function globalVariable(deps: SocketApiDeps, args: string): string {
  const all = globals(deps);
  if (args.trim() === '')
    return Object.entries(all)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  return Object.hasOwn(all, args.trim()) ? (all[args.trim()] ?? '') : '';
}

async function reloading({ reload, record }: SocketApiDeps, args: string, who: SocketPrincipal, done: string): Promise<string> {
  if (!/^(mod_)?callcenter$/.test(args.trim())) return '-ERR No such module!\n';
  if (!who.may('admin')) return denied(who, 'admin');
  await recordedCommand(record, who, { command: 'event-socket reload', request: undefined }, reload, { answer: () => ({ status: 200 }) });
  return done;
}

// ------------------------------------------------------------------ callers

function memberOn({ engine }: SocketApiDeps, args: string, { queues }: SocketPrincipal): Member | undefined {
  const uuid = args.trim();
  if (uuid === '' || !engine.isOwner()) return undefined;
  for (const member of engine.view().members.values())
    if (member.call?.uniqueId === uuid || member.id === uuid) return seesQueue(queues, member.queue) ? member : undefined;
  return undefined;
}

function uuidVariable(deps: SocketApiDeps, args: string, who: SocketPrincipal): string {
  const [uuid = '', name = ''] = args.trim().split(/\s+/);
  const member = memberOn(deps, uuid, who);
  if (!member) return '-ERR No such channel!\n';
  const values: Readonly<Record<string, string>> = {
    cc_side: 'member',
    cc_member_uuid: member.id,
    cc_queue: member.queue,
    cc_queue_joined_epoch: String(Math.floor(member.joinedAtMs / 1000)),
    caller_id_name: member.name,
    caller_id_number: member.number,
  };
  return Object.hasOwn(values, name) ? (values[name] ?? '') : '_undef_';
}

const channelColumns = [
  'uuid',
  'direction',
  'created',
  'created_epoch',
  'name',
  'state',
  'cid_name',
  'cid_num',
  'application',
  'application_data',
];

/** `show channels|calls [count | as json | as delim C]`, of the callers in the queues. */
function show({ engine }: SocketApiDeps, args: string, { queues }: SocketPrincipal): string {
  const [what = '', ...more] = args.trim().split(/\s+/);
  if (!/^(channels|calls|bridged_calls)$/.test(what)) return '-USAGE: channels|calls [count|as json|as delim <c>]\n';
  const rows = channelRows(engine.view(), queues, what !== 'channels');
  if (more[0] === 'count') return `\n${String(rows.length)} total.\n`;
  if (more[0] === 'as' && more[1] === 'json') return `${channelsJson(rows)}\n`;
  const separator = more[0] === 'as' && more[1] === 'delim' && more[2] ? more[2].slice(0, 1) : ',';
  const lines = rows.map((row) => row.map((cell) => cell.replace(/[\r\n]/g, ' ').replaceAll(separator, ' ')).join(separator));
  const table = lines.length === 0 ? '' : `${[channelColumns.join(separator), ...lines].join('\n')}\n`;
  return `${table}\n${String(rows.length)} total.\n`;
}

const channelsJson = (rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? '{"row_count": 0}'
    : JSON.stringify({
        row_count: rows.length,
        rows: rows.map((row) => Object.fromEntries(channelColumns.map((column, i) => [column, row[i] ?? '']))),
      });

function channelRows(state: AcdState, seen: CallcenterUser['queues'], talksOnly: boolean): string[][] {
  const rows: string[][] = [];
  for (const { call, queue, phase, joinedAtMs, name, number } of state.members.values()) {
    if (!call || !seesQueue(seen, queue) || (talksOnly && phase.kind !== 'talking')) continue;
    const created = new Date(joinedAtMs).toISOString().slice(0, 19).replace('T', ' ');
    const epoch = String(Math.floor(joinedAtMs / 1000));
    const state_ = phase.kind === 'talking' ? 'CS_EXCHANGE_MEDIA' : 'CS_EXECUTE';
    rows.push([call.uniqueId, 'inbound', created, epoch, call.channel, state_, name, number, 'callcenter', queue]);
  }
  return rows;
}
