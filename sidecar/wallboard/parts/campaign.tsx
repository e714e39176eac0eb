/** Small parts of the dialer's pages: state, share of abandoned calls against the cap, buttons of a campaign. */
import type { JSX } from 'preact';
import { ask } from '../lib/api.ts';
import { actionsIn, isAskedFirst, shareLevel, shareText, type CampaignAction } from '../lib/campaigns.ts';
import { campaignPath, mayDialControl } from '../lib/dialer.ts';
import type { CampaignState } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { ActionButton, confirm } from './action.tsx';

const words = strings.dialer;

/** By word and mark, not by colour alone. */
export const CampaignStateMark = ({ state }: { readonly state: CampaignState }): JSX.Element => (
  <span class={`state campaign-${state}`}>
    <span class="mark" aria-hidden="true" />
    {words.states[state]}
  </span>
);

interface ShareProps {
  readonly share: number;
  readonly cap: number;
}

export function Share({ share, cap }: ShareProps): JSX.Element {
  const level = shareLevel(share, cap);
  const width = cap > 0 ? Math.min(1, share / cap) : 0;
  return (
    <span class={`share ${level}`} data-level={level}>
      {words.campaigns.of(shareText(share), shareText(cap))}
      {level !== 'good' && <span class="tag">{words.levels[level]}</span>}
      <span class="gauge" aria-hidden="true">
        <span class="fill" style={{ width: `${String(width * 100)}%` }} />
      </span>
    </span>
  );
}

interface ActionsProps {
  readonly id: string;
  readonly name: string;
  readonly state: CampaignState;
  /** contacts that a purge takes; undefined: no purge here */
  readonly purges?: number;
  readonly kind?: string;
  readonly done: () => void;
}

/** None without the right. What begins calls or cannot be taken back is asked for first. */
export function CampaignActions({ id, name, state, purges, kind = '', done }: ActionsProps): JSX.Element | null {
  if (!mayDialControl()) return null;
  const run = (action: CampaignAction): Promise<void> => ask('POST', `${campaignPath(id)}/${action}`, {}).then(done);
  const question = (action: CampaignAction): void =>
    confirm({
      title: strings.actions.of(words.actions[action], name),
      why: action === 'purge' ? `${words.actionWhy.purge} ${words.campaign.purgeWhat(purges ?? 0)}` : words.actionWhy[action],
      isGrave: action === 'stop' || action === 'purge',
      run: () => run(action),
    });
  return (
    <div class="row tight" role="group" aria-label={strings.actions.of(words.campaign.actions, name)}>
      {actionsIn(state)
        .filter((action) => action !== 'purge' || purges !== undefined)
        .map((action) =>
          isAskedFirst(action) ? (
            <button
              key={action}
              type="button"
              class={`button ${kind} ${action === 'start' || action === 'resume' ? 'main' : ''}`}
              aria-label={strings.actions.of(words.actions[action], name)}
              onClick={() => question(action)}
            >
              {words.actions[action]}
            </button>
          ) : (
            <ActionButton
              key={action}
              label={words.actions[action]}
              kind={kind}
              description={strings.actions.of(words.actions[action], name)}
              run={() => run(action)}
            />
          ),
        )}
    </div>
  );
}
