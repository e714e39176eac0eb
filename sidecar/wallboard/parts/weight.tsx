/** Rules of a campaign in short, and its weight, which may be changed while it runs. */
import type { JSX, TargetedSubmitEvent } from 'preact';
import { ask } from '../lib/api.ts';
import { campaignPath, mayDialAdmin } from '../lib/dialer.ts';
import type { CampaignRules } from '../lib/dialer-wire.ts';
import { shortId } from '../lib/format.ts';
import { strings } from '../strings.ts';
import { attempt } from './action.tsx';

const words = strings.dialer.campaign;

interface WeightProps {
  readonly rules: CampaignRules;
  readonly changed: (rules: CampaignRules) => void;
}

export function Weight({ rules, changed }: WeightProps): JSX.Element {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { value } = event.currentTarget.elements.namedItem('weight') as HTMLInputElement;
    const change = { weight: Number(value), revision: rules.revision };
    void attempt(() => ask<CampaignRules>('PATCH', campaignPath(rules.id), change).then(changed));
  };
  const fields = [
    [words.profile, rules.profile],
    [words.queue, shortId(rules.queue)],
    [words.client, rules.client],
  ] as const;
  return (
    <section class="card" aria-labelledby="rules">
      <h2 id="rules">{words.rules}</h2>
      <dl class="lead">
        {fields
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        <div>
          <dt>{words.weight}</dt>
          <dd data-weight>{rules.weight}</dd>
        </div>
      </dl>
      {mayDialAdmin() && (
        <form class="row" onSubmit={submit} aria-label={words.weight}>
          <label class="inline">
            <span>{words.weight}</span>
            <input
              key={rules.revision}
              name="weight"
              type="number"
              min="0"
              max="1000"
              step="any"
              required
              defaultValue={String(rules.weight)}
            />
          </label>
          <button type="submit" class="button">
            {words.setWeight}
          </button>
          <small class="muted">{words.weightWhy}</small>
        </form>
      )}
    </section>
  );
}
