/**
 * The queue engine told as a story in a text file (H15); docs/hacking.md has the language.
 *
 *   # D-14 F36. What the story shows.           the first line names what it proves
 *   queue support max-wait=10                    configuration: queue, agent, tier, caller, settings,
 *   agent ann                                    start, show, was (what was stored of an agent before)
 *   tier support ann
 *   0 join bob support                           seconds, verb, names, options; deadlines before it fire by themselves
 *   5 restart                                    a new engine from what was saved
 *   6 state agent ann
 *   ----
 *   0 ring ann for bob (o1)                      every order, every piece of news (*), every refused wish (!)
 *
 * Offers are o1, o2 in order of birth, called-back legs b1, b2; callers are called as they are. A caller who comes a
 * second time is `bob.2` until the engine knows him again.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createAcdEngine } from '../../core/acd/create-engine.js';
import type { AcdConfig } from '../../core/acd/config.js';
import type { AcdEngine, Step } from '../../core/acd/engine.js';
import { brokenInvariants } from '../../core/acd/invariants.js';
import { brokenMatching } from '../../core/acd/invariants-matching.js';
import type { AcdEvent } from '../../core/acd/events.js';
import type { LegId, OfferId, SwitchId } from '../../core/acd/ids.js';
import type { Agent } from '../../core/acd/state.js';
import type { StoredAcd } from '../../core/acd-ports.js';
import { configured, emptyConfig } from './acd-story/config.js';
import { explanation, segmentLine, stateLine } from './acd-story/dump.js';
import { eventsOf, strangeLeg } from './acd-story/events.js';
import type { Names } from './acd-story/events.js';
import { effectLine } from './acd-story/print.js';
import { Saved } from './acd-story/saved.js';
import { fieldsOf, inSeconds, readLine, seconds, whole, wordsOf } from './acd-story/words.js';
import type { Line } from './acd-story/words.js';

/** A Monday morning. */
const usualStartMs = Date.parse('2026-11-23T09:00:00Z');
/** A story in which time fires more often than this between two lines stands still. */
const firingsMax = 1_000;

export interface AcdStory {
  readonly rows: string;
  readonly head: string;
  readonly configuration: readonly string[];
  readonly told: readonly string[];
  readonly expected: readonly string[];
}

