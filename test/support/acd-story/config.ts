/** Configuration lines of a story: `queue`, `agent`, `tier`, `caller`, `settings`. Options not given have the engine's defaults. */
import assert from 'node:assert/strict';
import { acdSettingsDefaults, agentDefaults, queueDefaults } from '../../../core/acd/config.js';
import { pauseOverLimits, pauseReasonRules } from '../../../core/acd/config.js';
import type {
  AcdConfig,
  AcdSettings,
  AgentConfig,
  Destination,
  FailureRule,
  KnownCaller,
  OverflowCause,
  OverflowRule,
  PauseReason,
  QueueConfig,
  SkillNeed,
  TierConfig,
} from '../../../core/acd/config.js';
import { agentId, queueId } from '../../../core/acd/ids.js';
import { agentStatuses, agentTypes, dialerTurns, strategies } from '../../../core/acd/words.js';
import { parseSpans, weekdayNames } from '../../../core/menu/hours.js';
import type { OpeningHours } from '../../../core/menu/definition.js';
import { fieldsOf, list, oneOf, plain, seconds, whole, wordsOf, yes } from './words.js';
import type { Fields, Line } from './words.js';

const presence = oneOf(['logged-in', 'available', 'registered'] as const);
const status = oneOf(agentStatuses);

const settingFields: Fields = {
  'wrap-up': ['wrapUpMs', seconds],
  'wrap-up-max': ['wrapUpMsMax', seconds],
  ring: ['ringMs', seconds],
  'retry-pause': ['retryPauseMs', seconds],
  'priority-step': ['priorityStepMs', seconds],
  'attach-grace': ['attachGraceMs', seconds],
  'connect-max': ['connectMsMax', seconds],
  'talk-check': ['talkCheckMs', seconds],
  'members-max': ['membersMax', whole],
  'explained-max': ['explainedAgentsMax', whole],
  'pause-reasons': ['pauseReasons', oneOf(pauseReasonRules)],
  'pause-over-limit': ['pauseOverLimit', oneOf(pauseOverLimits)],
  zone: ['zone', plain],
};

const queueFields: Fields = {
  strategy: ['strategy', oneOf(strategies)],
  priority: ['priority', whole],
  'dialer-turn': ['dialerTurn', oneOf(dialerTurns)],
  'time-base-score': ['timeBaseScore', oneOf(['queue', 'system'] as const)],
  'base-score': ['baseScoreS', whole],
  music: ['music', plain],
  welcome: ['welcome', plain],
  'agent-announce': ['agentAnnouncements', list],
  record: ['recordTemplate', plain],
  prefix: ['callerIdPrefix', plain],
  'tier-rules': ['tierRulesApply', yes],
  'tier-wait': ['tierRuleWaitMs', seconds],
  'tier-multiply': ['tierRuleWaitMultiplyLevel', yes],
  'tier-no-agent-no-wait': ['tierRuleNoAgentNoWait', yes],
  'discard-after': ['discardAbandonedAfterMs', seconds],
  resume: ['abandonedResumeAllowed', yes],
  'max-wait': ['maxWaitMs', seconds],
  'max-wait-no-agent': ['maxWaitNoAgentMs', seconds],
  'no-agent-grace': ['maxWaitNoAgentGraceMs', seconds],
  'ring-delay': ['ringProgressivelyDelayMs', seconds],
  'ring-agents-max': ['ringAgentsMax', whole],
  ring: ['ringMs', seconds],
  'no-answer-status': ['agentNoAnswerStatus', status],
  'skip-external': ['skipAgentsWithExternalCalls', yes],
  'new-login-first': ['newLoginFirst', yes],
  'max-wrap-up': ['maxWrapUpMs', seconds],
  'members-max': ['membersMax', whole],
  'join-when': ['joinWhen', presence],
  'leave-when': ['leaveWhen', presence],
  'ewt-method': ['ewtMethod', oneOf(['service-rate', 'opensips'] as const)],
  'ewt-initial': ['ewtInitialMs', seconds],
  'exit-keys': ['exitKeys', plain],
  overflow: ['overflow', overflow],
  hours: ['hours', hours],
  zone: ['zone', plain],
  skills: ['skills', needs],
  'by-skill': ['servedBySkill', yes],
  'reserve-rare': ['reserveRareSkills', yes],
  'chat-policy': ['chatPolicy', oneOf(['balancing', 'full-load'] as const)],
  'confirm-key': ['confirmKey', plain],
  confirm: ['confirmMs', seconds],
  'hang-up-after': ['hangUpAfterTalk', yes],
  language: ['language', plain],
  // parts of the nested settings, put in place by `queueOf`
  'dissuading-message': ['dissuading.message', plain],
  'dissuading-final': ['dissuading.isFinal', yes],
  'dissuading-on-hold': ['dissuading.onHoldMsMax', seconds],
  'dissuading-ewt': ['dissuading.ewtMsMax', seconds],
  'dissuading-size': ['dissuading.queueSizeMin', whole],
  'dissuading-system': ['dissuading.countsSystem', yes],
  'announce-sound': ['announce.sound', plain],
  'announce-every': ['announce.everyMs', seconds],
  'announce-position': ['announce.position', yes],
  'announce-ewt': ['announce.ewt', yes],
  'announce-first': ['announce.firstMs', seconds],
  'announce-position-every': ['announce.positionEveryMs', seconds],
  'announce-position-max': ['announce.positionMax', whole],
  'callback-key': ['callback.key', plain],
  'callback-offer': ['callback.offer', plain],
  'callback-attempts': ['callback.attemptsMax', whole],
  'callback-retry': ['callback.retryMs', seconds],
  'callback-ring': ['callback.ringMs', seconds],
  'callback-confirm': ['callback.confirmKey', plain],
  'callback-expire': ['callback.expireMs', seconds],
  'message-expire': ['messageExpireMs', seconds],
  'sticky-window': ['sticky.windowMs', seconds],
  'sticky-wait': ['sticky.waitMs', seconds],
};

