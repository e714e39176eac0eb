/** Callbacks that an agent has promised to contacts of campaigns. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../lib/api.ts';
import { nowMs } from '../lib/board.ts';
import { momentText } from '../lib/compliance.ts';
import { callbackRows } from '../lib/dialer-desk.ts';
import type { CallbackRow } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { Empty, Loading } from './basics.tsx';

const words = strings.dialer.callbacks;
const againMs = 30_000;
const shownMax = 50;

/** `news` grows when the list may have changed. */
export function OwnCallbacks({ agent, news }: { readonly agent: string; readonly news: number }): JSX.Element {
  const [list, setList] = useState<readonly CallbackRow[] | 'missing'>();
  useEffect(() => {
    let isHere = true;
    const read = (): void =>
      void get<{ items: readonly CallbackRow[] }>(`/dialer/callbacks?agent=${encodeURIComponent(agent)}&limit=${String(shownMax)}`).then(
        ({ items }) => isHere && setList(items),
        () => isHere && setList((before) => before ?? 'missing'),
      );
    read();
    const timer = setInterval(read, againMs);
    return () => {
      isHere = false;
      clearInterval(timer);
    };
  }, [agent, news]);
  return (
    <section class="card" aria-labelledby="own-callbacks">
      <h2 id="own-callbacks">{words.title}</h2>
      {list === undefined && <Loading />}
      {list === 'missing' && <Empty>{words.unread}</Empty>}
      {Array.isArray(list) && <List list={list} />}
    </section>
  );
}

function List({ list }: { readonly list: readonly CallbackRow[] }): JSX.Element {
  const rows = callbackRows(list, nowMs.value);
  if (rows.length === 0) return <Empty>{words.none}</Empty>;
  return (
    <ul class="plain">
      {rows.map(({ id, who, campaign, atMs, isDue, attempts }) => (
        <li key={id} data-callback={id}>
          <span>
            {who} <small class="muted">{campaign}</small>
          </span>
          <span>
            {momentText(atMs)} {isDue && <span class="tag bad">{words.due}</span>}
            {attempts > 0 && <small class="muted">{strings.desk.attempts(attempts)}</small>}
          </span>
        </li>
      ))}
    </ul>
  );
}
