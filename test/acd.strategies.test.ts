/*
 * Goal: each strategy offers agents in its written order (freeswitch-callcenter 5): total, deterministic, fair.
 * Method: random sets of agents with random levels, positions and histories (restored through `stored`), and callers
 * who come one after the other. The order that came is compared with the written one, worked out here a second time.
 * A failure names its seed.
 */
import assert from 'node:assert/strict';
import type { Agent } from '../core/acd/state.js';
import type { Strategy } from '../core/acd/words.js';
import { strategies } from '../core/acd/words.js';
import { AcdDrive, driveStartMs, numbersFrom } from './support/acd-drive.js';
import type { Desk } from './support/acd-drive.js';

const seeds = Array.from({ length: 40 }, (_, n) => n + 1);

/** Desks of the worked example: history in seconds before the start. */
const example: readonly Desk[] = [
  desk('a', 1, 1, { lastBridgeEndMs: 300, talkMs: 20, callsAnswered: 2, lastOfferedMs: 30 }),
  desk('b', 1, 2, { lastBridgeEndMs: 100, talkMs: 30, callsAnswered: 1, lastOfferedMs: 20 }),
  desk('c', 1, 3, { lastBridgeEndMs: 200, talkMs: 10, callsAnswered: 3, lastOfferedMs: 10 }),
  desk('d', 2, 1, { lastBridgeEndMs: 50, talkMs: 5, callsAnswered: 0, lastOfferedMs: 5 }),
];

type History = Pick<Agent, 'lastBridgeEndMs' | 'talkMs' | 'callsAnswered' | 'lastOfferedMs'>;

/** Histories are in seconds since an hour before the start. */
function desk(id: string, level: number, position: number, history: History): Desk {
  const at = (seconds: number): number => driveStartMs - 3_600_000 + seconds * 1_000;
  const { lastBridgeEndMs, talkMs, callsAnswered, lastOfferedMs } = history;
  const stored = { lastBridgeEndMs: at(lastBridgeEndMs), talkMs: talkMs * 1_000, callsAnswered, lastOfferedMs: at(lastOfferedMs) };
  return { id, level, position, stored };
}

function randomDesks(seed: number): readonly Desk[] {
  const below = numbersFrom(seed * 7_919);
  return Array.from({ length: 2 + below(8) }, (_, n) =>
    desk(`agent${n}`, 1 + below(3), 1 + below(4), {
      // few values, so that ties are frequent
      lastBridgeEndMs: below(4) * 100,
      talkMs: below(4) * 10,
      callsAnswered: below(4),
      lastOfferedMs: below(4) * 100,
    }),
  );
}

const open = (strategy: Strategy, desks: readonly Desk[], seed = 1): AcdDrive =>
  new AcdDrive({ queues: { support: { strategy } }, desks, seed, storedQueues: { support: { lastTier: { level: 1, position: 1 } } } });

/** Agents in the order in which callers who come one after the other and are kept talking reach them. */
function usedUp(strategy: Strategy, desks: readonly Desk[], seed = 1): readonly string[] {
  const drive = open(strategy, desks, seed);
  for (const [n] of desks.entries()) {
    drive.join(`k${n}`, 'support');
    drive.talk(drive.last());
    drive.pass(1_000);
  }
  assert.equal(drive.offers.length, desks.length, 'each caller reached one agent');
  return drive.offers.map(({ agent }) => agent);
}

/** The written order, as numbers to compare one after the other; the agent's id comes last. */
const keys: Partial<Record<Strategy, (desk: Desk) => readonly number[]>> = {
  'longest-idle-agent': (d) => [levelOf(d), historyOf(d).lastBridgeEndMs, positionOf(d)],
  'agent-with-least-talk-time': (d) => [levelOf(d), historyOf(d).talkMs, positionOf(d)],
  'agent-with-fewest-calls': (d) => [levelOf(d), historyOf(d).callsAnswered, positionOf(d)],
  'sequentially-by-agent-order': (d) => [levelOf(d), positionOf(d), historyOf(d).lastOfferedMs],
  'top-down': (d) => [levelOf(d), positionOf(d), historyOf(d).lastOfferedMs],
  'ring-progressively': (d) => [levelOf(d), positionOf(d)],
};

