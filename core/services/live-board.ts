/**
 * The live board: what changed since the last look is worked out once for all who watch, and told in one text for each
 * group of equal rights (B23). Works only while somebody watches, or has asked for a snapshot a moment ago: who asks again and
 * again pays for what changed. Reads the engine's memory and never the database.
 */
import type { AcdState } from '../acd/acd-state.js';
import type { AgentId, QueueId } from '../acd/ids.js';
import type { Notice } from '../acd/notices.js';
import type { QueueEngine } from '../acd-ports.js';
import { BoardGroup, rightsKey, type QueueRights } from '../board/group.js';
import { BoardModel } from '../board/model.js';
import { agentTopic, queueTopic } from '../board/topics.js';
import type { BoardEvent } from '../board/wire.js';
import { TandemError } from '../errors.js';
import type { Today } from '../report-ports.js';
import { PacedSends } from './paced-sends.js';

/** A message as the door sends it; made once, sent to many. */
export type MakeFrame<Frame> = (event: BoardEvent, json: string) => Frame;

export interface LiveBoardDeps<Frame> {
  readonly engine: Pick<QueueEngine, 'view' | 'onNotice' | 'isOwner'>;
  readonly today: Today;
  readonly frame: MakeFrame<Frame>;
  nowMs(): number;
  after(delayMs: number, run: () => void): () => void;
}

export const liveBoardDefaults = {
  everyMs: 250,
  viewersMax: 1_500,
  /** goes on for so long after a snapshot, as if somebody watched */
  keptMs: 10_000,
};

export interface WatchWish {
  /** ids of queues, canonical; undefined = all */
  readonly queues: QueueRights;
  /** rows of all that may be seen; false: topics only */
  readonly isBoard: boolean;
  readonly queue?: QueueId | undefined;
  readonly agent?: AgentId | undefined;
}

export interface LiveBoard<Frame> {
  /** Sends what there is at once, and then every change. Throws TDM_BUSY beyond the limit. The result ends it. */
  watch(wish: WatchWish, send: (frame: Frame) => void): () => void;
  /** `BoardSnapshot` as JSON. Throws TDM_STANDBY. */
  snapshot(queues: QueueRights): string;
  viewers(): number;
}

interface Viewer<Frame> extends WatchWish {
  readonly send: (frame: Frame) => void;
}

/** News after which the list of callbacks may be another. */
const callbackNews: ReadonlySet<Notice['type']> = new Set(['callback-placed', 'callback-dialled', 'member-left', 'talk-started']);

export function createLiveBoard<Frame>(deps: LiveBoardDeps<Frame>, options = liveBoardDefaults): LiveBoard<Frame> {
  return new Board(deps, options);
}

class Board<Frame> implements LiveBoard<Frame> {
  readonly #deps: LiveBoardDeps<Frame>;
  readonly #options: typeof liveBoardDefaults;
  readonly #viewers = new Set<Viewer<Frame>>();
  readonly #groups = new Map<string, BoardGroup>();
  /** by name of the topic; what was told last */
  readonly #topics = new Map<string, string>();
  readonly #sends: PacedSends;
  #model: BoardModel;
  #state: AcdState | undefined;
  #callbackNews = 0;
  /** undefined: nobody watches, nor has asked lately */
  #stop: (() => void) | undefined;
  #keptUntilMs = -Infinity;

  constructor(deps: LiveBoardDeps<Frame>, options: typeof liveBoardDefaults) {
    this.#deps = deps;
    this.#options = options;
    this.#sends = new PacedSends((delayMs, run) => deps.after(delayMs, run));
    this.#model = new BoardModel(deps.today);
  }

  viewers(): number {
    return this.#viewers.size;
  }

