/**
 * The live board and its actions on a real Asterisk: a real caller is on the board within a second, a supervisor takes him
 * to his own telephone, a talk is sent on to an extension (B23, B34).
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Router } from 'express';
import { agentId, switchId } from '../../core/acd/ids.js';
import { noToday } from '../../core/board/no-today.js';
import type { AgentRow, BoardDiff, QueueTopic } from '../../core/board/wire.js';
import { createLiveBoard } from '../../core/services/live-board.js';
import { createApp, createHttpServer } from '../../sidecar/app.js';
import { boardFrame, createBoardRoutes } from '../../sidecar/routes/board.js';
import { createDeskRoutes } from '../../sidecar/routes/desk.js';
import { systemTimers } from '../../sidecar/timers.js';
import { eventually } from '../support/eventually.js';
import { silentLog, silentMeter } from '../support/observers.js';
import { requireTestbed } from '../testbed/cache.js';
import type { SipCall } from '../testbed/sip-phone.js';
import { hears } from './clusters.js';
import { startQueueBed, type QueueBed } from './queue-bed.js';

const chief = agentId('1013');
const shownMsMax = 1_000;

/** What a page that shows the queue has been told. */
interface Watch {
  topic: QueueTopic | undefined;
  readonly agents: Map<string, AgentRow>;
}

