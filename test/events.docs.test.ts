/** docs/events.md says what is: types, fields, parameters, schedule, limits; and its examples work. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { agentId } from '../core/acd/ids.js';
import { memberFacts, offerFacts } from '../core/acd/facts.js';
import type { FeedEvent } from '../core/feed-ports.js';
import { feedFields, type FeedType } from '../core/feed-types.js';
import { webhookDefaults } from '../core/services/webhook-schedule.js';
import { deadLettersMax } from '../core/webhook-ports.js';
import { eventListMax, eventListQuery, eventStreamQuery } from '../sidecar/routes/events.js';
import { webhookBody } from '../sidecar/routes/webhooks.js';
import { sampleMember, sampleOffer } from './support/acd-rows.js';
import { AcdDrive } from './support/acd-drive.js';
import { startFeedServer } from './support/feed-server.js';

const page = readFileSync(new URL('../docs/events.md', import.meta.url), 'utf8');
const codes = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
const section = (title: string): string => page.split(`## ${title}`)[1]?.split('\n## ')[0] ?? '';

describe('docs/events.md', () => {
  it('lists every type with its fields', () => {
    const rows = section('Types').matchAll(/^\| `([^`]+)` \| ([^|]*) \| (\S[^|]*) \|$/gm);
    assert.deepEqual(Object.fromEntries([...rows].map(([, type = '', fields = '']) => [type, codes(fields)])), feedFields);
  });

  it('lists what `caller` and `facts` have', () => {
    const text = section('Types');
    for (const key of [...Object.keys(memberFacts(sampleMember('m1'))), ...Object.keys(offerFacts(sampleOffer('o1')))])
      assert.ok(text.includes(`\`${key}\``), key);
  });

  it('lists every parameter and field of the routes', () => {
    for (const key of Object.keys(eventStreamQuery.shape)) assert.ok(section('Streams').includes(`| \`${key}\` |`), key);
    for (const key of Object.keys(eventListQuery.shape)) assert.ok(section('Lists').includes(`\`${key}\``), key);
    for (const key of Object.keys(webhookBody.shape)) assert.ok(section('Webhooks').includes(`"${key}"`), key);
  });

  it('the figures are those of the code', () => {
    const seconds = { s: 1, min: 60, h: 3_600 };
    const [, schedule = ''] = /tried again after ([^.]*?),? a fifth/s.exec(section('Webhooks')) ?? [];
    const told = [...schedule.matchAll(/(\d+)\s+(s|min|h)\b/g)].map(
      ([, n, unit]) => Number(n) * seconds[unit as keyof typeof seconds] * 1_000,
    );
    assert.deepEqual(told, webhookDefaults.retryMs);
    assert.equal(webhookDefaults.failingPauseMs, 600_000);
    for (const figure of [deadLettersMax, eventListMax]) assert.ok(page.includes(figure.toLocaleString('en')), String(figure));
  });

  it('its example is an event as it is sent', async () => {
    const [, example = ''] = /```json\n(.*?)\n```/s.exec(page) ?? [];
    const { seq, type, atMs, data } = JSON.parse(example) as { seq: number; type: FeedType; atMs: number; data: object };
    assert.deepEqual(Object.keys(data), feedFields[type]);
    const server = await startFeedServer();
    try {
      await server.save({ seq, atMs, notice: { type, ...data } as FeedEvent['notice'] });
      const answer = await fetch(`${server.base}/events/list?after=${String(seq - 1)}`, {
        headers: { authorization: `Basic ${Buffer.from('viewer:viewer-pass').toString('base64')}` },
      });
      assert.ok((await answer.text()).includes(example));
      const [, query = ''] = /\/api\/v1(\/events\?[^']+)'/.exec(page) ?? [];
      const stream = await server.stream(query);
      assert.equal(stream.response.statusCode, 200);
    } finally {
      await server.close();
    }
  });

  it('what the engine says has no field that is not listed', () => {
    const drive = new AcdDrive({ queues: { support: {} }, desks: [{ id: 'anna', queues: ['support'] }] });
    const { effects } = drive.engine.step(
      { type: 'status-asked', agent: agentId('anna'), status: 'On Break', reason: undefined },
      drive.nowMs,
    );
    const notices = effects.flatMap((effect) => (effect.type === 'notice' ? [effect.notice] : []));
    assert.ok(notices.length > 0);
    for (const { type, ...data } of notices)
      assert.deepEqual(
        Object.keys(data).filter((key) => !(feedFields[type] as readonly string[]).includes(key)),
        [],
      );
  });
});
