/** What alarms and the dashboard go by exists, and says what it should (B38). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createQueueTally } from '../core/reports/queue-figures.js';
import type { Notice } from '../core/acd/notices.js';
import { createMetrics } from '../sidecar/metrics.js';
import { metricsTable } from '../sidecar/metrics-table.js';
import { gaugeQueuesMax, gaugesEveryMs, otherQueues, startQueueGauges } from '../sidecar/queue-gauges.js';
import { createDesk, deskConfig } from './support/engine-desk.js';
import { createHandTimers } from './support/hand-timers.js';

const docs = join(import.meta.dirname, '..', 'docs', 'grafana');

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

const panels = (JSON.parse(readFileSync(join(docs, 'tandem.json'), 'utf8')) as { panels: Panel[] }).panels;
const rules = (parse(readFileSync(join(docs, 'alerts.yml'), 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

/** Metrics of an expression with the labels that are asked of them, without what a histogram adds to its name. */
function metricsIn(expr: string): { readonly name: string; readonly label: string }[] {
  const bare = expr.replace(/"[^"]*"/g, '');
  const grouped = [...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, ?/)).filter((label) => label !== 'le');
  const plain = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
  return [...bare.replace(/\bby \([^)]*\)/g, '').matchAll(/\b((?:tandem|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)].flatMap(
    ([, name = '', selector = '']) => {
      const selected = [...selector.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label);
      return ['', ...grouped, ...selected].map((label) => ({ name: plain(name), label }));
    },
  );
}

