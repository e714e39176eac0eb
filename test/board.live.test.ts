/** The live board: what is told to whom, when, and how often (B23). */
import assert from 'node:assert/strict';
import { agentId, queueId } from '../core/acd/ids.js';
import { queueView } from '../core/acd/views.js';
import { noToday } from '../core/board/no-today.js';
import type { AgentRow, AgentTopic, BoardDiff, BoardEvent, BoardSnapshot, QueueRow, QueueTopic } from '../core/board/wire.js';
import { createLiveBoard, liveBoardDefaults, type WatchWish } from '../core/services/live-board.js';
import { PacedSends, sendsPerTurn } from '../core/services/paced-sends.js';
import type { Today } from '../core/report-ports.js';
import { createDesk, deskConfig, type Desk } from './support/engine-desk.js';
import { createHandTimers } from './support/hand-timers.js';

const site = {
  queues: { support: {}, sales: {} },
  agents: { anna: { contact: 'PJSIP/1', wrap_up_s: 20 }, bert: { contact: 'PJSIP/2' }, both: { contact: 'PJSIP/3' } },
  tiers: ['support anna', 'sales bert', 'support both 2', 'sales both 2'],
};
const { everyMs } = liveBoardDefaults;

/** whichever message it is: a test knows what it looks at */
type Everything = BoardSnapshot & BoardDiff & QueueTopic & AgentTopic;

interface Told {
  readonly event: BoardEvent;
  readonly json: string;
}

function open(desk: Desk = createDesk(deskConfig(site)), today: Today = noToday, options = liveBoardDefaults) {
  const timers = createHandTimers();
  let frames = 0;
  const board = createLiveBoard<Told>(
    {
      engine: desk.port,
      today,
      nowMs: () => desk.nowMs(),
      after: (ms, run) => timers.after(ms, run),
      frame: (event, json) => (frames++, { event, json }),
    },
    options,
  );
  return {
    desk,
    board,
    timers,
    frames: () => frames,
    turn: () => timers.advance(everyMs),
    watch: (wish: Partial<WatchWish> = {}) => {
      const told: Told[] = [];
      const end = board.watch({ queues: undefined, isBoard: true, ...wish }, (frame) => told.push(frame));
      return { told, end, last: () => JSON.parse(told.at(-1)?.json ?? '{}') as Everything, events: () => told.map(({ event }) => event) };
    },
  };
}

const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