async function startDoor(bed: QueueBed): Promise<{ readonly base: string; close(): Promise<void> }> {
  const nowMs = () => systemTimers.nowMs();
  const after = (ms: number, run: () => void) => systemTimers.after(ms, run);
  const engine = bed.tandem.loop;
  const permit = () => Promise.resolve({ user: 'supervisor', queues: undefined, agent: chief });
  const board = createLiveBoard({ engine, today: noToday, frame: boardFrame, nowMs, after });
  const tools = { engine, permit, log: silentLog, nowMs, board, after };
  const desk = {
    ...tools,
    leads: { find: () => Promise.resolve(undefined) },
    ports: new Map([[switchId('alpha'), bed.tandem.control]]),
    transferContext: 'from-phones',
  };
  const routes = Router().use('/api/v1', createBoardRoutes(tools), createDeskRoutes(desk));
  const server: Server = createHttpServer(createApp({ doors: [], routes: [routes], log: silentLog, meter: silentMeter }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('real: queue, the board and what supervisors do', function () {
  this.timeout(30_000);
  let bed: QueueBed;
  let door: Awaited<ReturnType<typeof startDoor>>;
  let stopReading = new AbortController();

  before(async function () {
    await requireTestbed(this, 'asterisk');
    bed = await startQueueBed('qboard');
    door = await startDoor(bed);
  });
  after(async () => {
    await (door as typeof door | undefined)?.close();
    await (bed as QueueBed | undefined)?.stop();
  });
  afterEach(async () => {
    stopReading.abort();
    await bed.clear();
  });

  /** 1011 serves; 1013 is the supervisor: one unanswered call of the queue would set him On Break. */
  function provision({ isServed }: { readonly isServed: boolean }): void {
    const blame = { delayMs: 5_000, countMax: 1, status: 'On Break' as const };
    bed.provision({
      queues: [{}],
      agents: [{}, { id: chief, contact: 'PJSIP/1013', ringMs: 1_500, noAnswer: blame, rejected: blame, busy: blame }],
    });
    for (const agent of isServed ? [chief] : [chief, agentId('1011')])
      bed.tandem.loop.tell({ type: 'status-asked', agent, status: 'Logged Out', reason: undefined });
  }

  async function watch(): Promise<Watch> {
    stopReading = new AbortController();
    const seen: Watch = { topic: undefined, agents: new Map() };
    const answer = await fetch(`${door.base}/board/stream?queue=support`, { signal: stopReading.signal });
    assert.equal(answer.status, 200);
    void read(answer, seen).catch(() => undefined); // ended by the test
    await eventually(
      () => seen.agents.size,
      (count) => count === 2,
    );
    return seen;
  }

  async function read(answer: globalThis.Response, seen: Watch): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) {
      const messages = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split('\n\n');
      rest = messages.pop() ?? '';
      for (const message of messages) {
        const [, event, json = ''] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
        if (event === 'queue') seen.topic = JSON.parse(json) as QueueTopic;
        if (event === 'snapshot' || event === 'diff')
          for (const row of (JSON.parse(json) as BoardDiff).agents) seen.agents.set(row.id, row);
      }
    }
  }

  async function post(path: string, body: object): Promise<void> {
    const answer = await fetch(door.base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  const doing = (seen: Watch, agent: string, wanted: string) =>
    eventually(
      () => seen.agents.get(agent)?.doing,
      (now) => now === wanted,
      { msMax: shownMsMax },
    );
  const atPhone = async (nn: number): Promise<SipCall> => (await bed.asterisk.phone(nn)).nextCall();

  /** Resolves with the caller's id when he is shown, soon after the engine let him in. */
  async function shown(seen: Watch): Promise<string> {
    const row = await eventually(
      () => seen.topic?.members[0],
      (member) => member !== undefined,
      { msMax: 8_000, everyMs: 5 },
    );
    const tookMs = Date.now() - (row?.sinceMs ?? 0);
    assert.ok(tookMs < shownMsMax, `on the board after ${String(tookMs)} ms`);
    return row?.id ?? assert.fail();
  }

  it('B23 B34: a waiting caller is on the board within a second; the supervisor takes him, and sends him on to an extension', async () => {
    provision({ isServed: false });
    const seen = await watch();
    const [member, call] = await Promise.all([shown(seen), bed.join()]);
    const rings = atPhone(13);
    await post(`/members/${member}/pick-up`, {});
    const atChief = await rings;
    const { agent } = await bed.notice('talk-started');
    assert.equal(agent, chief);
    await Promise.all([hears(atChief), hears(call), doing(seen, chief, 'talking')]);
    assert.deepEqual(seen.topic?.members, []);

    const other = atPhone(12);
    await post(`/members/${member}/transfer`, { extension: '1012' });
    await Promise.all([hears(await other), atChief.ended, doing(seen, chief, 'logged-out')]);
    assert.equal((await bed.notice('talk-ended')).by, 'transfer');
    assert.equal(call.state, 'up');
    const after = bed.tandem.loop.view().agents.get(chief);
    assert.deepEqual([after?.status, after?.phase.kind], ['Logged Out', 'idle']);
  });

  it('B34: the talk of an agent is sent on to an extension of the context; the agent is free after it', async () => {
    provision({ isServed: true });
    const seen = await watch();
    const rings = atPhone(11);
    const call = await bed.join();
    const atAgent = await rings;
    const { member } = await bed.notice('talk-started');
    await hears(atAgent);
    const other = atPhone(12);
    await post(`/members/${member}/transfer`, { extension: '1012' });
    const there = await other;
    await Promise.all([hears(there), atAgent.ended, doing(seen, '1011', 'free')]);
    const { by, agent } = await bed.notice('talk-ended');
    assert.deepEqual([by, agent], ['transfer', '1011']);
    await hears(call);
    there.hangup();
    await call.ended;
  });

  it('B34: a pick-up that is rejected, or rings out: the caller keeps his place, and nothing is held against the supervisor', async () => {
    provision({ isServed: false });
    const seen = await watch();
    const [member, call] = await Promise.all([shown(seen), bed.join()]);
    const phone = await bed.asterisk.phone(13);
    for (const answer of ['reject', 'none', 'reject'] as const) {
      bed.notices.length = 0;
      phone.onCall = (ringing) => {
        ringing.ring();
        if (answer === 'reject') ringing.reject();
      };
      await post(`/members/${member}/pick-up`, { agent: chief });
      await bed.notice('offer-cancelled', (notice) => notice.agent === chief);
      const agent = bed.tandem.loop.view().agents.get(chief);
      assert.deepEqual([agent?.status, agent?.noAnswerCount, agent?.rejectedCount, agent?.busyCount], ['Logged Out', 0, 0, 0], answer);
      await eventually(
        () => bed.tandem.loop.view().agents.get(chief)?.phase.kind,
        (kind) => kind === 'idle',
      );
    }
    assert.deepEqual(
      seen.topic?.members.map(({ id, position }) => [id, position]),
      [[member, 1]],
    );
    assert.equal(call.state, 'up');
    const rings = atPhone(11);
    bed.tandem.loop.tell({ type: 'status-asked', agent: agentId('1011'), status: 'Available', reason: undefined });
    await hears(await rings);
    assert.equal((await bed.notice('talk-started')).member, member);
  });
});
