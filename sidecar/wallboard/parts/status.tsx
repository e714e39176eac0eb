/** The agent's own status: what he chooses, and the way out of wrap-up. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AgentRow, AgentTopic } from '../../../core/board/wire.ts';
import { ask } from '../lib/api.ts';
import { nowMs } from '../lib/board.ts';
import { strings } from '../strings.ts';
import { ActionButton } from './action.tsx';
import { Until } from './basics.tsx';

const words = strings.desk;
const path = (agent: AgentRow, rest: string): string => `/agents/${encodeURIComponent(agent.id)}${rest}`;
const setStatus = (agent: AgentRow, status: string, reason?: string): Promise<unknown> =>
  ask('PUT', path(agent, '/status'), { status, ...(reason ? { reason } : {}) });

export function StatusButtons({ topic }: { readonly topic: AgentTopic }): JSX.Element {
  const { agent, pauseReasons } = topic;
  const [isAsking, setAsking] = useState(false);
  const button = (label: string, status: string, kind: string): JSX.Element => (
    <ActionButton label={label} kind={`big ${kind}`} pressed={agent.status === status} run={() => setStatus(agent, status)} />
  );
  return (
    <section aria-label={words.status} class="status">
      <div class="row">
        {button(words.available, 'Available', 'free')}
        {button(words.demand, 'Available (On Demand)', 'free')}
        {pauseReasons.length === 0 ? (
          button(words.onBreak, 'On Break', 'on-break')
        ) : (
          <button
            type="button"
            class="button big on-break"
            aria-pressed={agent.status === 'On Break'}
            aria-expanded={isAsking}
            onClick={() => setAsking(!isAsking)}
          >
            {words.onBreak}
          </button>
        )}
        {button(words.out, 'Logged Out', 'logged-out')}
        {agent.status === 'Available (On Demand)' && agent.doing === 'not-ready' && (
          <ActionButton label={words.ready} kind="big main" run={() => ask('POST', path(agent, '/ready'), {})} />
        )}
      </div>
      {isAsking && (
        <div class="row reasons" role="group" aria-label={words.breakWhy}>
          {pauseReasons.map(({ code, text }) => (
            <ActionButton
              key={code}
              label={text || code}
              pressed={agent.status === 'On Break' && agent.reason === code}
              run={() => setStatus(agent, 'On Break', code).then(() => setAsking(false))}
            />
          ))}
        </div>
      )}
    </section>
  );
}

export function WrapUp({ agent }: { readonly agent: AgentRow }): JSX.Element {
  const wholeMs = Math.max(1, agent.endsAtMs - agent.sinceMs);
  const leftMs = Math.max(0, agent.endsAtMs - nowMs.value);
  return (
    <section class="card wrap-up" aria-labelledby="wrap-up">
      <h2 id="wrap-up">{words.wrapUp}</h2>
      <p class="huge">{agent.endsAtMs > 0 && <Until atMs={agent.endsAtMs} />}</p>
      <progress max={wholeMs} value={leftMs} aria-label={words.wrapUp} />
      <div class="row">
        <ActionButton label={words.end} kind="main" run={() => ask('POST', path(agent, '/wrap-up/end'), {})} />
        <ActionButton label={words.extend} run={() => ask('POST', path(agent, '/wrap-up/extend'), { seconds: 30 })} />
      </div>
    </section>
  );
}
