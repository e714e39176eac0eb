/** Of what calls of a campaign are answered, by part of the day and by list, and how often its contacts were called. */
import type { JSX } from 'preact';
import { rateRows, type RateRow } from '../lib/campaign-rates.ts';
import { campaignLive } from '../lib/dialer.ts';
import { percentText } from '../lib/format.ts';
import { Empty, Loading } from './basics.tsx';
import { strings } from '../strings.ts';

const words = strings.dialer.rates;

export function CampaignRates(): JSX.Element {
  const breakdown = campaignLive.value?.figures.breakdown;
  const { byPart, byList, finished } = rateRows(breakdown, words.noList);
  return (
    <section class="card" aria-labelledby="rates">
      <h2 id="rates">{words.title}</h2>
      {!breakdown && <Loading />}
      {breakdown && byPart.length + byList.length + finished.length === 0 && <Empty>{words.none}</Empty>}
      <div class="columns">
        <Rates label={words.byPart} rows={byPart} share={words.answered} />
        <Rates label={words.byList} rows={byList} share={words.answered} />
        <Rates label={words.byAttempts} rows={finished} share={words.share} />
      </div>
    </section>
  );
}

const Rates = (props: { readonly label: string; readonly rows: readonly RateRow[]; readonly share: string }): JSX.Element | null =>
  props.rows.length === 0 ? null : (
    <table class="table tally">
      <thead>
        <tr>
          <th scope="col">{props.label}</th>
          <th scope="col" class="number">
            {words.count}
          </th>
          <th scope="col" class="number">
            {props.share}
          </th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map(({ name, count, share }) => (
          <tr key={name} data-rate={name}>
            <th scope="row">{name}</th>
            <td class="number">{count}</td>
            <td class="number">{percentText(share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