export function readAcdStory(file: string): AcdStory {
  const [head = '', expected] = readFileSync(file, 'utf8').split(/^----\n/m);
  assert.ok(expected !== undefined, `${file}: no line ----`);
  const [, rows = ''] = /^# ([^:\n]+): /.exec(head) ?? assert.fail(`${file}: the first line names no rows`);
  const lines = linesOf(head.replace(/^#.*\n/gm, ''));
  const isTold = (line: string): boolean => /^\d/.test(line);
  const firstTold = lines.findIndex(isTold);
  const told = firstTold < 0 ? [] : lines.slice(firstTold);
  assert.ok(told.every(isTold), `${file}: configuration stands before the first timed line`);
  return { rows, head, configuration: firstTold < 0 ? lines : lines.slice(0, firstTold), told, expected: linesOf(expected) };
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');

export const storyText = (story: AcdStory, lines: readonly string[]): string => `${story.head}----\n${lines.join('\n')}\n`;

/** All that the engine does in this story. */
export function tellAcdStory(story: AcdStory): readonly string[] {
  const teller = new AcdTeller(story);
  for (const line of story.told) teller.tell(line);
  return teller.lines;
}

class AcdTeller implements Names {
  readonly lines: string[] = [];
  startMs = usualStartMs;
  private config: AcdConfig = emptyConfig;
  private readonly was: Agent[] = [];
  private readonly wasLines: Line[] = [];
  private hidesNews = false;
  private showsDecisions = false;
  private seed = 1;
  private starts = 0;
  private engine: AcdEngine;
  private nowMs: number;
  private readonly down = new Set<SwitchId>();
  private readonly saved = new Saved();
  private readonly offers = new Map<OfferId, string>();
  private readonly legs = new Map<LegId, string>();
  private readonly visits = new Map<string, number>();
  private readonly numbers = new Map<string, string>();

  constructor(story: AcdStory) {
    for (const text of story.configuration) this.configure(readLine(text));
    this.nowMs = this.startMs;
    this.engine = this.started(undefined);
    if (this.wasLines.length > 0) this.engine = this.started(this.presets());
    this.note(this.engine.begin());
    // that queues and agents are there is no news at the start of a story
    this.lines.length = 0;
  }

  tell(text: string): void {
    const { words, options } = readLine(text);
    const [at = '', verb = '', ...rest] = words;
    const line: Line = { text, words: rest, options };
    const atMs = this.startMs + seconds(at);
    assert.ok(atMs >= this.nowMs, `${text}: time goes back`);
    this.passTime(atMs);
    const own = this.ownVerbs[verb];
    if (own) {
      own(line);
      return;
    }
    const events = eventsOf(verb, line, this) ?? assert.fail(`${text}: verb ${verb} is unknown`);
    for (const event of events) this.step(event);
  }

  // ---------------------------------------------------------------- names

  offer(name: string): OfferId {
    for (const [id, known] of this.offers) if (known === name) return id;
    assert.fail(`there is no offer ${name} yet`);
  }

  leg(name: string): LegId {
    for (const [id, known] of this.legs) if (known === name) return id;
    return strangeLeg(`tandem-${name}`);
  }

  newMember(caller: string): string {
    const visits = (this.visits.get(caller) ?? 0) + 1;
    this.visits.set(caller, visits);
    return visits === 1 ? caller : `${caller}.${visits}`;
  }

  numberOf(caller: string): string {
    const number = this.numbers.get(caller) ?? String(5550101 + this.numbers.size);
    this.numbers.set(caller, number);
    return number;
  }

  ofOffer(id: OfferId): string {
    return this.offers.get(id) ?? id;
  }

  ofLeg(id: LegId): string {
    return this.legs.get(id) ?? id;
  }

  // ---------------------------------------------------------------- configuration

  private configure(line: Line): void {
    const [kind = '', word = ''] = line.words;
    if (kind === 'start') this.startMs = Date.parse(wordsOf(line, 2)[1] ?? '');
    else if (kind === 'seed') this.seed = whole(wordsOf(line, 2)[1] ?? '');
    else if (kind === 'show' && word === 'orders') this.hidesNews = true;
    else if (kind === 'show' && word === 'decisions') this.showsDecisions = true;
    else if (kind === 'was' || kind === 'was-queue') this.wasLines.push(line);
    else this.config = configured(this.config, line);
  }

  /**
   * `was ann last-bridge-end=-300 talk=20 calls=2 last-offered=-30`, `was-queue support last-tier=1:2`: as an earlier run left
   * them; times count from the start.
   */
  private presets(): StoredAcd {
    const moment = (text: string): number => this.startMs + seconds(text);
    const rows = [...this.engine.state.agents.values()].map((agent) => {
      const line = this.wasLines.find(({ words }) => words[0] === 'was' && words[1] === agent.id);
      if (!line) return agent;
      const fields = {
        'last-bridge-end': ['lastBridgeEndMs', moment],
        'last-offered': ['lastOfferedMs', moment],
        talk: ['talkMs', seconds],
        calls: ['callsAnswered', whole],
        'idle-order': ['idleOrder', whole],
      } as const;
      return { ...agent, ...fieldsOf(line, fields) };
    });
    const queues = [...this.engine.state.queues.values()].map((queue) => {
      const line = this.wasLines.find(({ words }) => words[0] === 'was-queue' && words[1] === queue.id);
      const tier = (text: string) => ({ level: whole(text.split(':')[0] ?? ''), position: whole(text.split(':')[1] ?? '') });
      return line ? { ...queue, ...fieldsOf(line, { 'last-tier': ['lastTier', tier] }) } : queue;
    });
    const known = new Set<string | undefined>([...rows, ...queues].map(({ id }) => id));
    for (const line of this.wasLines) assert.ok(known.has(line.words[1]), `${line.text}: unknown`);
    return { members: [], agents: rows, offers: [], queues, system: undefined };
  }

  private started(stored: StoredAcd | undefined): AcdEngine {
    this.starts++;
    const start = { config: this.config, instance: `run${this.starts}`, seed: this.seed, nowMs: this.nowMs };
    return createAcdEngine(stored ? { ...start, stored } : start);
  }

  // ---------------------------------------------------------------- time and steps

  private readonly ownVerbs: Readonly<Record<string, (line: Line) => void>> = {
    restart: (line) => {
      this.say('--- restart');
      if (line.words.length > 0) this.config = configured(this.config, line);
      this.engine = this.started(this.saved.load());
      this.note(this.engine.begin());
    },
    configure: (line) => {
      this.config = configured(this.config, line);
      this.step({ type: 'configured', config: this.config });
    },
    state: (line) => {
      const [kind = '', name = ''] = wordsOf(line, 2);
      this.say(stateLine(kind, name, this.engine.state, this));
    },
    explain: (line) => {
      this.say(explanation(wordsOf(line, 1)[0] ?? '', this.engine.state, this.nowMs));
    },
    segments: (line) => {
      const [kind] = wordsOf(line, 0, 1);
      for (const segment of this.saved.segments) if (kind === undefined || segment.kind === kind) this.say(segmentLine(segment, this));
    },
  };

  private passTime(untilMs: number): void {
    for (let firings = 0; ; firings++) {
      assert.ok(firings < firingsMax, 'time-passed brings nothing forward');
      const dueMs = this.engine.nextDueMs();
      if (dueMs === undefined || dueMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.step({ type: 'time-passed' });
    }
    this.nowMs = untilMs;
  }

  private step(event: AcdEvent): void {
    if (event.type === 'switch-changed') this.down[event.isUp ? 'delete' : 'add'](event.switch);
    this.note(this.engine.step(event, this.nowMs));
  }

  private note(step: Step): void {
    for (const effect of step.effects) {
      if (effect.type === 'ring') {
        this.offers.set(effect.order.offer, `o${this.offers.size + 1}`);
        this.legs.set(effect.order.leg, `o${this.offers.size}`);
      }
      if (effect.type === 'call-back') {
        const called = [...this.legs.values()].filter((name) => name.startsWith('b')).length;
        this.legs.set(effect.leg, `b${called + 1}`);
      }
    }
    for (const effect of step.effects) {
      if (effect.type === 'notice' ? this.hidesNews : effect.type === 'decision' && !this.showsDecisions) continue;
      this.say(effectLine(effect, this));
    }
    const { answer } = step;
    if (!answer.ok) {
      const to = answer.to?.kind === 'extension' ? ` to ${answer.to.context},${answer.to.extension}` : '';
      this.say(`! ${answer.code} ${answer.detail}${answer.exit === undefined ? '' : ` [${answer.exit}]`}${to}`);
    }
    this.saved.take(step.changes, this.engine.state);
    const { state } = this.engine;
    const broken = [...brokenInvariants(state), ...brokenMatching(state, { nowMs: this.nowMs, down: this.down })];
    assert.deepEqual(broken, [], `${inSeconds(this.nowMs - this.startMs)}: the state is broken`);
  }

  private say(line: string): void {
    this.lines.push(`${inSeconds(this.nowMs - this.startMs)} ${line}`);
  }
}
