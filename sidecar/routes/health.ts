/** `GET /health/live`, `GET /health/ready`, `GET /metrics`: for supervisors and Prometheus (B38). No login; bind them to a safe address. */
import { Router } from 'express';
import type { Health } from '../health.js';
import type { Metrics } from '../metrics.js';

export function createHealthRoutes(deps: { readonly health: Health; readonly metrics: Metrics }): Router {
  const router = Router();
  router.get('/health/live', (_req, res) => void res.json({ live: true }));
  router.get('/health/ready', async (_req, res) => {
    const report = await deps.health.report();
    res.status(report.ready ? 200 : 503).json(report);
  });
  router.get('/metrics', async (_req, res) => {
    res.type(deps.metrics.contentType).send(await deps.metrics.text());
  });
  return router;
}
