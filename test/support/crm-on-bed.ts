/** The CRM connector beside a switch of the test bed, with the bindings file `crm.yaml` of its folder. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Store } from '../../sql/store.js';
import { createAmiLink, type AmiLink } from '../../sidecar/ami.js';
import { openCrm, type CrmSide } from '../../sidecar/crm/side.js';
import { createHealth } from '../../sidecar/health.js';
import { systemTimers } from '../../sidecar/timers.js';
import { silentLog, silentMeter } from './observers.js';
import { ownedQueues } from './owned-queues.js';

/** Started; the link is up. Whoever calls stops the side, then the link. */
export async function openCrmOnBed(
  bed: { readonly dir: string; readonly ports: { readonly ami: number } },
  store: Store,
  account: { readonly user: string; readonly secret: string },
): Promise<{ readonly link: AmiLink; readonly side: CrmSide }> {
  const link = createAmiLink({ name: 'alpha', host: '127.0.0.1', port: bed.ports.ami, ...account }, { log: silentLog, meter: silentMeter });
  const side = openCrm({
    config: { file: join(bed.dir, 'crm.yaml'), host: '127.0.0.1', port: 0 },
    env: {},
    store,
    links: { ami: new Map([['alpha', link]]), esl: new Map() },
    queues: ownedQueues(),
    health: createHealth(),
    timers: systemTimers,
    log: silentLog,
    meter: silentMeter,
  });
  assert.ok(side);
  link.start();
  await link.waitUp(5_000);
  await side.start();
  return { link, side };
}
