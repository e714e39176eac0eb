/**
 * Tables `cc_flows` and `cc_agents` of OpenSIPS as a provisioning file (opensips-call-center 2 and 3). Rows that the
 * module would skip are skipped here, each with a line.
 */
import { nameProblem, prefixProblem, textProblem } from '../dial-string.js';
import { skill as skillWord } from '../acd/schema-parts.js';
import { wordOf } from '../acd/words.js';
import { isOpensipsName, opensipsParameters, type OpensipsNames } from './opensips-names.js';
import { tidy, type Imported, type Remark } from './report.js';

export type ForeignRow = Readonly<Record<string, string | number | null>>;

export interface OpensipsSource {
  readonly names: OpensipsNames;
  readonly flows: readonly ForeignRow[];
  readonly agents: readonly ForeignRow[];
  /** parameters of the module that were given */
  readonly parameters: ReadonlyMap<string, string>;
  /** sound file for an address of a media server, or for its user part */
  readonly sounds: ReadonlyMap<string, string>;
  /** `PJSIP/{user}`: how an agent's SIP address is dialled; {user} and {host} stand for its parts */
  readonly contact: string;
  readonly contactFreeswitch: string | undefined;
}

/** More skills of one agent are dropped, as there. */
export const opensipsSkillsMax = 64;

export function importOpensips(source: OpensipsSource): Imported {
  const remarks: Remark[] = [];
  const defaults = parametersOf(source, remarks);
  const queues = source.flows.flatMap((row) => queueOf(row, source, defaults, remarks));
  const agents = source.agents.flatMap((row) => agentOf(row, source, remarks));
  return {
    // its waiting callers stand in the order of priority alone
    file: tidy({ queue_settings: { wrap_up_s: defaults.wrapUpS, priority_step_s: 0 }, queues, agents }),
    remarks,
  };
}

type Entry = Record<string, unknown>;
type Say = (text: string) => void;

interface Defaults {
  readonly wrapUpS: number;
  readonly joinWhen: string | undefined;
  readonly chatPolicy: string | undefined;
}

const wrapUpDefaultS = 30;

function parametersOf({ parameters }: OpensipsSource, remarks: Remark[]): Defaults {
  const say = (name: string, text: string): void => void remarks.push({ line: undefined, about: `parameter ${name}`, text });
  for (const [name] of parameters) {
    if (isOpensipsName(name) || ['wrapup_time', 'reject_on_no_agents', 'chat_dispatch_policy', 'db_url'].includes(name)) continue;
    say(name, (opensipsParameters as Readonly<Record<string, string>>)[name] ?? 'is unknown and left out');
  }
  const policy = parameters.get('chat_dispatch_policy');
  const known = policy === undefined ? undefined : wordOf(['balancing', 'full-load'], policy);
  if (policy !== undefined && known === undefined) say('chat_dispatch_policy', `"${policy}" is unknown: balancing counts, as there`);
  const wrapUpS = Number(parameters.get('wrapup_time') ?? wrapUpDefaultS);
  return {
    wrapUpS: Number.isInteger(wrapUpS) && wrapUpS >= 0 && wrapUpS <= 86_400 ? wrapUpS : wrapUpDefaultS,
    joinWhen: parameters.get('reject_on_no_agents') === '0' ? undefined : 'logged-in',
    chatPolicy: known,
  };
}

/** An empty text counts as null; numbers may come as text. */
class Fields {
  readonly #row: ForeignRow;
  readonly #names: OpensipsNames;
  readonly #say: Say;

  constructor(row: ForeignRow, names: OpensipsNames, say: Say) {
    this.#row = row;
    this.#names = names;
    this.#say = say;
  }

  text(name: keyof OpensipsNames): string | undefined {
    const value = this.#row[this.#names[name]];
    return value === null || value === undefined || value === '' ? undefined : String(value);
  }

  /** `otherwise` for NULL and for what is out of range, which is said. */
  number(name: keyof OpensipsNames, max: number, otherwise: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0 && value <= max) return value;
    this.#say(`${this.#names[name]} ${text} is out of range; ${String(otherwise)} counts`);
    return otherwise;
  }
}

// ------------------------------------------------------------------ flows

