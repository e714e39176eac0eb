/** Why the pace of a campaign is what it is: the limit that binds now, the pacer's words, contacts that are held back by gate. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, problemText } from '../lib/api.ts';
import { nowMs } from '../lib/board.ts';
import { blockedRows, shareText } from '../lib/campaigns.ts';
import { momentText } from '../lib/compliance.ts';
import { campaignLive, campaignPath } from '../lib/dialer.ts';
import type { WhyAnswer } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { Loading } from './basics.tsx';

const words = strings.dialer.campaign;
/** the dialer looks at hundreds of contacts for it */
const againMs = 10_000;

/** Read again when the state changes, and now and then while it can be seen. */
export function CampaignWhy({ id, state }: { readonly id: string; readonly state: string }): JSX.Element {
  const [told, setTold] = useState<WhyAnswer['why'] | string>();
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let isHere = true;
    const read = (): void => {
      if (document.visibilityState === 'hidden') return;
      get<WhyAnswer>(`${campaignPath(id)}/why`).then(
        ({ why }) => isHere && setTold(why),
        (e: unknown) => isHere && setTold(e instanceof ApiError ? problemText(e) : words.paceUnread),
      );
    };
    read();
    const timer = setInterval(read, againMs);
    return () => {
      isHere = false;
      clearInterval(timer);
    };
  }, [id, state, again]);
  return (
    <section class="card grow" aria-labelledby="pace">
      <div class="head">
        <h2 id="pace">{words.pace}</h2>
        <button type="button" class="button small" onClick={() => setAgain(again + 1)}>
          {strings.why.again}
        </button>
      </div>
      {told === undefined && <Loading />}
      {typeof told === 'string' && <p class="problem">{told}</p>}
      {typeof told === 'object' && <Told why={told} />}
    </section>
  );
}

const Told = ({ why }: { readonly why: WhyAnswer['why'] }): JSX.Element => (
  <>
    <p>
      {words.limit}: <b class="limit">{why.limit}</b>
    </p>
    {why.pace !== '' && why.pace.split('\n').map((line) => <p key={line}>{line}</p>)}
    <LastDecision />
    <h3>{words.blocked}</h3>
    <p class="muted">
      {words.dialable(why.dialable)}
      {why.sampled && `; ${words.sampled(why.sampled.looked, why.sampled.of)}`}
      {why.nextOpeningMs !== undefined && why.nextOpeningMs > nowMs.peek() && `. ${words.opens(momentText(why.nextOpeningMs))}`}
    </p>
    {why.idle !== undefined && <p data-idle>{words.idle(why.idle)}</p>}
    <Blocked why={why} />
  </>
);

/** As the stream tells it, each second. */
function LastDecision(): JSX.Element | null {
  const live = campaignLive.value?.live;
  if (!live?.decision) return null;
  const { place, risk, theta } = live.decision;
  return (
    <p class="muted">
      {words.decision(place, live.agents.ready)}. {risk !== null && theta !== null && `${words.risk(shareText(risk), shareText(theta))}.`}
    </p>
  );
}

function Blocked({ why }: { readonly why: WhyAnswer['why'] }): JSX.Element {
  const rows = blockedRows(why.blocked);
  if (rows.length === 0) return <p>{words.noneBlocked}</p>;
  return (
    <ul class="plain">
      {rows.map(({ name, count }) => (
        <li key={name} data-gate={name}>
          <span>{strings.dialer.gates[name]}</span>
          <b>{count}</b>
        </li>
      ))}
    </ul>
  );
}
