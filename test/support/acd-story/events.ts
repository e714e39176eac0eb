/** Verbs of a story's timed lines, each as the event or events that the engine is told. */
import assert from 'node:assert/strict';
import type { AcdEvent, EndedBy, Join } from '../../../core/acd/events.js';
import { agentId, legId, memberId, switchId } from '../../../core/acd/ids.js';
import type { CallKey, LegId, OfferId } from '../../../core/acd/ids.js';
import { agentStatuses, agentTypes, deviceStates, exitReasons, mediaKinds, offerFailures } from '../../../core/acd/words.js';
import { plainJoin } from '../plain-join.js';
import { needs } from './config.js';
import { fieldsOf, list, oneOf, plain, seconds, whole, wordsOf, yes } from './words.js';
import type { Fields, Line } from './words.js';

/** What the names of a story stand for: offers are called o1, o2 in order of birth, called-back legs b1, b2. */
export interface Names {
  readonly startMs: number;
  offer(name: string): OfferId;
  leg(name: string): LegId;
  /** a new id for this caller: `bob`, and `bob.2` when he comes again */
  newMember(caller: string): string;
  /** telephone number of a caller who gave none: the same at each visit */
  numberOf(caller: string): string;
}

type Verb = (line: Line, names: Names) => readonly AcdEvent[];

const callOf = (text: string, unique = text): CallKey => ({
  switch: switchId(text.includes('@') ? (text.split('@')[1] ?? '') : 'ast'),
  uniqueId: unique.split('@')[0] ?? '',
  channel: `PJSIP/${text.split('@')[0] ?? ''}`,
});

const joinFields: Fields = {
  number: ['number', plain],
  name: ['name', plain],
  score: ['baseScoreS', whole],
  priority: ['priority', whole],
  skills: ['needs', needs],
  'exit-keys': ['exitKeys', plain],
  'max-wait': ['maxWaitMs', seconds],
  language: ['language', plain],
  music: ['music', plain],
  prefix: ['callerIdPrefix', plain],
  param: ['param', plain],
  lead: ['leadId', whole],
  root: ['rootId', plain],
  sticky: ['stickyAgent', plain],
  media: ['media', oneOf(mediaKinds)],
  'callback-of': ['callbackOf', memberId],
  message: ['message', plain],
  origin: ['origin', oneOf(['dialer'] as const)],
  reservation: ['reservation', plain],
  // read apart
  call: ['call', plain],
  answered: ['answered', seconds],
  variables: ['variables', (text) => Object.fromEntries(list(text).map((pair) => pair.split(':') as [string, string]))],
};

/** `join bob support`: his channel is called as he is, on switch `ast`; `call=bob9@fs` another one, `call=` none. */
function join(line: Line, names: Names): readonly AcdEvent[] {
  const [caller = '', queue = ''] = wordsOf(line, 2);
  const { call, answered, ...rest } = fieldsOf(line, joinFields) as { readonly call?: string; readonly answered?: number };
  const given: Partial<Join> = rest;
  const media = given.media ?? 'audio';
  const channel = call ?? (media === 'audio' ? caller : '');
  const made: Join = {
    ...plainJoin,
    member: memberId(names.newMember(caller)),
    queue,
    media,
    call: channel === '' ? undefined : callOf(channel),
    number: names.numberOf(caller),
    name: caller,
    answeredAtMs: names.startMs + (answered ?? seconds(timeOf(line))),
    rootId: caller,
    ...(channel === '' && media === 'audio' ? { homeSwitch: switchId('ast') } : {}),
    ...given,
  };
  return [{ type: 'caller-joined', join: made }];
}

const timeOf = (line: Line): string => line.text.split(' ')[0] ?? '';
const member = (line: Line) => memberId(line.words[0] ?? '');
const agentNamed = (line: Line): string => line.words[0] ?? '';
const isOffer = (word: string): boolean => /^o\d+$/.test(word);

/** A verb about one offer. */
const offerVerb =
  (least: number, most: number, make: (offer: OfferId, words: readonly string[]) => readonly AcdEvent[]): Verb =>
  (line, names) => {
    const [name = '', ...rest] = wordsOf(line, least, most);
    return make(names.offer(name), rest);
  };

const endedBy = oneOf<EndedBy>(['caller', 'agent', 'transfer', 'unknown']);

