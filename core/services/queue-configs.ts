/**
 * Keeps the running engine's configuration at what is provisioned: at once when this process changed it, and within
 * `pollMs` when another one did. The engine works out the differences; nobody is logged out and no caller is
 * disturbed by it (B21). What cannot be read leaves the old configuration in force.
 */
import type { AcdConfigs, QueueEngine } from '../acd-ports.js';
import { hasCode, TandemError } from '../errors.js';
import type { Log } from '../ports.js';
import type { After } from './deadline.js';

export interface QueueConfigsDeps {
  readonly configs: AcdConfigs & { revision(): Promise<number> };
  readonly engine: Pick<QueueEngine, 'ask' | 'isOwner'>;
  readonly after: After;
  readonly log: Log;
}

export const queueConfigsDefaults = { pollMs: 2_000 };

export interface QueueConfigsReload {
  /** Read what is provisioned and give it to the engine. A process that does not own the queues has nothing to do. */
  reload(): Promise<void>;
  stop(): void;
}

export function createQueueConfigs(
  deps: QueueConfigsDeps,
  options: { readonly pollMs: number } = queueConfigsDefaults,
): QueueConfigsReload {
  const { configs, engine, log } = deps;
  /** revision that the engine has; undefined: not known, e.g. while another process owns the queues */
  let known: number | undefined;
  let isStopped = false;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: an older configuration must not arrive after a newer one. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = turn.then(work, work);
    turn = done.catch(() => undefined);
    return done;
  }

  async function give(): Promise<void> {
    if (!engine.isOwner()) {
      known = undefined;
      return;
    }
    const revision = await configs.revision();
    const config = await configs.load();
    const answer = await engine.ask({ type: 'configured', config });
    if (!answer.ok) throw new TandemError('TDM_REFUSED', [answer.detail]);
    known = revision;
    log.info({ queues: config.queues.length, agents: config.agents.length, tiers: config.tiers.length, revision }, 'queues configured');
  }

  async function look(): Promise<void> {
    if (!engine.isOwner()) {
      known = undefined;
      return;
    }
    if ((await configs.revision()) !== known) await give();
  }

  let cancel = deps.after(options.pollMs, poll);
  function poll(): void {
    void inTurn(look)
      .catch((e: unknown) => {
        // The database is away, or this process just lost the queues: the next look comes.
        if (hasCode(e, 'TDM_STORE_DOWN', 'TDM_STANDBY', 'TDM_STOPPING')) log.debug({ err: e }, 'queues not looked at');
        else log.error({ err: e }, 'queues could not be configured, the old configuration stays');
      })
      .then(() => {
        if (!isStopped) cancel = deps.after(options.pollMs, poll);
      });
  }

  return {
    reload: () => inTurn(give),
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
