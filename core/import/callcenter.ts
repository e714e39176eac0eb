/**
 * `callcenter.conf.xml` of mod_callcenter as a provisioning file (freeswitch-callcenter 2). What is unknown, unreadable
 * or has no counterpart is left out and named; nothing of it is fatal.
 */
import { recordTemplateProblem } from '../record-file.js';
import { freeswitchContactProblem } from '../dial-string-freeswitch.js';
import { nameProblem, textProblem } from '../dial-string.js';
import { agentStatuses, agentTypes, strategies, wordOf } from '../acd/words.js';
import { xmlBoolean, xmlNumber } from './callcenter-values.js';
import { preprocess, unresolved } from './xml-variables.js';
import { tidy, type Imported, type Remark } from './report.js';
import { elementsNamed, type XmlElement } from './xml-element.js';

export function importCallcenter(document: XmlElement, variables: ReadonlyMap<string, string>): Imported {
  const { root, remarks: first } = preprocess(document, variables);
  const remarks: Remark[] = [...first];
  const queues = elementsNamed(root, 'queue').flatMap((element): Entry[] => queueOf(element, remarks));
  const agents = elementsNamed(root, 'agent').flatMap((element): Entry[] => agentOf(element, remarks));
  const tiers = tiersOf(elementsNamed(root, 'tier'), new Set(queues.map(idText)), new Set(agents.map(idText)), remarks);
  const settings = elementsNamed(root, 'settings').flatMap((element) => paramsOf(element));
  const file = tidy({ queue_settings: settingsOf(settings, remarks), queues, agents, tiers });
  return { file, remarks: remarks.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

type Entry = Record<string, unknown>;
const idText = (entry: Entry): string => String(entry['id']).toLowerCase();

interface Param {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

const paramsOf = (element: XmlElement): Param[] =>
  element.children
    .filter(({ name }) => name.toLowerCase() === 'param')
    .map(({ attributes, line }) => ({ name: (attributes['name'] ?? '').toLowerCase(), value: attributes['value'] ?? '', line }));

// ------------------------------------------------------------------ settings

/** Settings that Tandem has no use for, and why. */
const settled: Readonly<Record<string, string>> = {
  debug: 'see the setting log_level',
  dbname: 'state and provisioning are in the database of the setting database_url',
  'odbc-dsn': 'state and provisioning are in the database of the setting database_url',
  'cc-instance-id': 'one process owns the queues by a lease',
  'reserve-agents': 'an agent is always reserved before the telephone rings',
  'truncate-agents-on-load': 'agents that shall go are named under remove',
  'truncate-tiers-on-load': 'tiers that shall go are named under remove',
  'global-database-lock': 'there is no such lock',
};

function settingsOf(params: readonly Param[], remarks: Remark[]): Entry {
  const entry: Entry = {};
  for (const { name, value, line } of params) {
    const about = `setting "${name}"`;
    if (name === 'agent-originate-timeout') {
      const seconds = xmlNumber(value);
      if (seconds !== undefined && seconds >= 1 && seconds <= 600) entry['ring_s'] = seconds;
      else remarks.push({ line, about, text: `"${value}" is no time from 1 to 600; the default counts` });
    } else remarks.push({ line, about, text: settled[name] ?? 'is unknown and left out' });
  }
  return entry;
}

// ------------------------------------------------------------------ queues

type Reader = (value: string) => { readonly value: unknown; readonly remark?: string } | { readonly refused: string };

const bool: Reader = (text) => ({ value: xmlBoolean(text) });
const seconds: Reader = (text) => {
  const value = xmlNumber(text);
  return value === undefined ? { refused: `"${text}" is no number from 0 to 86400; the default counts` } : { value };
};
const playable: Reader = (text) => {
  const problem = textProblem(text, 300);
  return problem === undefined ? { value: text } : { refused: `"${text}": ${problem}; left out` };
};
const word =
  (words: readonly string[], fallback: string, says: string): Reader =>
  (text) => {
    const found = wordOf(words, text);
    return found === undefined ? { value: fallback, remark: `"${text}" is unknown: ${says}` } : { value: found };
  };
const template: Reader = (text) => {
  const problem = recordTemplateProblem(text);
  return problem === undefined ? { value: text } : { refused: `"${text}": ${problem}; left out, name another file` };
};

/** param to key (dotted inside) and reader */
const queueParams: Readonly<Record<string, readonly [string, Reader]>> = {
  strategy: ['strategy', word(strategies, 'sequentially-by-agent-order', 'behaves as sequentially-by-agent-order there, and here')],
  'moh-sound': ['music', playable],
  'announce-sound': ['announce.sound', playable],
  'announce-frequency': ['announce.every_s', seconds],
  'record-template': ['record_template', template],
  'time-base-score': ['time_base_score', word(['queue', 'system'], 'queue', 'counts as queue')],
  'tier-rules-apply': ['tier_rules_apply', bool],
  'tier-rule-wait-second': ['tier_rule_wait_s', seconds],
  'tier-rule-wait-multiply-level': ['tier_rule_wait_multiply_level', bool],
  'tier-rule-no-agent-no-wait': ['tier_rule_no_agent_no_wait', bool],
  'discard-abandoned-after': ['discard_abandoned_after_s', seconds],
  'abandoned-resume-allowed': ['abandoned_resume_allowed', bool],
  'max-wait-time': ['max_wait_s', seconds],
  'max-wait-time-with-no-agent': ['max_wait_no_agent_s', seconds],
  'max-wait-time-with-no-agent-time-reached': ['max_wait_no_agent_grace_s', seconds],
  'ring-progressively-delay': ['ring_progressively_delay_s', seconds],
  'agent-no-answer-status': ['agent_no_answer_status', word(agentStatuses, 'On Break', 'On Break is taken, as there')],
  'skip-agents-with-external-calls': ['skip_agents_with_external_calls', bool],
};

function queueOf(element: XmlElement, remarks: Remark[]): Entry[] {
  const id = element.attributes['name'] ?? '';
  const about = `queue "${id}"`;
  const problem = unusableName(id);
  if (problem !== undefined) {
    remarks.push({ line: element.line, about, text: `${problem}; the queue is left out` });
    return [];
  }
  const entry: Entry = { id };
  const announce: Entry = {};
  for (const { name, value, line } of paramsOf(element)) {
    const known = queueParams[name];
    const missing = name === 'record-template' ? undefined : unresolved(value);
    if (!known) remarks.push({ line, about, text: `unknown param "${name}" is left out` });
    else if (missing !== undefined) remarks.push({ line, about, text: `${name}: ${missing} is not known (--var name=value); left out` });
    else read(known, value, { entry, announce }, (text) => remarks.push({ line, about, text: `${name}: ${text}` }));
  }
  return [tidy({ ...entry, announce })];
}

function read(
  [key, reader]: readonly [string, Reader],
  value: string,
  into: { entry: Entry; announce: Entry },
  remark: (text: string) => void,
): void {
  if (value.trim() === '') return;
  const result = reader(value);
  if ('refused' in result) {
    remark(result.refused);
    return;
  }
  if (result.remark !== undefined) remark(result.remark);
  const inside = /^announce\.(.+)$/.exec(key)?.[1];
  if (inside === undefined) into.entry[key] = result.value;
  else into.announce[inside] = result.value;
}

function unusableName(name: string): string | undefined {
  const missing = unresolved(name);
  if (missing !== undefined) return `${missing} is not known (--var name=value)`;
  const problem = nameProblem('queue', name);
  return problem === undefined ? undefined : `the name cannot be used: ${problem}`;
}

// ------------------------------------------------------------------ agents and tiers

const agentAttributes = [
  'name',
  'type',
  'contact',
  'status',
  'max-no-answer',
  'wrap-up-time',
  'reject-delay-time',
  'busy-delay-time',
  'no-answer-delay-time',
];

function agentOf(element: XmlElement, remarks: Remark[]): Entry[] {
  const { attributes, line } = element;
  const id = attributes['name'] ?? '';
  const about = `agent "${id}"`;
  const remark = (text: string): void => void remarks.push({ line, about, text });
  const type = wordOf(agentTypes, attributes['type'] ?? '');
  const problem = unusableName(id) ?? (type === undefined ? `type "${attributes['type'] ?? ''}" is none` : undefined);
  if (problem !== undefined) {
    remark(`${problem}; the agent is left out`);
    return [];
  }
  for (const name of Object.keys(attributes)) if (!agentAttributes.includes(name)) remark(`unknown attribute "${name}" is left out`);
  const number = (name: string): number | undefined => {
    const text = attributes[name];
    const value = text === undefined ? undefined : xmlNumber(text);
    if (text !== undefined && value === undefined) remark(`${name}: "${text}" is no number from 0 to 86400; the default counts`);
    return value;
  };
  const entry = tidy({
    id,
    type,
    contact: contactOf(attributes['contact'], remark),
    status: statusOf(attributes['status'], remark),
    wrap_up_s: number('wrap-up-time'),
    no_answer: { delay_s: number('no-answer-delay-time'), max: number('max-no-answer') },
    rejected: { delay_s: number('reject-delay-time') },
    busy: { delay_s: number('busy-delay-time') },
  });
  return [entry];
}

function contactOf(text: string | undefined, remark: (text: string) => void): string | undefined {
  const missing = unresolved(text ?? '');
  if (missing === undefined) {
    const problem = text ? freeswitchContactProblem(text) : undefined;
    if (problem !== undefined) remark(`contact "${text ?? ''}" is kept, but Tandem cannot dial it: ${problem}`);
    return text || undefined;
  }
  remark(`contact: ${missing} is not known (--var name=value); left out`);
  return undefined;
}

function statusOf(text: string | undefined, remark: (text: string) => void): string | undefined {
  if (text === undefined) return undefined;
  const status = wordOf(agentStatuses, text);
  if (status === undefined) remark(`status "${text}" is none; Logged Out counts`);
  return status;
}

function tiersOf(elements: readonly XmlElement[], queues: ReadonlySet<string>, agents: ReadonlySet<string>, remarks: Remark[]): Entry[] {
  const seen = new Set<string>();
  return elements.flatMap(({ attributes, line }): Entry[] => {
    const { queue = '', agent = '' } = attributes;
    const about = `tier "${queue}" "${agent}"`;
    const key = `${queue} ${agent}`.toLowerCase();
    const problem = !queues.has(queue.toLowerCase())
      ? `queue "${queue}" is not in this file`
      : !agents.has(agent.toLowerCase())
        ? `agent "${agent}" is not in this file`
        : seen.has(key)
          ? 'stands here twice'
          : undefined;
    if (problem !== undefined) {
      remarks.push({ line, about, text: `${problem}; the tier is left out` });
      return [];
    }
    seen.add(key);
    const number = (name: string): number => {
      const value = attributes[name] === undefined ? 1 : xmlNumber(attributes[name]);
      if (value === undefined || value > 10_000)
        remarks.push({ line, about, text: `${name} "${attributes[name] ?? ''}" is no number from 0 to 10000; 1 counts` });
      return value === undefined || value > 10_000 ? 1 : value;
    };
    return [{ queue, agent, level: number('level'), position: number('position') }];
  });
}
