/** Who is on the agent's telephone, whatever brought him there: number, name, record, who is responsible, and his last calls (B30). */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CallCard, CardCall, PastCall } from '../../../core/services/call-card.ts';
import { get } from '../lib/api.ts';
import { clockText } from '../lib/format.ts';
import { openStream } from '../lib/stream.ts';
import { strings } from '../strings.ts';
import { Figure, Since } from './basics.tsx';

const words = strings.callCard;
const path = '/api/v1/events?type=call.ringing,call.answered,call.transferred,call.missed,call.ended,call.recording_ready';

/** While a call is shown: a colleague who took it is nothing that this user is told of. */
const againMs = 3_000;

/** What the server answers; a call that is not there is null. */
type Answer = { readonly call: CardCall | null; readonly history: readonly PastCall[] };
const card = signal<Answer | undefined>(undefined);
/** the last one who talked, for the notes after the call */
const talked = signal<Answer | undefined>(undefined);

/** Without a CRM connector, and while the telephone is free, nothing is shown; in wrap-up the call just over. */
export function CallCardPart({ agent, doing }: { readonly agent: string; readonly doing: string }): JSX.Element | null {
  const isAfter = doing === 'wrap-up';
  useEffect(() => follow(agent), [agent]);
  useEffect(() => {
    // the wrap-up of the next call, which the connector may not know, must not show who talked before
    if (!isAfter && !card.value?.call) talked.value = undefined;
  }, [doing]);
  const now = card.value?.call ? card.value : undefined;
  const { call, history } = now ?? (isAfter ? talked.value : undefined) ?? { call: null, history: [] };
  if (!call) return null;
  return (
    <section class="card grow call-card" aria-labelledby="call-card" aria-live="polite" data-call={call.call}>
      <h2 id="call-card">{now ? words.title : words.after}</h2>
      <Who call={call} isOver={!now} />
      <History history={history} />
    </section>
  );
}

function show(answer: Answer): void {
  card.value = answer;
  if (answer.call?.isTalking) talked.value = answer;
}

/** Reads the card now, and after each event of a call that this user may see: the server says whose it is. */
function follow(agent: string): () => void {
  let isHere = true;
  let turn = 0;
  const read = (): void => {
    const mine = ++turn;
    get<Answer>(`/agents/${encodeURIComponent(agent)}/call`).then(
      (answer) => isHere && mine === turn && show(answer),
      () => undefined, // the next event asks again
    );
  };
  const stop = openStream(path, {
    event: (name, data) => {
      if (name === 'message' && isAbout(agent, data)) read();
    },
    // what came while nobody listened
    state: (now) => now === 'live' && read(),
    denied: () => undefined,
    refused: () => undefined,
  });
  const timer = setInterval(() => card.value?.call && read(), againMs);
  return () => {
    isHere = false;
    clearInterval(timer);
    card.value = talked.value = undefined;
    stop();
  };
}

/** His own events, and the ends of whatever is shown: somebody else may have taken the call. */
function isAbout(agent: string, data: string): boolean {
  try {
    const { data: news } = JSON.parse(data) as { data: { agent?: string; call?: string; legs?: readonly { agent?: string }[] } };
    return news.agent === agent || news.call === card.value?.call?.call || news.legs?.some((leg) => leg.agent === agent) === true;
  } catch {
    return false;
  }
}

function Who({ call, isOver }: { readonly call: CardCall; readonly isOver: boolean }): JSX.Element {
  const { customer, record } = call;
  const name = record?.name || customer.name;
  return (
    <>
      <p class="who-calls">
        {name || customer.number || words.hidden} {name && <small class="muted">{customer.number}</small>}
      </p>
      <dl class="figures">
        {!isOver && (
          <Figure label={call.isTalking ? strings.desk.talking : strings.desk.ringing}>
            <Since atMs={call.isTalking ? (call.answeredAtMs ?? call.startedAtMs) : call.startedAtMs} />
          </Figure>
        )}
        <Figure label={words.direction}>{words.directions[call.direction]}</Figure>
        {call.origin && <Figure label={words.origin}>{words.origins[call.origin] ?? call.origin}</Figure>}
        {call.campaign && <Figure label={words.campaign}>{call.campaign}</Figure>}
        {record?.responsible.extension && (
          <Figure label={words.responsible}>{`${record.responsible.name} ${record.responsible.extension}`.trim()}</Figure>
        )}
        {call.isRecorded && <Figure label={words.recording}>{words.recorded}</Figure>}
      </dl>
      {record?.url && (
        <p>
          <a href={record.url} target="_blank" rel="noopener noreferrer">
            {words.open}
          </a>
        </p>
      )}
    </>
  );
}

function History({ history }: { readonly history: CallCard['history'] }): JSX.Element {
  if (history.length === 0) return <p class="muted">{words.first}</p>;
  return (
    <>
      <h3>{words.history}</h3>
      <ul class="plain">
        {history.map((past) => (
          <li key={past.call}>
            {new Date(past.startedAtMs).toLocaleString()} · {words.directions[past.direction]} ·{' '}
            {past.outcome === undefined ? words.running : words.outcomes[past.outcome]}
            {past.talkMs > 0 && ` · ${clockText(past.talkMs)}`}
            {past.extension && ` · ${past.extension}`}
            {past.isRecorded && ` · ${words.recorded}`}
          </li>
        ))}
      </ul>
    </>
  );
}
