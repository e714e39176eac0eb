/**
 * The application `callcenter_track,<agent>` in the dialplan: this call is one of the agent's outside the queues until it
 * hangs up (freeswitch-callcenter 9.6, F99). Leaves cc_tracked_agent, and TANDEM_RESULT `ok` or `error` with TANDEM_REASON;
 * the dialplan goes on at once.
 */
import type { SwitchId } from '../acd/ids.js';
import type { QueueEngine } from '../acd-ports.js';
import { agentSeen } from '../callcenter/seen.js';
import type { Call, CallApplication } from '../call.js';
import { TandemError } from '../errors.js';
import type { Log } from '../ports.js';
import type { TrackedCalls } from './tracked-calls.js';

export interface TrackApplicationDeps {
  readonly engine: Pick<QueueEngine, 'view'>;
  readonly tracked: Pick<TrackedCalls, 'track'>;
  switchOf(call: Call): Promise<SwitchId>;
  readonly log: Log;
}

/** Never rejects. */
export function createTrackApplication(deps: TrackApplicationDeps): CallApplication {
  return async (call) => {
    const reason = await track(deps, call).then(
      () => undefined,
      (error: unknown) => reasonOf(deps, call, error),
    );
    try {
      await call.setVariable('TANDEM_REASON', reason ?? '');
      await call.setVariable('TANDEM_RESULT', reason === undefined ? 'ok' : 'error');
    } catch (error) {
      deps.log.debug({ call: call.uniqueId, err: error }, 'callcenter_track: the call ended before its result');
    }
  };
}

async function track(deps: TrackApplicationDeps, call: Call): Promise<void> {
  const { engine, tracked, log } = deps;
  const name = call.args[0] ?? call.query.get('agent') ?? '';
  const agent = agentSeen(engine.view(), undefined, name);
  if (!agent) throw new TandemError('TDM_NOT_FOUND', ['Agent', name.replace(/\p{C}/gu, '?').slice(0, 100)]);
  const { uniqueId, channel } = call;
  const on = await deps.switchOf(call);
  if (call.signal.aborted) return; // gone already: nobody would say so again
  tracked.track(agent.id, { switch: on, uniqueId, channel });
  await call.setVariable('cc_tracked_agent', agent.id);
  log.info({ call: uniqueId, agent: agent.id }, 'callcenter_track: a call outside the queues');
}

function reasonOf({ log }: TrackApplicationDeps, { uniqueId: call }: Call, error: unknown): string {
  log.warn({ call, err: error }, 'callcenter_track: not counted');
  return error instanceof TandemError ? error.code : 'TDM_INTERNAL';
}