const agentFields: Fields = {
  name: ['name', plain],
  type: ['type', oneOf(agentTypes)],
  contact: ['contact', plain],
  switch: ['switch', plain],
  chat: ['chatAddress', plain],
  'chats-max': ['chatsMax', whole],
  ring: ['ringMs', seconds],
  'wrap-up': ['wrapUpMs', seconds],
  'no-answer': ['noAnswer', failureRule],
  rejected: ['rejected', failureRule],
  busy: ['busy', failureRule],
  'not-registered': ['notRegistered', failureRule],
  skills: ['skills', skillLevels],
  device: ['device', plain],
  status: ['initialStatus', status],
};

const callerFields: Fields = {
  blocked: ['isBlocked', yes],
  score: ['baseScoreS', whole],
  agent: ['agent', agentId],
};

/** `5` pauses 5 s, `5/3` the third in a row changes the status, `5/3/Logged Out` to this one. */
function failureRule(text: string): FailureRule {
  const [delay = '', count = '0', to] = text.split('/');
  return { delayMs: seconds(delay), countMax: whole(count), status: to === undefined ? undefined : status(to) };
}

/** `german:7,sales` (level 1 when none is named). */
function skillLevels(text: string): ReadonlyMap<string, number> {
  return new Map(list(text).map((piece) => [piece.split(':')[0] ?? '', whole(piece.split(':')[1] ?? '1')]));
}

/** `german:5/30:3/60:0,sales?`: German at 5, after 30 s at 3, after 60 s dropped; sales preferred. */
export function needs(text: string): readonly SkillNeed[] {
  return list(text).map((piece) => {
    const [first = '', ...steps] = piece.split('/');
    const isRequired = !first.endsWith('?');
    const [skill = '', level = '1'] = first.replace('?', '').split(':');
    const relax = steps.map((step) => {
      const [after = '', levelMin = ''] = step.split(':');
      return { afterMs: seconds(after), levelMin: whole(levelMin) };
    });
    return { skill, levelMin: whole(level), isRequired, relax };
  });
}

const causes: readonly OverflowCause[] = ['timeout', 'no-agent', 'full', 'join-empty', 'closed', 'ewt', 'queue-removed', 'waited'];

/** `timeout>queue:sales:keep;waited@30>ext:default:100;full>dialplan` */
function overflow(text: string): readonly OverflowRule[] {
  return text.split(';').map((piece) => {
    const [, cause = '', threshold = '0', to = ''] = /^([a-z-]+)(?:@([\d.]+))?>(.+)$/.exec(piece) ?? assert.fail(`${piece} is no rule`);
    return { on: oneOf(causes)(cause), thresholdMs: seconds(threshold), to: destination(to) };
  });
}

function destination(text: string): Destination {
  const [kind, first = '', second] = text.split(':');
  if (kind === 'queue') return { kind, queue: queueId(first), keepWaiting: second === 'keep' };
  if (kind === 'ext') return { kind: 'extension', context: first, extension: second ?? '' };
  assert.equal(kind, 'dialplan', `${text} is no destination`);
  return { kind: 'dialplan' };
}

/** `mon 09:00-17:00;tue 09:00-12:00;2026-12-25 closed`; other days are closed. In UTC unless `zone` says otherwise. */
function hours(text: string): OpeningHours {
  const week: { from: number; to: number }[][] = weekdayNames.map(() => []);
  const holidays: Record<string, readonly { from: number; to: number }[]> = {};
  for (const piece of text.split(';')) {
    const [day = '', given = ''] = piece.split(' ');
    const spans = parseSpans(given);
    assert.ok(typeof spans !== 'string', `${piece}: ${typeof spans === 'string' ? spans : ''}`);
    const weekday = weekdayNames.findIndex((name) => name === day);
    if (weekday >= 0) week[weekday] = [...spans];
    else holidays[day] = spans;
  }
  return { zone: 'UTC', week, holidays };
}