const callers: Readonly<Record<string, Verb>> = {
  join,
  /** `leave bob` hangs up, `leave bob transferred` was taken away by a transfer */
  leave: (line) => {
    const cause = oneOf(['hangup', 'transferred'] as const)(wordsOf(line, 1, 2)[1] ?? 'hangup');
    return [{ type: 'caller-left', member: member(line), cause }];
  },
  'session-lost': (line) => [{ type: 'session-lost', member: memberId(wordsOf(line, 1)[0] ?? '') }],
  key: (line) => [{ type: 'key-pressed', member: member(line), key: wordsOf(line, 2)[1] ?? '' }],
  'message-ended': (line) => [{ type: 'message-ended', member: memberId(wordsOf(line, 1)[0] ?? '') }],
  callback: (line) => [{ type: 'callback-asked', member: member(line), number: wordsOf(line, 2)[1] ?? '' }],
  'callback-failed': (line, names) => {
    const [, leg = '', cause = ''] = wordsOf(line, 3);
    return [{ type: 'callback-failed', member: member(line), leg: names.leg(leg), cause }];
  },
};

const offers: Readonly<Record<string, Verb>> = {
  answer: offerVerb(1, 1, (offer) => [{ type: 'agent-answered', offer }]),
  connect: offerVerb(1, 1, (offer) => [{ type: 'connected', offer }]),
  /** answer, ready and connect in one: the two talk */
  talk: offerVerb(1, 1, (offer) => [
    { type: 'agent-answered', offer },
    { type: 'agent-ready', offer },
    { type: 'connected', offer },
  ]),
  fail: offerVerb(2, 3, (offer, [failure = '', detail = '']) => [
    { type: 'offer-failed', offer, failure: oneOf(offerFailures)(failure), detail },
  ]),
  end: offerVerb(2, 3, (offer, [by = '', cause = 'NORMAL_CLEARING']) => [{ type: 'call-ended', offer, by: endedBy(by), cause }]),
};

/** `ready o1`: the agent heard the announcements and confirmed; `ready ann`: On Demand, next call please. */
const ready: Verb = (line, names) => {
  const [name = ''] = wordsOf(line, 1);
  return isOffer(name) ? [{ type: 'agent-ready', offer: names.offer(name) }] : [{ type: 'ready-asked', agent: name }];
};

const statusAsked: Verb = (line) => {
  const status = oneOf(agentStatuses)(wordsOf(line, 2)[1] ?? '');
  const { reason } = fieldsOf(line, { reason: ['reason', plain] }) as { readonly reason?: string };
  return [{ type: 'status-asked', agent: agentNamed(line), status, reason }];
};

const agents: Readonly<Record<string, Verb>> = {
  ready,
  status: statusAsked,
  /** `pause ann lunch`: On Break with a reason */
  pause: (line) => {
    const [agent = '', reason] = wordsOf(line, 1, 2);
    return [{ type: 'status-asked', agent, status: 'On Break', reason }];
  },
  logout: (line) => [{ type: 'status-asked', agent: wordsOf(line, 1)[0] ?? '', status: 'Logged Out', reason: undefined }],
  login: (line) => {
    const fields = { contact: ['contact', plain], standby: ['standby', plain], 'on-demand': ['onDemand', yes] } as const;
    const given = fieldsOf(line, fields) as { readonly contact?: string; readonly standby?: string; readonly onDemand?: boolean };
    const standby = given.standby === undefined ? undefined : callOf(given.standby);
    const [agent = ''] = wordsOf(line, 1);
    return [{ type: 'login-asked', agent, contact: given.contact, standby, onDemand: given.onDemand ?? false }];
  },
  'standby-ended': (line) => [{ type: 'standby-ended', agent: agentId(agentNamed(line)), call: callOf(wordsOf(line, 2)[1] ?? '') }],
  'wrapup-end': (line) => [{ type: 'wrapup-end-asked', agent: wordsOf(line, 1)[0] ?? '' }],
  extend: (line) => [{ type: 'wrapup-extend-asked', agent: agentNamed(line), byMs: seconds(wordsOf(line, 2)[1] ?? '') }],
  'ready-at': (line, names) => [
    { type: 'ready-time-asked', agent: agentNamed(line), atMs: names.startMs + seconds(wordsOf(line, 2)[1] ?? '') },
  ],
  release: (line) => [{ type: 'release-asked', agent: agentNamed(line), by: wordsOf(line, 2)[1] ?? '' }],
  /** `reserve ann dialer 30`: for the key dialer until second 30; `@support` instead of a name: any free one of the queue; `soft` behind it */
  reserve: (line, names) => {
    const [whom = '', by = '', until = '', soft] = wordsOf(line, 3, 4);
    const wanted = whom.startsWith('@') ? { queue: whom.slice(1) } : { agent: whom };
    const isSoft = soft === undefined ? {} : { isSoft: oneOf(['soft', 'hard'] as const)(soft) === 'soft' };
    return [{ type: 'reserve-asked', ...wanted, by, untilMs: names.startMs + seconds(until), ...isSoft }];
  },
  /** `unreserve ann dialer`, or by the key alone: `unreserve dialer` */
  unreserve: (line) => {
    const [first = '', by] = wordsOf(line, 1, 2);
    return [by === undefined ? { type: 'unreserve-asked', by: first } : { type: 'unreserve-asked', agent: first, by }];
  },
  device: (line) => [{ type: 'device-changed', agent: agentId(agentNamed(line)), device: oneOf(deviceStates)(wordsOf(line, 2)[1] ?? '') }],
  external: (line) => [{ type: 'external-calls-changed', agent: agentId(agentNamed(line)), count: whole(wordsOf(line, 2)[1] ?? '') }],
  type: (line) => [{ type: 'type-asked', agent: agentNamed(line), agentType: oneOf(agentTypes)(wordsOf(line, 2)[1] ?? '') }],
};

