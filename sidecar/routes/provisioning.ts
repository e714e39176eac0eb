/**
 * `/api/v1/provisioning`: single queues, agents, tiers, skills, callers, pause reasons and settings. Bodies are what would stand in a
 * provisioning file, with its names (docs/provisioning.md); PUT replaces and may be repeated, DELETE of what is gone changes nothing.
 */
import { Router, type Request } from 'express';
import { z } from 'zod';
import { TandemError } from '../../core/errors.js';
import type { QueueProvisioning, StoredQueues } from '../queue-provisioning.js';
import { bodyOf, checked, parameter, type QueueApiTools } from './request.js';

export interface ProvisioningTools extends QueueApiTools {
  readonly provisioning: QueueProvisioning;
}

const anything = z.record(z.string(), z.unknown());
export const skillLevelBody = z.strictObject({ level: z.int().min(1).max(10).default(1) });
const key = z.string().min(1).max(150);

type Wanted = (req: Request, stored: StoredQueues) => object;

export function createProvisioningRoutes(tools: ProvisioningTools): Router {
  const router = Router();
  const name = (req: Request, of: string): string => checked(key, parameter(req, of));

  function changing(method: 'put' | 'delete', path: string, wanted: Wanted): void {
    router[method](`/provisioning/${path}`, async (req, res) => {
      const { user } = await tools.permit(req, 'admin');
      const { lines, warnings } = await tools.provisioning.change(user, (stored) => wanted(req, stored));
      res.json({ changes: lines, warnings });
    });
  }

  for (const [section, of] of [
    ['queues', 'queue'],
    ['agents', 'agent'],
  ] as const) {
    router.get(`/provisioning/${section}/:${of}`, async (req, res) => {
      await tools.permit(req, 'admin');
      const found = await tools.provisioning[of](name(req, of));
      if (!found) throw new TandemError('TDM_NOT_FOUND', [of === 'queue' ? 'Queue' : 'Agent', name(req, of).slice(0, 100)]);
      res.json(found);
    });
    changing('put', `${section}/:${of}`, (req) => ({ [section]: [{ ...bodyOf(req, anything), id: name(req, of) }] }));
    changing('delete', `${section}/:${of}`, (req) => ({ remove: { [section]: [name(req, of)] } }));
  }

  const pair = (req: Request) => ({ queue: name(req, 'queue'), agent: name(req, 'agent') });
  changing('put', 'tiers/:queue/:agent', (req) => ({ tiers: [{ ...bodyOf(req, anything), ...pair(req) }] }));
  changing('delete', 'tiers/:queue/:agent', (req) => ({ remove: { tiers: [pair(req)] } }));

  changing('put', 'agents/:agent/skills/:skill', (req, stored) =>
    withSkills(stored, name(req, 'agent'), (skills) => ({
      ...skills,
      [name(req, 'skill').toLowerCase()]: bodyOf(req, skillLevelBody).level,
    })),
  );
  changing('delete', 'agents/:agent/skills/:skill', (req, stored) =>
    withSkills(stored, name(req, 'agent'), (skills) =>
      Object.fromEntries(Object.entries(skills).filter(([skill]) => skill !== name(req, 'skill').toLowerCase())),
    ),
  );

  changing('put', 'callers/:number', (req) => ({ callers: [{ ...bodyOf(req, anything), number: name(req, 'number') }] }));
  changing('delete', 'callers/:number', (req) => ({ remove: { callers: [name(req, 'number')] } }));

  changing('put', 'pause-reasons/:code', (req) => ({ pause_reasons: [{ ...bodyOf(req, anything), code: name(req, 'code') }] }));
  changing('delete', 'pause-reasons/:code', (req) => ({ remove: { pause_reasons: [name(req, 'code')] } }));

  changing('put', 'settings', (req) => ({ queue_settings: bodyOf(req, anything) }));
  changing('delete', 'settings/:setting', (req) => ({ remove: { queue_settings: [name(req, 'setting')] } }));
  return router;
}

type Skills = Readonly<Record<string, number>>;

function withSkills(stored: StoredQueues, id: string, change: (skills: Skills) => Skills): object {
  const agent = stored.agent(id);
  if (!agent) throw new TandemError('TDM_NOT_FOUND', ['Agent', id.slice(0, 100)]);
  return { agents: [{ ...agent, skills: change((agent['skills'] ?? {}) as Skills) }] };
}