describe('live board', () => {
  it('B23: a snapshot first, then only the rows that changed, with versions without a gap', () => {
    const { desk, watch, turn } = open();
    const page = watch();
    const first = page.last();
    assert.deepEqual([idsOf(first.queues), idsOf(first.agents), first.version], [['support', 'sales'], ['anna', 'bert', 'both'], 0]);
    desk.call('support', { name: 'Eve' });
    turn();
    const diff = page.last();
    assert.deepEqual([page.events(), diff.version, idsOf(diff.queues), diff.agents], [['snapshot', 'diff'], 1, ['support'], []]);
    assert.deepEqual([diff.queues[0]?.waiting, diff.queues[0]?.oldestAtMs], [1, desk.nowMs()]);
    desk.login('anna');
    turn();
    const second = page.last();
    assert.equal(second.version, 2);
    assert.deepEqual([second.agents[0]?.doing, second.agents[0]?.call?.name, second.queues[0]?.agents.ringing], ['ringing', 'Eve', 1]);
  });

  it('B23: while only time passes nothing is told, and without viewers nothing runs', () => {
    const { desk, watch, turn, timers, board } = open();
    desk.call('support');
    const page = watch({ queue: queueId('support'), agent: agentId('anna') });
    desk.advance(60_000);
    for (let i = 0; i < 50; i++) turn();
    assert.deepEqual(page.events(), ['snapshot', 'queue', 'agent']);
    page.end();
    page.end();
    assert.deepEqual([timers.waiting, board.viewers()], [0, 0]);
    desk.call('support');
    assert.equal(watch().last().queues[0]?.waiting, 2);
  });

  it('B23: who asks for the snapshot again and again pays for what changed; ten seconds after the last one nothing runs', () => {
    const names = Array.from({ length: 200 }, (_, i) => `a${String(i)}`);
    const config = deskConfig({
      queues: { support: {} },
      agents: Object.fromEntries(names.map((name) => [name, { contact: `PJSIP/${name}` }])),
      tiers: names.map((name) => `support ${name}`),
    });
    let rows = 0;
    const today: Today = { ...noToday, agent: (id) => (rows++, noToday.agent(id)) };
    const { desk, board, timers } = open(createDesk(config), today);
    desk.advance(0); // tells what is provisioned
    const poll = () => {
      rows = 0;
      const { agents } = JSON.parse(board.snapshot(undefined)) as BoardSnapshot;
      return { rows, there: agents.filter(({ doing }) => doing !== 'logged-out').map(({ id }) => id) };
    };
    assert.deepEqual(poll(), { rows: 200, there: [] });
    desk.login('a7');
    const second = poll();
    assert.deepEqual(second.there, ['a7']);
    assert.ok(second.rows <= 11, `${String(second.rows)} rows`);
    for (let ms = 0; ms < liveBoardDefaults.keptMs - everyMs; ms += everyMs) {
      desk.advance(everyMs);
      timers.advance(everyMs);
    }
    assert.equal(timers.waiting, 1);
    desk.login('a8');
    const third = poll();
    assert.deepEqual(third.there, ['a7', 'a8']);
    assert.ok(third.rows <= 11, `${String(third.rows)} rows`);
    for (let ms = 0; ms < liveBoardDefaults.keptMs; ms += everyMs) {
      desk.advance(everyMs);
      timers.advance(everyMs);
    }
    assert.equal(timers.waiting, 0);
    desk.login('a9');
    assert.deepEqual(poll(), { rows: 200, there: ['a7', 'a8', 'a9'] }, 'everything is looked at anew');
  });

  it('B23: a snapshot beside somebody who watches takes none of his changes; he may come and go while it is kept', () => {
    const { desk, board, timers, watch, turn } = open();
    board.snapshot(undefined);
    const page = watch();
    desk.login('anna');
    board.snapshot(undefined);
    turn();
    assert.deepEqual([page.events(), idsOf(page.last().agents)], [['snapshot', 'diff'], ['anna']]);
    page.end();
    assert.equal(timers.waiting, 1);
    desk.advance(liveBoardDefaults.keptMs);
    turn();
    assert.equal(timers.waiting, 0);
  });

  it('B23: the queues are lost and come back between two snapshots', () => {
    const { desk, board } = open();
    board.snapshot(undefined);
    desk.isOwner = false;
    assert.throws(() => board.snapshot(undefined), { code: 'TDM_STANDBY' });
    desk.isOwner = true;
    desk.login('anna');
    const now = JSON.parse(board.snapshot(undefined)) as BoardSnapshot;
    assert.equal(now.agents.find(({ id }) => id === 'anna')?.doing, 'free');
  });

  it('B23: a change is worked out and written once, however many watch', () => {
    const { desk, watch, turn, frames } = open();
    const pages = Array.from({ length: 20 }, () => watch());
    const before = frames();
    desk.call('support');
    turn();
    assert.equal(frames() - before, 1);
    assert.equal(new Set(pages.map(({ told }) => told.at(-1))).size, 1);
  });

  it('B23: counts by difference are those of a count of everything, after any events', () => {
    const { desk, watch, turn } = open();
    const page = watch();
    const queues = new Map<string, QueueRow>();
    const look = () => {
      turn();
      for (const { json } of page.told.splice(0)) for (const row of (JSON.parse(json) as BoardSnapshot).queues) queues.set(row.id, row);
      for (const config of desk.state.queueConfigs.values()) {
        const [real, row] = [queueView(desk.state, config, desk.nowMs()), queues.get(config.id)];
        assert.ok(row);
        const { free, ringing, talking } = row.agents;
        assert.deepEqual(
          [row.waiting, row.ringing, row.talking, free, ringing, talking, row.agents['wrap-up'], row.agents['on-break']],
          [
            real.waiting,
            real.ringing,
            real.talking,
            real.agents.free,
            real.agents.ringing,
            real.agents.talking,
            real.agents.wrapUp,
            real.agents.onBreak,
          ],
        );
      }
    };
    look();
    for (const agent of ['anna', 'bert', 'both']) desk.login(agent);
    look();
    const offer = desk.connect(desk.call('support'));
    look();
    desk.call('sales');
    look();
    desk.step({ type: 'call-ended', offer, by: 'caller', cause: '16' });
    look();
    desk.step({ type: 'status-asked', agent: 'both', status: 'On Break', reason: 'lunch' });
    look();
    desk.advance(25_000);
    for (let i = 0; i < 20; i++) look(); // the end of wrap-up has no other news
    desk.step({ type: 'configured', config: deskConfig({ ...site, tiers: ['sales anna', 'sales bert'] }) });
    look();
  });

  it('B39: who may see one queue is told of it, its agents, and of no caller of another', () => {
    const { desk, watch, turn } = open();
    const page = watch({ queues: new Set(['support']) });
    const all = watch();
    assert.deepEqual([idsOf(page.last().queues), idsOf(page.last().agents)], [['support'], ['anna', 'both']]);
    desk.login('both');
    desk.call('sales', { name: 'Secret', number: '0815' });
    turn();
    const diff = page.last();
    assert.deepEqual([idsOf(diff.agents), diff.agents[0]?.doing, diff.agents[0]?.call], [['both'], 'ringing', undefined]);
    assert.ok(!page.told.some(({ json }) => /Secret|0815|sales/.test(json)));
    assert.ok(all.told.some(({ json }) => json.includes('Secret')));
  });

  it('what is taken out of the provisioning goes from the board, what is new comes', () => {
    const { desk, watch, turn } = open();
    const page = watch();
    desk.step({
      type: 'configured',
      config: deskConfig({ queues: { support: {}, fresh: {} }, agents: { anna: {} }, tiers: ['support anna'] }),
    });
    turn();
    const diff = page.last();
    assert.deepEqual([diff.goneQueues, diff.goneAgents, idsOf(diff.queues).includes('fresh')], [['sales'], ['bert', 'both'], true]);
  });

  it('the topic of a queue has its callers in order, and moves with them', () => {
    const { desk, watch, turn } = open();
    const page = watch({ queue: queueId('support') });
    assert.deepEqual(page.events(), ['snapshot', 'queue']);
    const [first, second] = [desk.call('support'), desk.call('support', { baseScoreS: 60 })];
    turn();
    const members = () => page.last().members.map(({ id, position }) => [id, position]);
    assert.deepEqual(members(), [
      [second, 1],
      [first, 2],
    ]);
    desk.step({ type: 'caller-left', member: second, cause: 'hangup' });
    turn();
    assert.deepEqual(members(), [[first, 1]]);
  });

  it('the topic of an agent has his caller, and news of callbacks', () => {
    const { desk, watch, turn } = open();
    const page = watch({ isBoard: false, agent: agentId('anna') });
    assert.deepEqual(page.events(), ['clock', 'agent']);
    desk.login('anna');
    desk.connect(desk.call('support', { name: 'Eve', leadId: 77 }));
    turn();
    const topic = page.last();
    assert.deepEqual([topic.agent.doing, topic.caller?.name, topic.caller?.leadId, topic.contact], ['talking', 'Eve', 77, 'PJSIP/1']);
    desk.step({ type: 'callback-asked', member: desk.call('sales'), number: '555' });
    turn();
    assert.equal(page.last().callbackNews, topic.callbackNews + 1);
    assert.ok(
      page
        .events()
        .slice(1)
        .every((event) => event === 'agent'),
    );
  });

  it('standby is told once; when the queues come back everything is told anew', () => {
    const { desk, watch, turn, board } = open();
    const page = watch();
    desk.isOwner = false;
    turn();
    turn();
    assert.throws(() => board.snapshot(undefined), { code: 'TDM_STANDBY' });
    assert.deepEqual(watch().events(), ['standby']);
    desk.isOwner = true;
    turn();
    assert.deepEqual(page.events(), ['snapshot', 'standby', 'snapshot']);
    desk.call('support');
    turn();
    assert.equal(page.last().version, 1);
  });

  it('viewers are bounded; a refused one costs nothing', () => {
    const { watch, board } = open(undefined, undefined, { ...liveBoardDefaults, viewersMax: 2 });
    const first = watch();
    watch();
    assert.throws(() => watch(), { code: 'TDM_BUSY' });
    first.end();
    watch();
    assert.equal(board.viewers(), 2);
  });

  it('B23: many viewers are told some at a time, each in order, and nobody who has gone', () => {
    const timers = createHandTimers();
    const sends = new PacedSends((ms, run) => timers.after(ms, run));
    const told: number[] = [];
    for (let i = 0; i < 2 * sendsPerTurn + 1; i++) sends.add(() => told.push(i));
    assert.deepEqual([told.length, timers.waiting], [0, 1]);
    timers.advance(0);
    assert.deepEqual(
      told,
      Array.from({ length: 2 * sendsPerTurn + 1 }, (_, i) => i),
    );
    sends.add(() => told.push(-1));
    sends.drain();
    assert.deepEqual([told.at(-1), timers.waiting], [-1, 0]);

    const { desk, watch, turn } = open();
    const [one, other] = [watch(), watch()];
    desk.call('support');
    one.end();
    turn();
    assert.deepEqual([one.events(), other.events()], [['snapshot'], ['snapshot', 'diff']]);
  });

  it('figures of the day that come after the news are told within a round', () => {
    let answered = 0;
    const day = noToday.queue('');
    const today: Today = { ...noToday, queue: () => ({ ...day, answered }) };
    const { watch, turn } = open(undefined, today);
    const page = watch();
    answered = 5;
    for (let i = 0; i < 20; i++) turn();
    const rows = page.told.flatMap(({ json }) => (JSON.parse(json) as BoardSnapshot).queues);
    assert.ok(rows.some((row) => row.id === 'sales' && row.today.answered === 5));
  });

  it('an agent row stays as it is while he talks', () => {
    const desk = createDesk(deskConfig(site));
    const startMs = desk.nowMs();
    const today: Today = {
      ...noToday,
      agent: (id) => ({ ...noToday.agent(id), talkMs: id === 'anna' ? 90_000 + desk.nowMs() - startMs : 0 }),
    };
    const { watch, turn } = open(desk, today);
    desk.login('anna');
    desk.connect(desk.call('support'));
    const page = watch();
    const before: AgentRow | undefined = page.last().agents[0];
    assert.equal(before?.today.talkMs, 90_000);
    for (let i = 0; i < 25; i++) {
      desk.advance(997);
      turn();
    }
    assert.deepEqual(page.told.slice(1), []);
  });
});
