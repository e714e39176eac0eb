/** One world with a backlog of a given length, kept at that length, and what is measured on it. */
import type { AcdState } from '../../core/acd/acd-state.js';
import type { QueueEngine } from '../../core/acd-ports.js';
import type { ConnectOrder, RingOrder } from '../../core/acd/effects.js';
import { spreadOf } from './figure.js';
import type { Spread } from './figure.js';
import { monoMs, seeded } from './metronome.js';
import type { Metronome } from './metronome.js';
import { kindOf, openQueueWorld, wrapUpMs } from './queue-world.js';
import type { AgentKind, QueueWorld, QueueWorldOptions } from './queue-world.js';

const freeAgents = 200;
const busyAgents = 100;
const togetherCount = 20;
const togetherRounds = 30;
const [perSecond, warmUpTicks, ticks] = [50, 100, 600];
const [talkMsMin, talkMsMax] = [500, 1_500];
const settleMs = 200;
const lateMsMax = 5_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class QueueLatency {
  private readonly world: QueueWorld;
  private readonly metronome: Metronome;
  private readonly random = seeded(7);
  /** talks of agents who serve the backlog, the longest first */
  private readonly talks: Record<AgentKind, ConnectOrder[]> = { free: [], busy: [], wrapup: [] };
  /** what is measured now: by member or by agent, since when it waits for its ring order */
  private readonly since = new Map<string, number>();
  private sample: (ms: number, order: RingOrder) => void = () => undefined;

  private constructor(world: QueueWorld, metronome: Metronome) {
    this.world = world;
    this.metronome = metronome;
    world.onRing = (order, atMs) => this.rung(order, atMs);
    world.onTalk = (order) => this.talking(order);
  }

  /** `backlog` callers wait besides those who will be offered at once. */
  static async open(url: string, backlog: number, metronome: Metronome, onStored?: QueueWorldOptions['onStored']): Promise<QueueLatency> {
    const world = await openQueueWorld({ url, freeAgents, busyAgents, onStored });
    const run = new QueueLatency(world, metronome);
    for (let n = 0; n < 2 * busyAgents + togetherCount + backlog; n++) world.join('busy');
    await run.until(() => run.talks.busy.length + run.talks.wrapup.length === 2 * busyAgents, 60_000);
    await pause(settleMs);
    await run.joins(warmUpTicks);
    await run.agentsFreed(warmUpTicks);
    return run;
  }

  /** as doors see it */
  get engine(): Pick<QueueEngine, 'view' | 'onNotice' | 'isOwner'> {
    const { loop, news } = this.world;
    return { view: () => loop.view(), onNotice: (listener) => news.onNotice(listener), isOwner: () => true };
  }

  get state(): AcdState {
    return this.world.loop.view();
  }

  async close(): Promise<void> {
    this.world.onRing = () => undefined;
    await this.world.close();
  }

  /** Newcomers at random moments; each finds an agent free. */
  async joins(count = ticks): Promise<Spread> {
    return spreadOf(await this.joinSamples(count));
  }

  async joinSamples(count = ticks): Promise<number[]> {
    const samples: number[] = [];
    this.sample = (ms) => samples.push(ms);
    await this.metronome.run({ perSecond, count, seed: count }, (atMs) => this.since.set(this.world.join('free'), atMs));
    await this.until(() => samples.length === count);
    await this.until(() => this.state.members.size === this.state.membersOfQueue(this.backlogQueue).size + 2 * busyAgents);
    return samples;
  }

  /** Agents hang up at random moments, each second one with a wrap-up; the next caller of the backlog is theirs. */
  async agentsFreed(count = ticks): Promise<{ readonly atOnce: Spread; readonly afterWrapUp: Spread }> {
    const samples: Record<AgentKind, number[]> = { free: [], busy: [], wrapup: [] };
    this.sample = (ms, order) => samples[kindOf(order.agent)].push(ms);
    let n = 0;
    await this.metronome.run({ perSecond: 2 * perSecond, count: 2 * count, seed: count }, (atMs) =>
      this.free(n++ % 2 === 0 ? 'busy' : 'wrapup', atMs),
    );
    await this.until(() => samples.busy.length + samples.wrapup.length === 2 * count);
    await this.allTalk();
    return { atOnce: spreadOf(samples.busy), afterWrapUp: spreadOf(samples.wrapup) };
  }

  /** Twenty agents hang up in one moment: until the last of them is rung. Every other round after a wrap-up. */
  async freedTogether(): Promise<Spread> {
    const rounds: number[] = [];
    for (let round = 0; round < togetherRounds; round++) {
      const samples: number[] = [];
      this.sample = (ms) => samples.push(ms);
      const atMs = monoMs();
      for (let n = 0; n < togetherCount; n++) this.free(round % 2 === 0 ? 'busy' : 'wrapup', atMs);
      await this.until(() => samples.length === togetherCount);
      rounds.push(Math.max(...samples));
      await this.allTalk();
      await pause(settleMs / 2);
    }
    return spreadOf(rounds);
  }

  private get backlogQueue() {
    const [queue] = this.state.queueConfigs.keys();
    if (queue === undefined) throw new Error('the queue is missing');
    return queue;
  }

  private free(kind: 'busy' | 'wrapup', atMs: number): void {
    const talk = this.talks[kind].shift();
    if (!talk) throw new Error('more agents are freed than answer');
    this.since.set(talk.agent, kind === 'wrapup' ? atMs + wrapUpMs : atMs);
    this.world.hangUp(talk);
  }

  private rung(order: RingOrder, atMs: number): void {
    for (const key of [order.member, order.agent]) {
      const sinceMs = this.since.get(key);
      if (sinceMs === undefined) continue;
      this.since.delete(key);
      this.sample(atMs - sinceMs, order);
    }
    if (kindOf(order.agent) !== 'free') this.world.join('busy'); // the backlog stays as long as it was
  }

  private talking(order: ConnectOrder): void {
    if (kindOf(order.agent) !== 'free') this.talks[kindOf(order.agent)].push(order);
    else setTimeout(() => this.world.hangUp(order), talkMsMin + this.random() * (talkMsMax - talkMsMin));
  }

  private allTalk(): Promise<void> {
    return this.until(() => this.talks.busy.length + this.talks.wrapup.length === 2 * busyAgents);
  }

  private async until(isTrue: () => boolean, msMax = lateMsMax): Promise<void> {
    const deadlineMs = monoMs() + msMax;
    while (!isTrue()) {
      if (monoMs() > deadlineMs) throw new Error(`not all ring orders came within ${msMax} ms`);
      await pause(5);
    }
  }
}
