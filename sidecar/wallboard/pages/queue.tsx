/** One queue: who waits and where they stand, who serves, and the day so far. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { MemberRow, QueueRow, QueueTopic } from '../../../core/board/wire.ts';
import { agents, hasRows, nowMs, queues, queueTopic, watch } from '../lib/board.ts';
import { dayOf, type Quarter } from '../lib/day.ts';
import { shortId } from '../lib/format.ts';
import { present, troubleOf } from '../lib/queues.ts';
import { linkTo } from '../lib/route.ts';
import { Empty, Figure, Loading, Since, State, Title } from '../parts/basics.tsx';
import { DayChart } from '../parts/chart.tsx';
import { MemberActions } from '../parts/supervise.tsx';
import { AgentBar } from '../parts/totals.tsx';
import { WhyButton } from '../parts/why.tsx';
import { strings } from '../strings.ts';
import { Stay } from './agents.tsx';
import { Level, troubleText } from './queues.tsx';

const words = strings.queue;

export function QueuePage({ id }: { readonly id: string }): JSX.Element {
  useEffect(() => watch({ rows: true, queue: id }), [id]);
  const topic = queueTopic.value;
  const row = queues.of(topic?.id ?? id)?.value;
  if (!hasRows.value) return <Loading />;
  if (!row) return <Empty>{words.gone}</Empty>;
  return (
    <>
      <p>
        <a href={linkTo('queues')}>← {words.back}</a>
      </p>
      <Title>{row.name === row.id ? shortId(row.id) : row.name}</Title>
      <Figures row={row} />
      <div class="columns">
        <section class="card grow" aria-labelledby="callers">
          <h2 id="callers">{words.callers}</h2>
          {topic ? <Callers topic={topic} /> : <Loading />}
        </section>
        <Day queue={row.id} calls={row.today.offered} />
      </div>
      <section class="card" aria-labelledby="serving">
        <h2 id="serving">{words.agents}</h2>
        <AgentBar counts={row.agents} label={strings.totals.agentsBy} />
        {topic && <Serving topic={topic} />}
      </section>
    </>
  );
}

function Figures({ row }: { readonly row: QueueRow }): JSX.Element {
  const trouble = troubleOf(row);
  return (
    <dl class="figures">
      <Figure label={strings.queues.waiting} level={row.waiting > 0 ? 'bad' : undefined}>
        {row.waiting}
      </Figure>
      <Figure label={strings.queues.longest}>{row.oldestAtMs > 0 ? <Since atMs={row.oldestAtMs} /> : '–'}</Figure>
      <Figure label={strings.queues.level} level={trouble === 'below-goal' ? 'bad' : undefined}>
        <Level share={row.today.serviceLevel} goal={row.goal} />
      </Figure>
      <Figure label={strings.totals.talking}>{row.talking}</Figure>
      <Figure label={strings.queues.calls}>
        {row.today.answered} / {row.today.abandoned}
      </Figure>
      <Figure label={strings.queues.agents} level={trouble === 'no-agents' ? 'bad' : undefined}>
        {trouble === 'no-agents' ? troubleText[trouble] : present(row.agents)}
      </Figure>
    </dl>
  );
}

function Callers({ topic }: { readonly topic: QueueTopic }): JSX.Element {
  if (topic.members.length === 0) return <Empty>{words.empty}</Empty>;
  return (
    <>
      <table class="table callers">
        <thead>
          <tr>
            {[words.position, words.caller, words.waits, words.state].map((text) => (
              <th scope="col" key={text}>
                {text}
              </th>
            ))}
            <td>
              <span class="hidden">{strings.agent.actions}</span>
            </td>
          </tr>
        </thead>
        <tbody>
          {topic.members.map((member) => (
            <Caller key={member.id} member={member} />
          ))}
        </tbody>
      </table>
      {topic.total > topic.members.length && <p class="muted">{words.more(topic.total - topic.members.length)}</p>}
    </>
  );
}

const Caller = ({ member }: { readonly member: MemberRow }): JSX.Element => (
  <tr data-member={member.id}>
    <td class="number">{member.position}</td>
    <th scope="row">
      {member.name || member.number}
      {member.name && <small class="muted">{member.number}</small>}
    </th>
    <td>
      <Since atMs={member.sinceMs} />
    </td>
    <td>{stateText(member)}</td>
    <td>
      <div class="row tight">
        <WhyButton of="call" id={member.id} name={member.name || member.number} kind="small" />
        <MemberActions member={member} />
      </div>
    </td>
  </tr>
);

function stateText({ rung, presence, phase }: MemberRow): string {
  if (rung.length > 0) return words.rings(rung.map((id) => agents.of(id)?.peek().name ?? shortId(id)).join(', '));
  return words.states[presence === 'here' && phase !== 'waiting' ? phase : presence] ?? presence;
}

function Serving({ topic }: { readonly topic: QueueTopic }): JSX.Element {
  if (topic.agents.length === 0) return <Empty>{words.noAgents}</Empty>;
  return (
    <ul class="plain serving">
      {topic.agents.map(({ id, level, position }) => (
        <ServingLine key={id} id={id} tier={words.tier(level, position)} />
      ))}
    </ul>
  );
}

function ServingLine({ id, tier }: { readonly id: string; readonly tier: string }): JSX.Element | null {
  const row = agents.of(id)?.value;
  if (!row) return null;
  return (
    <li title={tier}>
      <a href={linkTo('agent', id)}>{row.name === id ? shortId(id) : row.name}</a>
      <State doing={row.doing} /> <Stay row={row} />
    </li>
  );
}

/** Read again when calls came to their end, at most every 5 s. */
const againMs = 5_000;

function Day({ queue, calls }: { readonly queue: string; readonly calls: number }): JSX.Element {
  const [day, setDay] = useState<readonly Quarter[] | 'missing'>();
  useEffect(() => {
    let isHere = true;
    const later = setTimeout(
      () => {
        dayOf(queue, nowMs.peek()).then(
          (quarters) => isHere && setDay(quarters),
          () => isHere && setDay('missing'),
        );
      },
      day === undefined ? 0 : againMs,
    );
    return () => {
      isHere = false;
      clearTimeout(later);
    };
  }, [queue, calls]);
  return (
    <section class="card grow" aria-labelledby="day">
      <h2 id="day">{words.chart}</h2>
      {day === undefined && <Loading />}
      {day === 'missing' && <Empty>{words.chartMissing}</Empty>}
      {Array.isArray(day) && (day.some(({ offered }) => offered > 0) ? <DayChart day={day} /> : <Empty>{words.chartEmpty}</Empty>)}
    </section>
  );
}
