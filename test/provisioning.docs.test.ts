/** docs/provisioning.md shows every key of the queue sections, with values that are taken and defaults that are true. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { agentConfigOf, queueConfigOf, settingsOf } from '../core/acd/config-of.js';
import { acdSettingsDefaults, queueDefaults } from '../core/acd/config.js';
import { queueId } from '../core/acd/ids.js';
import {
  agentSchema,
  callerSchema,
  pauseReasonSchema,
  queueDefinition,
  queueSchema,
  queueSettingsSchema,
  tierSchema,
} from '../core/acd/schema.js';
import { parseProvisioning } from '../core/provisioning/schema.js';
import { parseYaml } from '../sidecar/yaml-file.js';

const page = readFileSync(new URL('../docs/provisioning.md', import.meta.url), 'utf8');
const block = /## Queues[\s\S]*?```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

describe('docs/provisioning.md', () => {
  const file = parseYaml(block, 'provisioning.md').value as Record<string, Record<string, unknown>[]> & {
    queue_settings: Record<string, unknown>;
  };
  const entry = (section: string): Record<string, unknown> => file[section]?.[0] ?? {};

  it('the example of the queue sections can be applied', () => {
    const result = parseProvisioning(file);
    assert.deepEqual(result.ok ? [] : result.problems, []);
  });

  for (const [section, schema, given] of [
    ['queues', queueSchema, entry('queues')],
    ['agents', agentSchema, entry('agents')],
    ['tiers', tierSchema, entry('tiers')],
    ['pause_reasons', pauseReasonSchema, entry('pause_reasons')],
    ['queue_settings', queueSettingsSchema, file.queue_settings],
  ] as const)
    it(`shows every key of ${section}`, () => {
      assert.deepEqual(Object.keys(given).sort(), Object.keys((schema as z.ZodObject).shape).sort());
    });

  it('shows every key of callers', () => {
    const shown = new Set((file['callers'] ?? []).flatMap((caller) => Object.keys(caller)));
    assert.deepEqual([...shown].sort(), Object.keys(callerSchema.shape).sort());
  });

  for (const part of ['announce', 'dissuading', 'callback', 'sticky'] as const)
    it(`shows every key of ${part}, with its default`, () => {
      const shape = (queueSchema.shape[part].unwrap() as z.ZodObject).shape;
      const written = entry('queues')[part] as Record<string, unknown>;
      assert.deepEqual(Object.keys(written).sort(), Object.keys(shape).sort());
      assert.deepEqual(queueConfigOf('q', queueDefinition.parse({ [part]: written }))[part], queueDefaults(queueId('q'))[part]);
    });

  it('what it shows of a queue are the defaults, examples apart', () => {
    const examples = ['id', 'name', 'skills', 'tiers', 'ring_s', 'ewt_initial_s', 'language', 'overflow', 'hours', 'callback'];
    const written = Object.fromEntries(Object.entries(entry('queues')).filter(([key]) => !examples.includes(key)));
    assert.deepEqual(queueConfigOf('q', queueDefinition.parse(written)), queueDefaults(queueId('q')));
  });

  it('what it shows of the engine are its defaults', () => {
    assert.deepEqual(settingsOf(queueSettingsSchema.parse(file.queue_settings)), acdSettingsDefaults);
    assert.equal(agentConfigOf('a', {}, undefined).notRegistered.delayMs, 5_000);
  });
});