/** Nested fields (`announce.everyMs`) are laid over the defaults of their group. */
function layOver<T extends object>(base: T, fields: Readonly<Record<string, unknown>>): T {
  const made = { ...base } as Record<string, unknown>;
  for (const [path, value] of Object.entries(fields)) {
    const [group = '', field] = path.split('.');
    made[group] = field === undefined ? value : { ...(made[group] as object), [field]: value };
  }
  return made as T;
}

const without = <T>(rows: readonly T[], is: (row: T) => boolean): T[] => rows.filter((row) => !is(row));

/** The configuration after one line: what is named is added or changed, `without` before it takes it away. */
export function configured(config: AcdConfig, line: Line): AcdConfig {
  const [first = '', ...rest] = line.words;
  const gone = first === 'without';
  const [kind = '', ...names] = gone ? rest : line.words;
  const read = readers[kind] ?? assert.fail(`${line.text}: no configuration of this kind`);
  return read(config, { ...line, words: names }, gone);
}

const readers: Readonly<Record<string, (config: AcdConfig, line: Line, gone: boolean) => AcdConfig>> = {
  settings: (config, line) => ({ ...config, settings: layOver<AcdSettings>(config.settings, fieldsOf(line, settingFields)) }),
  queue: (config, line, gone) => {
    const id = queueId(wordsOf(line, 1)[0] ?? '');
    const old = config.queues.find((queue) => queue.id === id) ?? queueDefaults(id);
    const queue = layOver<QueueConfig>(old, fieldsOf(line, queueFields));
    return {
      ...config,
      queues: [...without(config.queues, (row) => row.id === id), ...(gone ? [] : [queue])],
      tiers: gone ? without(config.tiers, (tier) => tier.queue === id) : config.tiers,
    };
  },
  agent: (config, line, gone) => {
    const id = agentId(wordsOf(line, 1)[0] ?? '');
    // In stories agents have a telephone and are at work unless the line says otherwise.
    const base: AgentConfig = { ...agentDefaults(id), contact: `PJSIP/${id}`, initialStatus: 'Available' };
    const fields = fieldsOf(line, agentFields);
    const agent = layOver(config.agents.find((row) => row.id === id) ?? base, fields);
    // `contact=` and `chat=` stand for none
    const kept = { ...agent, contact: agent.contact || undefined, chatAddress: agent.chatAddress || undefined };
    return {
      ...config,
      agents: [...without(config.agents, (row) => row.id === id), ...(gone ? [] : [kept])],
      tiers: gone ? without(config.tiers, (tier) => tier.agent === id) : config.tiers,
    };
  },
  /** `tier support ann bob level=2 position=1`: several agents take the following positions. */
  tier: (config, line, gone) => {
    const [queue = '', ...agents] = wordsOf(line, 2, 20);
    const { level = 1, position = 1 } = fieldsOf(line, { level: ['level', whole], position: ['position', whole] }) as Partial<TierConfig>;
    const tiers = agents.map((agent, n) => ({ queue: queueId(queue), agent: agentId(agent), level, position: position + n }));
    const others = without(config.tiers, (old) => tiers.some((tier) => tier.queue === old.queue && tier.agent === old.agent));
    return { ...config, tiers: [...others, ...(gone ? [] : tiers)] };
  },
  /** `break lunch paid=yes max=2700 day=3600` */
  break: (config, line, gone) => {
    const code = wordsOf(line, 1)[0] ?? '';
    const fields = fieldsOf(line, { paid: ['isPaid', yes], max: ['msMax', seconds], day: ['dayMsMax', seconds] });
    const reason = layOver<PauseReason>({ code, text: code, isPaid: false, msMax: 0, dayMsMax: 0 }, fields);
    const others = without(config.pauseReasons ?? [], (row) => row.code === code);
    return { ...config, pauseReasons: [...others, ...(gone ? [] : [reason])] };
  },
  caller: (config, line, gone) => {
    const number = wordsOf(line, 1)[0] ?? '';
    const base: KnownCaller = { number, isBlocked: false, baseScoreS: 0, agent: undefined };
    const known = layOver(base, fieldsOf(line, callerFields));
    return { ...config, callers: [...without(config.callers, (row) => row.number === number), ...(gone ? [] : [known])] };
  },
};

export const emptyConfig: AcdConfig = { settings: acdSettingsDefaults, queues: [], agents: [], tiers: [], callers: [] };
