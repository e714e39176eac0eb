/** All campaigns of the dialer with what they do now. */
import { computed, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../lib/api.ts';
import { setServerClock } from '../lib/board.ts';
import { agentsHere, campaignSorts, campaignTotals, sortedCampaigns, type CampaignSort } from '../lib/campaigns.ts';
import { askAgain, leaveBoard, type Asking } from '../lib/dialer.ts';
import type { Overview, OverviewRow } from '../lib/dialer-wire.ts';
import { matches } from '../lib/queues.ts';
import { linkTo } from '../lib/route.ts';
import { Empty, Figure, Loading } from '../parts/basics.tsx';
import { CampaignActions, CampaignStateMark, Share } from '../parts/campaign.tsx';
import { ListHead } from '../parts/list-head.tsx';
import { strings } from '../strings.ts';

const words = strings.dialer.campaigns;
const everyMs = 1_000;
const overview = signal<Overview | undefined>(undefined);
const wanted = signal('');
const sort = signal<CampaignSort>('name');
const rows = computed(() => sortedCampaigns(overview.value?.items ?? [], sort.value).filter((row) => matches(row, wanted.value)));

export function CampaignsPage(): JSX.Element {
  const asking = useRef<Asking>(undefined);
  useEffect(() => {
    leaveBoard();
    const made = askAgain(
      () =>
        get<Overview>('/dialer/overview').then((answer) => () => {
          setServerClock(answer.atMs);
          overview.value = answer;
        }),
      everyMs,
    );
    asking.current = made;
    return () => {
      made.end();
      overview.value = undefined;
    };
  }, []);
  const now = overview.value;
  return (
    <>
      <ListHead words={words} wanted={wanted} sort={sort} sorts={campaignSorts} />
      {now === undefined ? <Loading /> : <Totals now={now} />}
      {now !== undefined && <Table now={now} done={() => asking.current?.again()} />}
    </>
  );
}

function Totals({ now }: { readonly now: Overview }): JSX.Element {
  const totals = campaignTotals(now.items);
  return (
    <section aria-label={words.all}>
      {!now.owner && <p class="connection standby">{words.standby}</p>}
      <dl class="figures">
        <Figure label={words.running}>{totals.running}</Figure>
        <Figure label={words.ringing}>{totals.ringing}</Figure>
        <Figure label={words.waiting} level={totals.waiting > 0 ? 'bad' : undefined}>
          {totals.waiting}
        </Figure>
        <Figure label={words.talking}>{totals.talking}</Figure>
        <Figure label={words.left}>{totals.pending}</Figure>
        <Figure label={words.near} level={totals.near > 0 ? 'bad' : undefined}>
          {totals.near}
        </Figure>
      </dl>
    </section>
  );
}

interface TableProps {
  readonly now: Overview;
  readonly done: () => void;
}

function Table({ now, done }: TableProps): JSX.Element {
  const list = rows.value;
  if (list.length === 0) return <Empty>{now.items.length === 0 ? words.empty : words.none}</Empty>;
  return (
    <table class="table queues campaigns">
      <thead>
        <tr>
          <th scope="col">{words.name}</th>
          <th scope="col">{words.state}</th>
          <th scope="col" class="number">
            {words.calls}
          </th>
          <th scope="col" class="number">
            {words.agents}
          </th>
          <th scope="col" class="number">
            {words.connected}
          </th>
          <th scope="col">{words.abandoned}</th>
          <th scope="col" class="number">
            {words.contacts}
          </th>
          <td>
            <span class="hidden">{strings.agent.actions}</span>
          </td>
        </tr>
      </thead>
      <tbody>
        {list.map((row) => (
          <Line key={row.id} row={row} done={done} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ row, done }: { readonly row: OverviewRow; readonly done: () => void }): JSX.Element {
  const { id, name, state, mode, live, pending } = row;
  const of = (...counts: readonly number[]): string => counts.join(' / ');
  return (
    <tr data-campaign={id}>
      <th scope="row">
        <a href={linkTo('campaign', id)}>{name || id}</a>
        <small class="muted">{strings.dialer.modes[mode] ?? mode}</small>
        {live?.forced !== undefined && <span class="tag bad">{words.forced}</span>}
      </th>
      <td data-label={words.state}>
        <CampaignStateMark state={state} />
      </td>
      <td class="number" data-label={words.calls}>
        {live ? of(live.ringing, live.waiting, live.talking) : '–'}
      </td>
      <td class="number" data-label={words.agents}>
        {live && mode !== 'IVR' ? of(live.agents.ready, agentsHere(live)) : '–'}
      </td>
      <td class="number" data-label={words.connected}>
        {live ? live.window.connected : '–'}
      </td>
      <td data-label={words.abandoned}>{live ? <Share share={live.window.share} cap={live.window.cap} /> : '–'}</td>
      <td class="number" data-label={words.contacts}>
        {live ? of(live.hopper, pending) : pending}
      </td>
      <td class="acts">
        <CampaignActions id={id} name={name || id} state={state} kind="small" done={done} />
      </td>
    </tr>
  );
}