const supervision: Readonly<Record<string, Verb>> = {
  dispatching: (line) => [{ type: 'dispatching-asked', isOn: oneOf(['on', 'off'] as const)(wordsOf(line, 1)[0] ?? '') === 'on' }],
  dispatch: (line) => [{ type: 'dispatch-asked', member: line.words[0] ?? '', agent: wordsOf(line, 2)[1] ?? '' }],
  withdraw: (line) => [
    { type: 'withdraw-asked', member: line.words[0] ?? '', reason: oneOf(exitReasons)(wordsOf(line, 1, 2)[1] ?? 'withdrawn') },
  ],
  /** `move bob sales` starts anew there, `move bob sales keep` keeps the waiting time */
  move: (line) => {
    const [name = '', queue = '', keep] = wordsOf(line, 2, 3);
    assert.ok(keep === undefined || keep === 'keep', `${line.text}: only "keep" may follow`);
    return [{ type: 'move-asked', member: name, queue, keepWaiting: keep !== undefined }];
  },
  priority: (line) => {
    const given = fieldsOf(line, { priority: ['priority', whole], score: ['baseScoreS', whole] });
    const [name = ''] = wordsOf(line, 1);
    return [{ type: 'priority-asked', member: name, priority: undefined, baseScoreS: undefined, ...given }];
  },
  switch: (line) => {
    const [name = '', word = ''] = wordsOf(line, 2);
    return [{ type: 'switch-changed', switch: switchId(name), isUp: oneOf(['up', 'down'] as const)(word) === 'up' }];
  },
  /** `channels ast bob,o1 bridged=o1 asked=5`: all that lives there; legs by the name of their offer, `-` for none */
  channels: (line, names) => {
    const [name = '', ids = ''] = wordsOf(line, 2);
    const given = fieldsOf(line, { bridged: ['bridged', list], asked: ['asked', seconds] });
    const { bridged = [], asked = seconds(timeOf(line)) } = given as { readonly bridged?: readonly string[]; readonly asked?: number };
    const idOf = (word: string): string => (isOffer(word) || /^b\d+$/.test(word) ? names.leg(word) : word);
    const uniqueIds = new Set(ids === '-' ? [] : list(ids).map(idOf));
    return [
      {
        type: 'channels-listed',
        switch: switchId(name),
        askedAtMs: names.startMs + asked,
        uniqueIds,
        bridged: new Set(bridged.map(idOf)),
      },
    ];
  },
  tick: (line) => {
    wordsOf(line, 0);
    return [{ type: 'time-passed' }];
  },
};

const verbs: ReadonlyMap<string, Verb> = new Map(Object.entries({ ...callers, ...offers, ...agents, ...supervision }));

/** The events of one timed line; `undefined` when its verb is none of these. */
export function eventsOf(verb: string, line: Line, names: Names): readonly AcdEvent[] | undefined {
  const takes = verbs.get(verb);
  if (takes && !optionVerbs.has(verb)) assert.equal(line.options.size, 0, `${line.text}: ${verb} has no options`);
  return takes?.(line, names);
}

const optionVerbs: ReadonlySet<string> = new Set(['join', 'status', 'login', 'priority', 'channels']);

/** A leg that is nobody's: `tandem-ghost`. */
export const strangeLeg = (name: string): LegId => legId(name);
