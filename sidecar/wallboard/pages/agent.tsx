/** One agent: what he does, the states of the last hours, and what a supervisor can do. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AgentTopic } from '../../../core/board/wire.ts';
import { get } from '../lib/api.ts';
import { agents, agentTopic, hasRows, nowMs, watch } from '../lib/board.ts';
import { clockText, shortId } from '../lib/format.ts';
import { linkTo } from '../lib/route.ts';
import { Empty, Figure, Loading, State, Title } from '../parts/basics.tsx';
import { AgentActions } from '../parts/supervise.tsx';
import { WhyButton } from '../parts/why.tsx';
import { Timeline, type Stay as PastStay } from '../parts/timeline.tsx';
import { strings } from '../strings.ts';
import { Stay } from './agents.tsx';

const words = strings.agent;

export function AgentPage({ id }: { readonly id: string }): JSX.Element {
  useEffect(() => watch({ rows: true, agent: id }), [id]);
  const row = agents.of(agentTopic.value?.agent.id ?? id)?.value;
  if (!hasRows.value) return <Loading />;
  if (!row) return <Empty>{words.gone}</Empty>;
  return (
    <>
      <p>
        <a href={linkTo('agents')}>← {words.back}</a>
      </p>
      <div class="head">
        <Title>{row.name === row.id ? shortId(row.id) : row.name}</Title>
        <div class="row">
          <WhyButton of="agent" id={row.id} name={row.name} />
          <AgentActions agent={row} />
        </div>
      </div>
      <dl class="figures">
        <Figure label={strings.agents.state}>
          <State doing={row.doing} /> <Stay row={row} />
        </Figure>
        <Figure label={strings.agents.call}>{row.call ? `${row.call.name || row.call.number} · ${shortId(row.call.queue)}` : '–'}</Figure>
        <Figure label={strings.agents.today}>{row.today.answered}</Figure>
        <Figure label={words.missed}>{row.today.missed}</Figure>
        <Figure label={strings.agents.talk}>{clockText(row.today.talkMs)}</Figure>
      </dl>
      <div class="columns">
        <History id={row.id} status={row.status} sinceMs={row.sinceMs} doing={row.doing} />
        {agentTopic.value && <Places topic={agentTopic.value} />}
      </div>
    </>
  );
}

const Places = ({ topic }: { readonly topic: AgentTopic }): JSX.Element => (
  <section class="card" aria-labelledby="places">
    <h2 id="places">{words.queues}</h2>
    <p class="muted">
      {words.contact}: {topic.contact || words.noContact}. {words.device} {topic.agent.device}.
    </p>
    <ul class="plain">
      {topic.queues.map(({ id, name, waiting }) => (
        <li key={id}>
          <a href={linkTo('queue', id)}>{name === id ? shortId(id) : name}</a> <span class="muted">{waiting}</span>
        </li>
      ))}
    </ul>
  </section>
);

const hoursShown = 8;

interface HistoryProps {
  readonly id: string;
  readonly status: string;
  readonly sinceMs: number;
  readonly doing: string;
}

/** Read again whenever the state changes: a stay that is over has its record then. */
function History({ id, status, sinceMs, doing }: HistoryProps): JSX.Element {
  const [past, setPast] = useState<readonly PastStay[] | 'missing'>();
  useEffect(() => {
    let isHere = true;
    const fromMs = nowMs.peek() - hoursShown * 3_600_000;
    const later = setTimeout(() => {
      history(id, fromMs).then(
        (stays) => isHere && setPast(stays),
        () => isHere && setPast('missing'),
      );
    }, 300);
    return () => {
      isHere = false;
      clearTimeout(later);
    };
  }, [id, status, doing]);
  return (
    <section class="card grow" aria-labelledby="timeline">
      <h2 id="timeline">{words.timeline}</h2>
      {past === undefined && <Loading />}
      {past === 'missing' && <Empty>{words.timelineMissing}</Empty>}
      {Array.isArray(past) && <Timeline stays={past} now={{ status, sinceMs }} hours={hoursShown} />}
    </section>
  );
}

interface Segment {
  readonly kind: string;
  readonly status?: string;
  readonly reason?: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly connectedAtMs?: number;
  readonly number?: string;
}

/** Stays in a status, and talks on top of them. */
async function history(id: string, fromMs: number): Promise<PastStay[]> {
  const query = (kind: string): string =>
    `/segments?${new URLSearchParams({ agent: id, kind, from: String(Math.floor(fromMs)), limit: '200' }).toString()}`;
  const [stays, offers] = await Promise.all([get<{ items: Segment[] }>(query('status')), get<{ items: Segment[] }>(query('offer'))]);
  return [
    ...stays.items.map((s) => ({ what: s.status ?? '', note: s.reason ?? '', fromMs: s.startedAtMs, untilMs: s.endedAtMs, isTalk: false })),
    ...offers.items
      .filter((s) => (s.connectedAtMs ?? 0) > 0)
      .map((s) => ({ what: strings.doings.talking, note: '', fromMs: s.connectedAtMs ?? 0, untilMs: s.endedAtMs, isTalk: true })),
  ];
}
