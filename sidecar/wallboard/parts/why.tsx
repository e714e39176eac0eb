/** Why does nobody take this caller, why does nobody call this agent: what the engine says to it, in words. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, problemText } from '../lib/api.ts';
import { agents } from '../lib/board.ts';
import { clockText, shortId } from '../lib/format.ts';
import { strings } from '../strings.ts';
import { Loading } from './basics.tsx';

const words = strings.why;
/** lines of each list; the API tells more */
const shownMax = 30;
const decisionsMax = 5;

interface Decision {
  readonly atMs: number;
  readonly member: string;
  readonly chosen?: string;
  readonly because: string;
}

/** Of a caller: `agents`; of an agent: `queues`. */
interface Explanation {
  readonly verdict: string;
  readonly agents?: readonly { readonly agent: string; readonly reason: string; readonly detail: string }[];
  readonly agentsTotal?: number;
  readonly queues?: readonly {
    readonly queue: string;
    readonly waiting: number;
    readonly first: readonly { readonly number: string; readonly member: string; readonly reason: string; readonly detail: string }[];
  }[];
  readonly decisions: readonly Decision[];
}

interface Asked {
  readonly title: string;
  readonly path: string;
}

const asked = signal<Asked | undefined>(undefined);

interface WhyProps {
  readonly of: 'call' | 'agent';
  readonly id: string;
  readonly name: string;
  readonly kind?: string;
}

export const WhyButton = ({ of, id, name, kind = '' }: WhyProps): JSX.Element => (
  <button
    type="button"
    class={`button ${kind}`}
    aria-label={`${words.ask} ${name}`}
    onClick={() => (asked.value = { title: words.titles[of](name), path: `/explain/${of}/${encodeURIComponent(id)}` })}
  >
    {words.ask}
  </button>
);

/** One dialog for the whole page: Escape closes it, the focus goes back to where it was. */
export function Why(): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const [told, setTold] = useState<Explanation | string>();
  const [again, setAgain] = useState(0);
  const what = asked.value;
  useEffect(() => {
    if (!what) return;
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, [what]);
  useEffect(() => {
    if (!what) return;
    let isHere = true;
    setTold(undefined);
    get<Explanation>(what.path).then(
      (explanation) => isHere && setTold(explanation),
      (e: unknown) => isHere && setTold(problemText(e)),
    );
    return () => void (isHere = false);
  }, [what, again]);
  if (!what) return null;
  return (
    <dialog ref={dialog} class="wide" aria-labelledby="why" onClose={() => (asked.value = undefined)}>
      <h2 id="why">{what.title}</h2>
      <div aria-live="polite">{told === undefined ? <Loading /> : <Told told={told} />}</div>
      <div class="row end">
        <button type="button" class="button" onClick={() => setAgain(again + 1)}>
          {words.again}
        </button>
        <button type="button" class="button main" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </div>
    </dialog>
  );
}

function Told({ told }: { readonly told: Explanation | string }): JSX.Element {
  if (typeof told === 'string') return <p class="problem">{told}</p>;
  const rows = told.agents?.map(({ agent, reason, detail }) => ({ who: nameOf(agent), where: '', reason, detail })) ?? callersOf(told);
  const left = told.agentsTotal === undefined ? 0 : told.agentsTotal - Math.min(rows.length, shownMax);
  return (
    <>
      <p class="verdict">{sentence(clocked(told.verdict))}</p>
      {rows.length > 0 && (
        <ul class="plain why">
          {rows.slice(0, shownMax).map(({ who, where, reason, detail }) => (
            <li key={`${where} ${who}`}>
              <span>
                {who} {where && <small class="muted">{shortId(where)}</small>}
              </span>
              <span>
                {words.reasons[reason] ?? reason} {detail && <small class="muted">{clocked(detail)}</small>}
              </span>
            </li>
          ))}
        </ul>
      )}
      {left > 0 && <p class="muted">{strings.queue.more(left)}</p>}
      <Decisions list={told.decisions} />
    </>
  );
}

const callersOf = ({ queues = [] }: Explanation): { who: string; where: string; reason: string; detail: string }[] =>
  queues.flatMap(({ queue, first }) =>
    first.map(({ number, member, reason, detail }) => ({ who: number || member, where: queue, reason, detail })),
  );

const Decisions = ({ list }: { readonly list: readonly Decision[] }): JSX.Element | null =>
  list.length === 0 ? null : (
    <>
      <h3>{words.decisions}</h3>
      <ul class="plain why">
        {list.slice(0, decisionsMax).map(({ atMs, member, chosen, because }) => (
          <li key={`${String(atMs)} ${member}`}>
            <time dateTime={new Date(atMs).toISOString()}>{new Date(atMs).toLocaleTimeString()}</time>
            <span>
              {chosen === undefined ? words.nobody : nameOf(chosen)} <small class="muted">{because}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  );

const nameOf = (id: string): string => agents.of(id)?.peek().name ?? shortId(id);
/** `90 s` as `1:30`. */
const clocked = (text: string): string => text.replace(/\b(\d+) s\b/g, (_, s: string) => clockText(Number(s) * 1000));

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
