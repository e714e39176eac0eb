/** The agent's own page: status, the caller with what is known of him, wrap-up, sending on, callbacks. */
import { signal } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AgentTopic } from '../../../core/board/wire.ts';
import { may, mayControl, ownAgent } from '../lib/api.ts';
import { agentTopic, connection, watch } from '../lib/board.ts';
import { dialer, leaveBoard } from '../lib/dialer.ts';
import { clockText, shortId } from '../lib/format.ts';
import { Empty, Figure, Loading, State, Title } from '../parts/basics.tsx';
import { Callbacks } from '../parts/callbacks.tsx';
import { CallCardPart } from '../parts/call-card.tsx';
import { CallerCard } from '../parts/caller.tsx';
import { DialerWork } from '../parts/dialer-work.tsx';
import { OwnCallbacks } from '../parts/own-callbacks.tsx';
import { StatusButtons, WrapUp } from '../parts/status.tsx';
import { strings } from '../strings.ts';
import { Stay } from './agents.tsx';

const words = strings.desk;
const key = 'tandem-desk-agent';
/** who works here: the agent that the user is, or one that he chose when he may control all */
const chosen = signal(sessionStorage.getItem(key) ?? '');

export function DeskPage(): JSX.Element {
  const agent = ownAgent() ?? (mayControl() ? chosen.value : '');
  if (agent === '')
    return (
      <>
        <Title>{words.title}</Title>
        {mayControl() ? <Choose /> : <Empty>{words.none}</Empty>}
      </>
    );
  return may('tandem_agent', 'tandem_queue_view', 'tandem_queue_control') ? (
    <Desk key={agent} agent={agent} />
  ) : (
    <DialerDesk key={agent} agent={agent} />
  );
}

/** Of a user who may preview and nothing else. */
function DialerDesk({ agent }: { readonly agent: string }): JSX.Element {
  const [said, setSaid] = useState(0);
  useEffect(() => {
    leaveBoard();
    connection.value = 'live';
  }, []);
  return (
    <>
      <Title>
        {words.title} <small class="muted">{shortId(agent)}</small>
      </Title>
      {dialer.value === 'on' && (
        <div class="columns">
          <div class="stack grow">
            <DialerWork agent={agent} news="" isFree={false} said={() => setSaid(said + 1)} />
          </div>
          <OwnCallbacks agent={agent} news={said} />
        </div>
      )}
    </>
  );
}

function Choose(): JSX.Element {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { value } = event.currentTarget.elements.namedItem('agent') as HTMLInputElement;
    sessionStorage.setItem(key, value);
    chosen.value = value;
  };
  return (
    <form class="card row" onSubmit={submit}>
      <label class="inline">
        <span>{words.choose}</span>
        <input name="agent" required maxLength={150} />
      </label>
      <button type="submit" class="button main">
        {strings.login.go}
      </button>
    </form>
  );
}

function Desk({ agent }: { readonly agent: string }): JSX.Element {
  useEffect(() => watch({ rows: false, agent }), [agent]);
  const [said, setSaid] = useState(0);
  const topic = agentTopic.value;
  if (!topic) return <Loading />;
  const { agent: row } = topic;
  return (
    <>
      <div class="head">
        <Title>
          {words.title} <small class="muted">{row.name === row.id ? shortId(row.id) : row.name}</small>
        </Title>
        <p class="now" role="status">
          <State doing={row.doing} /> <Stay row={row} />
        </p>
      </div>
      <StatusButtons topic={topic} />
      {row.doing === 'wrap-up' && <WrapUp agent={row} />}
      <div class="columns">
        <div class="stack grow">
          {dialer.value === 'on' && (
            <DialerWork agent={row.id} news={newsOf(topic)} isFree={row.doing === 'free'} said={() => setSaid(said + 1)} />
          )}
          <CallerCard topic={topic} />
          <CallCardPart agent={row.id} doing={row.doing} />
        </div>
        <Side topic={topic} said={said} />
      </div>
    </>
  );
}

/** When this changes, what the dialer knows of the agent has changed. */
const newsOf = ({ agent, caller }: AgentTopic): string => [agent.doing, caller?.id, agent.call?.isTalking].join(' ');

const Side = ({ topic, said }: { readonly topic: AgentTopic; readonly said: number }): JSX.Element => (
  <div class="stack">
    <section class="card" aria-labelledby="my-day">
      <h2 id="my-day">{words.today}</h2>
      <dl class="figures">
        <Figure label={strings.agents.today}>{topic.agent.today.answered}</Figure>
        <Figure label={strings.agent.missed}>{topic.agent.today.missed}</Figure>
        <Figure label={strings.agents.talk}>{clockText(topic.agent.today.talkMs)}</Figure>
      </dl>
    </section>
    <section class="card" aria-labelledby="my-queues">
      <h2 id="my-queues">{words.queues}</h2>
      <ul class="plain">
        {topic.queues.map(({ id, name, waiting }) => (
          <li key={id}>
            {name === id ? shortId(id) : name} <b class={waiting > 0 ? 'some' : ''}>{waiting}</b>
          </li>
        ))}
      </ul>
    </section>
    <Callbacks news={topic.callbackNews} />
    {dialer.value === 'on' && <OwnCallbacks agent={topic.agent.id} news={said} />}
  </div>
);