  snapshot(queues: QueueRights): string {
    const state = this.#deps.engine.view();
    const nowMs = this.#deps.nowMs();
    this.#keptUntilMs = nowMs + this.#options.keptMs;
    if (!this.#stop) this.#begin();
    else if (this.#viewers.size === 0) this.#lookAgain(state, nowMs);
    return new BoardGroup(queues, this.#modelOf(state, nowMs)).snapshot(nowMs);
  }

  /** Not while somebody watches: what is taken from the changes here would be lost to him. */
  #lookAgain(state: AcdState, nowMs: number): void {
    if (this.#state === state) this.#model.refresh(state, nowMs);
    else this.#open();
  }

  /** The queues became ours a moment ago: those who watch hear of it with the next tick. */
  #modelOf(state: AcdState, nowMs: number): BoardModel {
    if (this.#state === state) return this.#model;
    const model = new BoardModel(this.#deps.today);
    model.refresh(state, nowMs);
    return model;
  }

  watch(wish: WatchWish, send: (frame: Frame) => void): () => void {
    const { viewersMax } = this.#options;
    if (this.#viewers.size >= viewersMax) throw new TandemError('TDM_BUSY', [`${String(viewersMax)} viewers of the board`]);
    const viewer = { ...wish, send };
    this.#viewers.add(viewer);
    if (!this.#stop) this.#begin();
    if (this.#state) this.#greet(viewer, this.#state);
    else send(this.#standby());
    return () => {
      if (this.#viewers.delete(viewer)) this.#endIfIdle();
    };
  }

  #begin(): void {
    const stopNews = this.#deps.engine.onNotice((notice) => this.#note(notice));
    let cancel: () => void = () => undefined;
    const tick = (): void => {
      cancel = this.#deps.after(this.#options.everyMs, tick);
      this.#flush();
      this.#endIfIdle();
    };
    cancel = this.#deps.after(this.#options.everyMs, tick);
    this.#stop = () => {
      stopNews();
      cancel();
    };
    this.#open();
  }

  #endIfIdle(): void {
    if (this.#viewers.size > 0 || this.#deps.nowMs() < this.#keptUntilMs) return;
    this.#stop?.();
    this.#stop = undefined;
    this.#sends.clear();
    this.#forget();
  }

  #forget(): void {
    this.#state = undefined;
    this.#model = new BoardModel(this.#deps.today);
    this.#groups.clear();
    this.#topics.clear();
  }

  /** True when the state of this moment is in the model, which was empty before. */
  #open(): boolean {
    if (!this.#deps.engine.isOwner()) return false;
    this.#forget();
    this.#state = this.#deps.engine.view();
    this.#model.refresh(this.#state, this.#deps.nowMs());
    return true;
  }

  #note(notice: Notice): void {
    if (notice.type === 'queue-changed' || notice.type === 'agent-configured') this.#model.reshape();
    if (callbackNews.has(notice.type)) this.#callbackNews++;
    if (notice.type === 'member-moved') {
      this.#model.touch(notice.from, undefined);
      this.#model.touch(notice.to, undefined);
      return;
    }
    this.#model.touch('queue' in notice ? notice.queue : undefined, 'agent' in notice ? notice.agent : undefined);
  }

  #flush(): void {
    const { engine } = this.#deps;
    this.#sends.drain();
    if (!engine.isOwner()) {
      if (this.#state) this.#tellAll(this.#standby());
      if (this.#state) this.#forget();
      return;
    }
    if (this.#state !== engine.view()) {
      if (this.#open() && this.#state)
        for (const viewer of this.#viewers) this.#greet(viewer, this.#state, (frame) => this.#send(viewer, frame));
      return;
    }
    this.#tellChanges(this.#state);
  }

  #tellChanges(state: AcdState): void {
    const nowMs = this.#deps.nowMs();
    const changed = this.#model.refresh(state, nowMs);
    const frames = new Map<string, Frame | undefined>();
    for (const [key, group] of this.#groups) {
      const json = group.diff(changed, nowMs);
      frames.set(key, json === undefined ? undefined : this.#deps.frame('diff', json));
    }
    const topics = this.#changedTopics(state);
    for (const viewer of this.#viewers) {
      const frame = viewer.isBoard ? frames.get(rightsKey(viewer.queues)) : undefined;
      if (frame !== undefined) this.#send(viewer, frame);
      for (const name of topicsOf(viewer)) {
        const topic = topics.get(name);
        if (topic !== undefined) this.#send(viewer, topic);
      }
    }
    this.#dropUnwatched();
  }

  /** Each watched topic once, however many watch it. */
  #changedTopics(state: AcdState): Map<string, Frame> {
    const told = new Map<string, Frame>();
    const seen = new Set<string>();
    for (const viewer of this.#viewers)
      for (const name of topicsOf(viewer)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const json = this.#topicJson(state, name);
        if (json === undefined || json === this.#topics.get(name)) continue;
        this.#topics.set(name, json);
        told.set(name, this.#deps.frame(eventOf(name), json));
      }
    return told;
  }

  #greet(viewer: Viewer<Frame>, state: AcdState, send = viewer.send): void {
    const { frame } = this.#deps;
    const atMs = this.#deps.nowMs();
    send(viewer.isBoard ? frame('snapshot', this.#groupOf(viewer.queues).snapshot(atMs)) : frame('clock', JSON.stringify({ atMs })));
    for (const name of topicsOf(viewer)) {
      const json = this.#topics.get(name) ?? this.#topicJson(state, name);
      if (json === undefined) continue;
      this.#topics.set(name, json);
      send(frame(eventOf(name), json));
    }
  }

  #groupOf(queues: QueueRights): BoardGroup {
    const key = rightsKey(queues);
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = new BoardGroup(queues, this.#model)));
    return group;
  }

  #topicJson(state: AcdState, name: string): string | undefined {
    const id = name.slice(2);
    if (name.startsWith('q')) {
      const queue = state.queueNamed(id);
      return queue && JSON.stringify(queueTopic(state, queue));
    }
    const agent = state.agentNamed(id);
    const facts = { today: this.#deps.today, nowMs: this.#deps.nowMs(), callbackNews: this.#callbackNews };
    const topic = agent && agentTopic(state, agent, facts);
    return topic && JSON.stringify(topic);
  }

  #dropUnwatched(): void {
    const keys = new Set([...this.#viewers].map(({ queues }) => rightsKey(queues)));
    const names = new Set([...this.#viewers].flatMap((viewer) => topicsOf(viewer)));
    for (const key of this.#groups.keys()) if (!keys.has(key)) this.#groups.delete(key);
    for (const name of this.#topics.keys()) if (!names.has(name)) this.#topics.delete(name);
  }

  #standby(): Frame {
    return this.#deps.frame('standby', JSON.stringify({ atMs: this.#deps.nowMs() }));
  }

  /** A viewer who has gone meanwhile gets nothing. */
  #send(viewer: Viewer<Frame>, frame: Frame): void {
    this.#sends.add(() => this.#viewers.has(viewer) && viewer.send(frame));
  }

  #tellAll(frame: Frame): void {
    for (const viewer of this.#viewers) this.#send(viewer, frame);
  }
}

const topicsOf = ({ queue, agent }: WatchWish): string[] => [
  ...(queue === undefined ? [] : [`q ${queue}`]),
  ...(agent === undefined ? [] : [`a ${agent}`]),
];

const eventOf = (topic: string): BoardEvent => (topic.startsWith('q') ? 'queue' : 'agent');