const levelOf = ({ level = 1 }: Desk): number => level;
const positionOf = ({ position = 1 }: Desk): number => position;
const historyOf = ({ stored }: Desk): History => stored as History;

function written(key: (desk: Desk) => readonly number[], desks: readonly Desk[]): readonly string[] {
  return [...desks]
    .sort((a, b) => {
      const [left, right] = [key(a), key(b)];
      for (const [n, value] of left.entries()) if (value !== right[n]) return value - (right[n] ?? 0);
      return a.id < b.id ? -1 : 1;
    })
    .map(({ id }) => id);
}

function shuffled<T>(rows: readonly T[], seed: number): readonly T[] {
  const below = numbersFrom(seed);
  const left = [...rows];
  return rows.map(() => left.splice(below(left.length), 1)[0] as T);
}

describe('acd strategies', () => {
  for (const strategy of Object.keys(keys) as Strategy[]) {
    // agents of ring-progressively are tied by position alone, and their last offer does not matter
    it(`B16: ${strategy} follows its written order for every set of agents`, () => {
      for (const seed of seeds) {
        const desks = randomDesks(seed);
        const key = keys[strategy] ?? assert.fail();
        if (strategy === 'ring-progressively' && hasTies(desks, key)) continue;
        assert.deepEqual(usedUp(strategy, desks), written(key, desks), `seed ${seed}`);
      }
    });
  }

  for (const strategy of strategies.filter((name) => name !== 'ring-all')) {
    it(`B16: ${strategy} gives the same order however the agents are listed, and each agent once`, () => {
      for (const seed of seeds) {
        const desks = randomDesks(seed);
        const order = usedUp(strategy, desks, seed);
        assert.deepEqual([...order].sort(), desks.map(({ id }) => id).sort(), `seed ${seed}`);
        assert.deepEqual(usedUp(strategy, desks, seed), order, `seed ${seed}: told again`);
        // random draws by place in the list of free agents, which is in order of level, position and so on
        assert.deepEqual(usedUp(strategy, shuffled(desks, seed), seed), order, `seed ${seed}: listed otherwise`);
      }
    });

    it(`B16: ${strategy} uses a lower level up before a higher one`, () => {
      for (const seed of seeds) {
        const desks = randomDesks(seed);
        const levels = usedUp(strategy, desks, seed).map((id) => desks.find((row) => row.id === id)?.level ?? 0);
        assert.deepEqual(levels, [...levels].sort((a, b) => a - b), `seed ${seed}`); // prettier-ignore
      }
    });
  }

  it('F45: ring-all rings every free agent of every level at once, each once', () => {
    for (const seed of seeds) {
      const desks = randomDesks(seed);
      const drive = open('ring-all', desks);
      drive.join('bob', 'support');
      assert.deepEqual(drive.offers.map(({ agent }) => agent).sort(), desks.map(({ id }) => id).sort(), `seed ${seed}`);
      assert.ok(drive.offers.every(({ atMs }) => atMs === driveStartMs));
    }
  });

  const sixCalls: Partial<Record<Strategy, string>> = {
    'longest-idle-agent': 'b c a b c a',
    'round-robin': 'b c a b c a',
    'top-down': 'a a a a a a',
    'agent-with-least-talk-time': 'c c c c c c',
    'agent-with-fewest-calls': 'b a b a b c',
    'sequentially-by-agent-order': 'a a a a a a',
    'ring-progressively': 'a a a a a a',
  };
  for (const [strategy, expected] of Object.entries(sixCalls)) {
    it(`F44-F52: worked example, ${strategy}: ${expected}`, () => {
      const drive = open(strategy as Strategy, example);
      for (let n = 0; n < 6; n++) {
        drive.join(`k${n}`, 'support');
        drive.talk(drive.last());
        drive.pass(500);
        drive.end(drive.last());
        drive.pass(1_000);
      }
      assert.equal(drive.offers.map(({ agent }) => agent).join(' '), expected);
    });
  }

  it('F51: random repeats with its seed, differs with another, and reaches every agent of the level', () => {
    const calls = 60;
    const drawn = (seed: number): readonly string[] => {
      const drive = open('random', example, seed);
      for (let n = 0; n < calls; n++) {
        drive.join(`k${n}`, 'support');
        drive.talk(drive.last());
        drive.pass(1_000);
        drive.end(drive.last());
      }
      return drive.offers.map(({ agent }) => agent);
    };
    assert.deepEqual(drawn(5), drawn(5));
    assert.notDeepEqual(drawn(5), drawn(6));
    const counts = ['a', 'b', 'c'].map((id) => drawn(5).filter((agent) => agent === id).length);
    for (const count of counts) assert.ok(count >= calls / 6, `a fair share is ${calls / 3}, got ${counts.join(' ')}`);
    assert.ok(!drawn(5).includes('d'), 'level 2 is not needed');
  });

  it('F46: round-robin offers each agent of the level once in every round, whoever is busy meanwhile', () => {
    const drive = open('round-robin', example.slice(0, 3));
    const rounds: string[][] = [];
    for (let n = 0; n < 12; n++) {
      drive.join(`k${n}`, 'support');
      drive.talk(drive.last());
      drive.pass(100);
      drive.end(drive.last());
      if (n % 3 === 0) rounds.push([]);
      rounds.at(-1)?.push(drive.last().agent);
    }
    for (const round of rounds) assert.deepEqual([...round].sort(), ['a', 'b', 'c']);
  });

  it('F49: with fewest calls nobody is ever two calls ahead of a free colleague', () => {
    const desks = ['a', 'b', 'c', 'd'].map((id, n) => ({ id, position: n + 1 }));
    const drive = open('agent-with-fewest-calls', desks);
    const counts = new Map(desks.map(({ id }) => [id, 0]));
    for (let n = 0; n < 50; n++) {
      drive.join(`k${n}`, 'support');
      const { agent } = drive.last();
      counts.set(agent, (counts.get(agent) ?? 0) + 1);
      drive.talk(drive.last());
      drive.pass(100);
      drive.end(drive.last());
      assert.ok(Math.max(...counts.values()) - Math.min(...counts.values()) <= 1, [...counts].join(' '));
    }
  });

  it('F44: with longest idle nobody waits longer than it takes to go round once', () => {
    const desks = ['a', 'b', 'c', 'd', 'e'].map((id, n) => ({ id, position: n + 1 }));
    const drive = open('longest-idle-agent', desks);
    const lastTurn = new Map<string, number>();
    for (let n = 0; n < 50; n++) {
      drive.join(`k${n}`, 'support');
      const { agent } = drive.last();
      const before = lastTurn.get(agent);
      if (before !== undefined) assert.equal(n - before, desks.length, `${agent} came after ${n - before} calls`);
      lastTurn.set(agent, n);
      drive.talk(drive.last());
      drive.pass(100);
      drive.end(drive.last());
    }
  });

  for (const strategy of strategies.filter((name) => !name.startsWith('ring-'))) {
    it(`15.1-5: ${strategy}: after a failed offer everybody else is tried before the same agent again`, () => {
      const desks = ['a', 'b', 'c', 'd'].map((id, n) => ({ id, position: n + 1 }));
      const drive = open(strategy, desks, 3);
      drive.join('bob', 'support');
      for (let n = 0; n < 11; n++) {
        drive.tell({ type: 'offer-failed', offer: drive.last().id, failure: 'no-answer', detail: '' });
        drive.pass(2_000);
      }
      for (let round = 0; round < 3; round++) {
        const agents = drive.offers.slice(round * 4, round * 4 + 4).map(({ agent }) => agent);
        assert.deepEqual(agents.sort(), ['a', 'b', 'c', 'd'], `round ${round + 1}`);
      }
    });
  }
});

const hasTies = (desks: readonly Desk[], key: (desk: Desk) => readonly number[]): boolean =>
  new Set(desks.map((row) => key(row).join())).size < desks.length;
