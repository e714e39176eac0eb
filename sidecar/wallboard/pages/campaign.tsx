/** One campaign: calls, agents, the abandoned share, why this pace, contacts, the day, gateways; and what may be done with it. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../lib/api.ts';
import { abandonmentOf, countRows, shareLevel, shareText } from '../lib/campaigns.ts';
import { momentText, secondsText } from '../lib/compliance.ts';
import { campaignLive, campaignPath, watchCampaign } from '../lib/dialer.ts';
import { agentStates, type CampaignRules, type LiveAnswer } from '../lib/dialer-wire.ts';
import { percentText } from '../lib/format.ts';
import { linkTo } from '../lib/route.ts';
import { Empty, Figure, Loading, Title } from '../parts/basics.tsx';
import { CampaignActions, CampaignStateMark, Share } from '../parts/campaign.tsx';
import { CampaignRates } from '../parts/campaign-rates.tsx';
import { CampaignWhy } from '../parts/campaign-why.tsx';
import { CampaignDay } from '../parts/dialer-chart.tsx';
import { Gateways } from '../parts/gateways.tsx';
import { Lists } from '../parts/lists.tsx';
import { Weight } from '../parts/weight.tsx';
import { strings } from '../strings.ts';

const words = strings.dialer.campaign;

export function CampaignPage({ id }: { readonly id: string }): JSX.Element {
  useEffect(() => watchCampaign(id), [id]);
  const [rules, setRules] = useState<CampaignRules>();
  const load = (): void =>
    void get<CampaignRules>(campaignPath(id)).then(
      (answer) => setRules(answer),
      () => undefined, // the stream tells why
    );
  useEffect(load, [id]);
  if (!rules) return <Loading />;
  return (
    <>
      <p>
        <a href={linkTo('campaigns')}>← {words.back}</a>
      </p>
      <Head rules={rules} changed={load} />
      <Now />
      <div class="columns">
        <State rules={rules} />
        <section class="card" aria-labelledby="agents-by">
          <h2 id="agents-by">{words.agents}</h2>
          <Agents />
        </section>
      </div>
      <CampaignDay id={id} />
      <div class="columns">
        <section class="card grow" aria-labelledby="contacts">
          <h2 id="contacts">{words.contacts}</h2>
          <Contacts />
        </section>
        <div class="stack">
          <Gateways />
          <Weight rules={rules} changed={setRules} />
        </div>
      </div>
      <CampaignRates />
      <Lists campaign={id} />
    </>
  );
}

/** The state as the stream tells it: somebody else may have changed it. */
function Head({ rules, changed }: { readonly rules: CampaignRules; readonly changed: () => void }): JSX.Element {
  const live = campaignLive.value;
  const state = live?.state ?? rules.state;
  const name = rules.name || rules.id;
  return (
    <>
      <div class="head">
        <Title>{name}</Title>
        <div class="row">
          <a class="button" href={linkTo('compliance', rules.id)}>
            {words.report}
          </a>
          <CampaignActions id={rules.id} name={name} state={state} purges={live?.figures.contacts.byStatus.pending ?? 0} done={changed} />
        </div>
      </div>
      <p role="status">
        <CampaignStateMark state={state} /> · {strings.dialer.modes[rules.mode] ?? rules.mode}
        {live?.live?.forced !== undefined && <span class="tag bad">{words.forced(live.live.forced)}</span>}
      </p>
    </>
  );
}

const State = ({ rules }: { readonly rules: CampaignRules }): JSX.Element => (
  <CampaignWhy id={rules.id} state={campaignLive.value?.state ?? rules.state} />
);