describe('metrics of the queues', () => {
  it('B38: every metric of the dashboard and of the alarms exists, with the labels that they use', async () => {
    const text = await createMetrics().text();
    const exprs = [...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), ...rules.map(({ expr }) => expr)];
    assert.ok(exprs.length > 50);
    for (const expr of exprs) {
      const used = metricsIn(expr);
      assert.ok(used.length > 0, expr);
      for (const { name, label } of used) {
        const row = metricsTable.find((one) => one.name === name);
        assert.ok(row ?? text.includes(`# TYPE ${name} `), `${name} in ${expr}`);
        assert.ok(label === '' || row?.labels.includes(label), `label ${label} of ${name} in ${expr}`);
      }
    }
  });

  it('B38: there is an alarm for each thing of needs 1, 2, 10 and 33, with a severity and a sentence', () => {
    for (const { alert, labels, annotations } of rules) {
      assert.match(alert, /^Tandem[A-Z]/);
      assert.ok(['critical', 'warning', 'info'].includes(labels.severity));
      assert.ok(annotations.summary.length > 10);
    }
    const all = rules.map(({ expr }) => expr).join(' ');
    for (const name of [
      'tandem_acd_owner',
      'tandem_acd_queue_oldest_seconds',
      'tandem_acd_longest_ring_seconds',
      'tandem_acd_repairs_total',
      'tandem_acd_reconciles_total',
      'tandem_ami_up',
      'tandem_esl_up',
      'tandem_store_up',
      'tandem_acd_store_away',
      'tandem_acd_save_failures_total',
      'tandem_acd_spool_bytes',
      'tandem_store_ping_seconds',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      assert.ok(all.includes(name), name);
  });
});

describe('alarms of the queues', () => {
  it('B26 B38: the alarm of the service level goes by the goal of each queue', () => {
    const rule = rules.find(({ alert }) => alert === 'TandemServiceLevel') ?? assert.fail();
    assert.equal(rule.expr, 'tandem_acd_queue_service_level < tandem_acd_queue_service_level_goal');
  });
});

describe('gauges of the queues', () => {
  function world(queues: number) {
    const names = Object.fromEntries(Array.from({ length: queues }, (_, n) => [`q${String(n).padStart(4, '0')}`, {}]));
    const desk = createDesk(deskConfig({ queues: names, agents: { anna: { contact: 'PJSIP/a' } }, tiers: ['q0000 anna'] }));
    const values = new Map<string, number>();
    const counted: string[] = [];
    const timers = createHandTimers(desk.nowMs());
    let listener: ((notice: Notice, atMs: number) => void) | undefined;
    const store = { isAway: false };
    const stop = startQueueGauges({
      engine: { ...desk.port, isOwner: () => desk.isOwner, onNotice: (one) => ((listener = one), () => (listener = undefined)) },
      tally: () => ({ ...createQueueTally(), answered: 3, answeredInTime: 2, abandoned: 1 }),
      ping: () => (store.isAway ? Promise.reject(new Error('away')) : Promise.resolve()),
      timers: { ...timers, nowMs: () => desk.nowMs(), after: (ms, run) => timers.after(ms, run) },
      monoMs: () => timers.nowMs(),
      meter: {
        count: (name, labels = {}) => void counted.push(`${name} ${Object.values(labels).join(' ')}`),
        observe: () => undefined,
        set: (name, value, labels = {}) => void values.set(`${name} ${Object.values(labels).join(' ')}`.trim(), value),
      },
    });
    const look = async (): Promise<void> => {
      timers.advance(gaugesEveryMs);
      await new Promise(setImmediate);
    };
    return {
      desk,
      values,
      counted,
      stop,
      store,
      look,
      timers,
      tell: (notice: object) => listener?.(notice as Notice, 0),
      isHeard: () => listener !== undefined,
    };
  }

  it('B38: who waits longest, what rings and talks longest, what agents do, and how the database is', async () => {
    const { desk, values, look, store } = world(2);
    desk.login('anna');
    const first = desk.call('q0000');
    desk.call('q0001');
    desk.advance(7_000);
    await look();
    assert.deepEqual([values.get('tandem_acd_queue_waiting q0000'), values.get('tandem_acd_queue_oldest_seconds q0001')], [1, 7]);
    assert.deepEqual([values.get('tandem_acd_longest_ring_seconds'), values.get('tandem_acd_agents offered')], [7, 1]);
    assert.equal(values.get('tandem_acd_queue_service_level q0000'), 0.5);
    assert.equal(values.get('tandem_acd_queue_service_level_goal q0000'), 0.8);
    desk.connect(first);
    desk.advance(3_000);
    await look();
    assert.deepEqual(
      [
        values.get('tandem_acd_queue_waiting q0000'),
        values.get('tandem_acd_longest_talk_seconds'),
        values.get('tandem_acd_agents talking'),
      ],
      [0, 3, 1],
    );
    assert.equal(values.get('tandem_store_up'), 1);
    store.isAway = true;
    await look();
    assert.equal(values.get('tandem_store_up'), 0);
    desk.isOwner = false;
    await look();
    assert.deepEqual([values.get('tandem_acd_queue_waiting q0001'), values.get('tandem_acd_agents talking')], [0, 0]);
  });

  it('B38: a site of a thousand queues has a bounded number of figures, and no caller is left out of the sums', async () => {
    const { desk, values, look } = world(1_000);
    for (let n = 0; n < 1_000; n++) desk.call(`q${String(n).padStart(4, '0')}`);
    await look();
    const waiting = [...values].filter(([name]) => name.startsWith('tandem_acd_queue_waiting '));
    assert.equal(waiting.length, gaugeQueuesMax + 1);
    assert.equal(
      waiting.reduce((sum, [, value]) => sum + value, 0),
      1_000,
    );
    assert.equal(values.get(`tandem_acd_queue_waiting ${otherQueues}`), 1_000 - gaugeQueuesMax);
  });

  it('B38: repairs and failed offers are counted as they are told, and nothing after the end', async () => {
    const { counted, tell, stop, isHeard, timers } = world(1);
    tell({ type: 'repaired', what: 'member', id: 'm1', reason: 'x' });
    tell({ type: 'offer-failed', failure: 'no-answer' });
    tell({ type: 'agent-limit-reached', failure: 'no-answer' });
    assert.deepEqual(counted, [
      'tandem_acd_repairs_total member',
      'tandem_acd_offer_failures_total no-answer',
      'tandem_acd_agent_limits_total no-answer',
    ]);
    stop();
    assert.deepEqual([isHeard(), timers.waiting], [false, 0]);
    await Promise.resolve();
  });
});
