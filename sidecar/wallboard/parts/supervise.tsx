/** What supervisors do with agents and callers. */
import type { JSX } from 'preact';
import type { AgentRow, MemberRow } from '../../../core/board/wire.ts';
import { ask, get, mayControl, maySpy, ownAgent } from '../lib/api.ts';
import { queues } from '../lib/board.ts';
import { shortId } from '../lib/format.ts';
import { strings } from '../strings.ts';
import { confirm } from './action.tsx';

const words = strings.actions;
const statuses = ['Available', 'Available (On Demand)', 'On Break', 'Logged Out'];
const agentPath = (id: string): string => `/agents/${encodeURIComponent(id)}`;

interface Reason {
  readonly code: string;
  readonly text: string;
}

export const pauseReasons = (): Promise<readonly Reason[]> =>
  get<{ items: readonly Reason[] }>('/pause-reasons')
    .then(({ items }) => items)
    .catch(() => []);

const reasonText = ({ code, text }: Reason): string => (text === '' || text === code ? code : `${text} (${code})`);

export async function changeStatus(agent: AgentRow): Promise<void> {
  const reasons = await pauseReasons();
  confirm({
    title: words.of(words.status, agent.name),
    fields: (
      <>
        <label>
          {words.status}
          <select name="status" value={agent.status}>
            {statuses.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </label>
        <label>
          {words.reason}
          <ReasonField reasons={reasons} />
        </label>
      </>
    ),
    run: ({ status, reason }) =>
      ask('PUT', `${agentPath(agent.id)}/status`, { status, ...(status === 'On Break' && reason ? { reason } : {}) }),
  });
}

const ReasonField = ({ reasons }: { readonly reasons: readonly Reason[] }): JSX.Element =>
  reasons.length === 0 ? (
    <input name="reason" maxLength={100} />
  ) : (
    <select name="reason">
      <option value="">{words.noReason}</option>
      {reasons.map((reason) => (
        <option key={reason.code} value={reason.code}>
          {reasonText(reason)}
        </option>
      ))}
    </select>
  );

const OwnPhone = (): JSX.Element => (
  <label>
    {words.asAgent}
    <input name="self" required maxLength={150} defaultValue={ownAgent() ?? ''} readOnly={ownAgent() !== undefined && !mayControl()} />
  </label>
);

function spy(agent: AgentRow, mode: 'listen' | 'whisper' | 'barge'): void {
  confirm({
    title: words.of(words[mode], agent.name),
    why: words.spyWhy,
    fields: <OwnPhone />,
    run: ({ self }) => ask('POST', `${agentPath(agent.id)}/spy`, { mode, supervisor: self }),
  });
}

/** Buttons for one agent; none without the right. */
export function AgentActions({ agent }: { readonly agent: AgentRow }): JSX.Element | null {
  if (!mayControl() && !maySpy()) return null;
  const button = (label: string, run: () => void): JSX.Element => (
    <button type="button" class="button" aria-label={words.of(label, agent.name)} onClick={run}>
      {label}
    </button>
  );
  const isTalking = agent.call?.isTalking === true;
  return (
    <div class="row" role="group" aria-label={words.of(strings.agent.actions, agent.name)}>
      {mayControl() && button(words.status, () => void changeStatus(agent))}
      {mayControl() && agent.doing === 'wrap-up' && button(words.endWrapUp, () => endWrapUp(agent))}
      {mayControl() && button(words.release, () => release(agent))}
      {maySpy() && isTalking && (['listen', 'whisper', 'barge'] as const).map((mode) => button(words[mode], () => spy(agent, mode)))}
    </div>
  );
}

const endWrapUp = (agent: AgentRow): void =>
  confirm({ title: words.of(words.endWrapUp, agent.name), run: () => ask('POST', `${agentPath(agent.id)}/wrap-up/end`, {}) });

const release = (agent: AgentRow): void =>
  confirm({
    title: words.of(words.release, agent.name),
    why: words.releaseWhy,
    isGrave: true,
    run: () => ask('POST', `${agentPath(agent.id)}/release`, {}),
  });

const callerName = ({ name, number }: MemberRow): string => name || number;

/** Buttons for one waiting caller. */
export function MemberActions({ member }: { readonly member: MemberRow }): JSX.Element | null {
  if (!mayControl()) return null;
  const who = callerName(member);
  return (
    <>
      <button type="button" class="button small" aria-label={words.of(words.move, who)} onClick={() => move(member)}>
        {words.move}
      </button>
      <button type="button" class="button small" aria-label={words.of(words.pickUp, who)} onClick={() => pickUp(member)}>
        {words.pickUp}
      </button>
    </>
  );
}

function move(member: MemberRow): void {
  const targets = queues.all().filter(({ id }) => id !== member.queue);
  confirm({
    title: words.of(words.move, callerName(member)),
    fields:
      targets.length === 0 ? (
        <p>{words.noTargets}</p>
      ) : (
        <label>
          {words.moveTo}
          <select name="queue" required>
            {targets.map(({ id, name }) => (
              <option key={id} value={id}>
                {name === id ? shortId(id) : name}
              </option>
            ))}
          </select>
        </label>
      ),
    run: ({ queue }) => ask('POST', `/members/${encodeURIComponent(member.id)}/move`, { queue }),
  });
}

function pickUp(member: MemberRow): void {
  confirm({
    title: words.of(words.pickUp, callerName(member)),
    why: words.pickUpWhy,
    fields: <OwnPhone />,
    run: ({ self }) => ask('POST', `/members/${encodeURIComponent(member.id)}/pick-up`, { agent: self }),
  });
}