function Now(): JSX.Element {
  const answer = campaignLive.value;
  if (!answer) return <Loading />;
  const { live, figures } = answer;
  const { today } = figures.spans;
  const { share, cap, adjusted, how } = abandonmentOf(answer);
  const level = shareLevel(Math.max(share, how === 'amd' ? adjusted : 0), cap) === 'over' ? 'bad' : undefined;
  return (
    <>
      {live === null && <p class="connection standby">{strings.dialer.campaigns.standby}</p>}
      <dl class="figures">
        {(['ringing', 'waiting', 'talking'] as const).map((what) => (
          <Figure
            key={what}
            label={strings.dialer.campaigns[what]}
            level={what === 'waiting' && (live?.waiting ?? 0) > 0 ? 'bad' : undefined}
          >
            <span data-figure={what}>{live ? live[what] : '–'}</span>
          </Figure>
        ))}
        <Figure label={words.abandoned} level={level}>
          <Share share={share} cap={cap} />
        </Figure>
        <Figure label={words.adjusted}>
          {how === 'none' ? '–' : shareText(adjusted)}
          {how !== 'none' && <small class="muted">{words.adjustedHow[how]}</small>}
        </Figure>
        <Figure label={words.answerRate}>{percentText(figures.spans.quarter.answerRate ?? live?.answerRate)}</Figure>
        <Figure label={words.placed}>{today.placed}</Figure>
        <Figure label={words.today}>
          {today.connected} / {today.abandoned}
        </Figure>
        <Figure label={words.wait}>{secondsText(figures.durations.wait.p90)}</Figure>
        <Figure label={words.wrapUp}>{secondsText(live?.wrapUp?.p90)}</Figure>
        <Figure label={words.attempts}>{figures.breakdown?.attempts.perContact?.toFixed(1) ?? '–'}</Figure>
        <Figure label={words.ready}>{live ? live.hopper : '–'}</Figure>
        <Figure label={words.left}>{figures.contacts.byStatus.pending ?? 0}</Figure>
        <Figure label={words.ends}>
          <small>{endText(figures)}</small>
        </Figure>
      </dl>
    </>
  );
}

const endText = ({ estimatedEndMs, contacts }: LiveAnswer['figures']): string =>
  estimatedEndMs === undefined || (contacts.byStatus.pending ?? 0) === 0 ? '–' : momentText(estimatedEndMs);

function Agents(): JSX.Element {
  const agents = campaignLive.value?.live?.agents;
  if (!agents || agentStates.every((state) => agents[state] === 0)) return <Empty>{words.noAgents}</Empty>;
  return (
    <ul class="plain">
      {agentStates.map((state) => (
        <li key={state} data-agents={state}>
          <span class={`state dial-${state}`}>
            <span class="mark" aria-hidden="true" />
            {strings.dialer.agents[state]}
          </span>
          <b>{agents[state]}</b>
        </li>
      ))}
    </ul>
  );
}

function Contacts(): JSX.Element {
  const contacts = campaignLive.value?.figures.contacts;
  if (!contacts) return <Loading />;
  if (contacts.total === 0) return <Empty>{words.noContacts}</Empty>;
  return (
    <div class="columns">
      <Counts label={words.byStatus} counts={contacts.byStatus} texts={strings.dialer.statuses} />
      <Counts label={words.byResult} counts={contacts.byResult} texts={strings.dialer.results} />
    </div>
  );
}

interface CountsProps<K extends string> {
  readonly label: string;
  readonly counts: Readonly<Partial<Record<K, number>>>;
  readonly texts: Readonly<Record<K, string>>;
}

const Counts = <K extends string>({ label, counts, texts }: CountsProps<K>): JSX.Element | null =>
  countRows(counts).length === 0 ? null : <Tally label={label} counts={counts} texts={texts} />;

const Tally = <K extends string>({ label, counts, texts }: CountsProps<K>): JSX.Element => (
  <table class="table tally">
    <thead>
      <tr>
        <th scope="col">{label}</th>
        <th scope="col" class="number">
          {words.count}
        </th>
        <th scope="col" class="number">
          {words.share}
        </th>
      </tr>
    </thead>
    <tbody>
      {countRows(counts).map(({ name, count, share }) => (
        <tr key={name} data-count={name}>
          <th scope="row">{texts[name]}</th>
          <td class="number">{count}</td>
          <td class="number">{shareText(share)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