function queueOf(row: ForeignRow, source: OpensipsSource, defaults: Defaults, remarks: Remark[]): Entry[] {
  const id = new Fields(row, source.names, () => undefined).text('ccf_flowid_column') ?? '';
  const say = (text: string): void => void remarks.push({ line: undefined, about: `flow "${id}"`, text });
  const fields = new Fields(row, source.names, say);
  const skills = skillsOf(fields.text('ccf_skill_column') ?? '', 1, say);
  const problem =
    skipReason(id) ??
    (fields.text('ccf_m_queue_column') === undefined ? 'it has no queue message' : skills.length === 0 ? 'it has no skill' : undefined);
  if (problem !== undefined) {
    say(`${problem}; the flow is skipped`);
    return [];
  }
  const sound = (name: keyof OpensipsNames, key: string): string | undefined => soundOf(fields.text(name), key, source, say);
  const flowSound = sound('ccf_m_flow_id_column', 'agent_announcements');
  const dissuading = {
    message: sound('ccf_m_dissuading_column', 'dissuading.message'),
    hang_up: fields.number('ccf_dissuading_hangup_column', 4_294_967_295, 0) === 0 ? undefined : true,
    on_hold_s: fields.number('ccf_dissuading_onhold_th_column', 86_400, 0) || undefined,
    ewt_s: fields.number('ccf_dissuading_ewt_th_column', 31_536_000, 0) || undefined,
    queue_size: fields.number('ccf_dissuading_qsize_th_column', 1_000_000, 0) || undefined,
  };
  if (dissuading.queue_size !== undefined) say('its queue-size threshold counts this queue alone here (counts: system as there)');
  const entry = tidy({
    id,
    priority: fields.number('ccf_priority_column', 4_294_967_295, 256),
    skills,
    served_by_skill: true,
    new_login_first: true,
    ewt_method: 'opensips',
    join_when: defaults.joinWhen,
    chat_policy: defaults.chatPolicy,
    caller_id_prefix: prefixOf(fields.text('ccf_cid_column'), say),
    max_wrap_up_s: fields.number('ccf_max_wrapup_column', 86_400, 0) || undefined,
    welcome: sound('ccf_m_welcome_column', 'welcome'),
    music: sound('ccf_m_queue_column', 'music'),
    agent_announcements: flowSound === undefined ? undefined : [flowSound],
    dissuading,
  });
  return [entry];
}

function skipReason(id: string): string | undefined {
  if (id === '') return 'it has no name';
  const problem = nameProblem('queue', id);
  return problem === undefined ? undefined : `the name cannot be used here: ${problem}`;
}

function prefixOf(text: string | undefined, say: Say): string | undefined {
  const problem = text === undefined ? undefined : prefixProblem(text);
  if (problem === undefined) return text;
  say(`caller-id prefix "${text ?? ''}" cannot be used: ${problem}`);
  return undefined;
}

/** Messages are addresses of a media server there and files here: carried over where a file was named for the address. */
function soundOf(address: string | undefined, key: string, { sounds }: OpensipsSource, say: Say): string | undefined {
  if (address === undefined) return undefined;
  const file = sounds.get(address) ?? sounds.get(sipUser(address) ?? '');
  if (file !== undefined && textProblem(file) === undefined) return file;
  say(`${address} is an address of a media server: name a file for it (--sound ${sipUser(address) ?? address}=file), or ${key} later`);
  return undefined;
}

// ------------------------------------------------------------------ agents

function agentOf(row: ForeignRow, source: OpensipsSource, remarks: Remark[]): Entry[] {
  const id = new Fields(row, source.names, () => undefined).text('cca_agentid_column') ?? '';
  const say = (text: string): void => void remarks.push({ line: undefined, about: `agent "${id}"`, text });
  const fields = new Fields(row, source.names, say);
  const [location, chat] = [fields.text('cca_location_column'), fields.text('cca_msrp_location_column')];
  const problem = skipReason(id) ?? addressProblem(location, chat);
  if (problem !== undefined) {
    say(`${problem}; the agent is skipped`);
    return [];
  }
  const skills = skillsOf(fields.text('cca_skills_column') ?? '', opensipsSkillsMax, say);
  const entry = tidy({
    id,
    contact: location === undefined ? undefined : dialled(source.contact, location),
    contact_freeswitch:
      location === undefined || source.contactFreeswitch === undefined ? undefined : dialled(source.contactFreeswitch, location),
    chat_address: chat,
    chats_max: chat === undefined ? undefined : Math.max(1, fields.number('cca_msrp_max_sessions_column', 100, 4)),
    status: fields.number('cca_logstate_column', 4_294_967_295, 0) === 0 ? 'Logged Out' : 'Available',
    wrap_up_s: fields.number('cca_wrapuptime_column', 86_400, 0) || undefined,
    skills: skills.length === 0 ? undefined : skills,
  });
  return [entry];
}

const sipPattern = /^sips?:(?:([^@;?<>\s]+)@)?([^;?<>@\s]+)/i;
const sipUser = (address: string): string | undefined => sipPattern.exec(address)?.[1];

/** As the module loads them (2.2): neither address, or one that is no SIP URI. */
function addressProblem(location: string | undefined, chat: string | undefined): string | undefined {
  if (location === undefined && chat === undefined) return 'it has neither location nor msrp_location';
  for (const address of [location, chat])
    if (address !== undefined && (!sipPattern.test(address) || textProblem(address, 500) !== undefined))
      return `"${address}" is no SIP address`;
  return undefined;
}

function dialled(pattern: string, address: string): string {
  const [, user = '', host = ''] = sipPattern.exec(address) ?? [];
  return pattern.replaceAll('{user}', user || host).replaceAll('{host}', host);
}

/** A comma list; names here are kept in small letters and compared so. */
function skillsOf(text: string, max: number, say: Say): string[] {
  const given = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (given.length > max) say(`has ${String(given.length)} skills, of which ${String(max)} count`);
  const names: string[] = [];
  for (const one of given.slice(0, max)) {
    const name = skillWord.safeParse(one.replace(/\s+/g, '_'));
    if (!name.success) say(`skill "${one}" cannot be used: ${name.error.issues[0]?.message ?? ''}`);
    else if (!names.includes(name.data)) names.push(name.data);
  }
  return names;
}
