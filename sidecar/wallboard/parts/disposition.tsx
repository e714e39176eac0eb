/** After a talk for a campaign: what came of it, by the campaign's own table; callbacks with date and time. */
import type { JSX } from 'preact';
import { ApiError, ask } from '../lib/api.ts';
import { nowMs } from '../lib/board.ts';
import { consequenceOf, localTime, nameIn, suggestedCallback, timeOfLocal } from '../lib/dialer-desk.ts';
import type { DispositionChoice, Talk } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { ActionButton, confirm } from './action.tsx';
import { Fields } from './preview.tsx';

const words = strings.dialer.disposition;
/** the record of a call is stored a moment after its end */
const tries = { count: 8, pauseMs: 1_000 };

interface TalkProps {
  readonly talk: Talk;
  readonly isOver: boolean;
  /** nothing more is to be said of it */
  readonly closed: () => void;
}

export function TalkCard({ talk, isOver, closed }: TalkProps): JSX.Element {
  const name = nameIn(talk.data);
  const say = async (choice: DispositionChoice, more: object = {}): Promise<void> => {
    await patiently(() =>
      ask('POST', `/dialer/contacts/${encodeURIComponent(talk.contact)}/disposition`, { disposition: choice.name, ...more }),
    );
    closed();
  };
  const id = `talk-${talk.callId}`;
  return (
    <section class="card talk-card" aria-labelledby={id} data-talk={talk.callId}>
      <h2 id={id}>
        {talk.campaignName || talk.campaign}: {name || talk.number} {name !== '' && <small class="muted">{talk.number}</small>}
      </h2>
      <Fields data={talk.data} empty={strings.dialer.preview.noData} />
      <h3>{words.title}</h3>
      {!isOver && <p class="muted">{words.during}</p>}
      <div class="row dispositions">
        {talk.dispositions.map((choice) => (
          <Choice key={choice.name} choice={choice} isOver={isOver} say={say} />
        ))}
        {isOver && (
          <button type="button" class="button quiet" onClick={closed}>
            {words.hide}
          </button>
        )}
      </div>
    </section>
  );
}

interface ChoiceProps {
  readonly choice: DispositionChoice;
  readonly isOver: boolean;
  readonly say: (choice: DispositionChoice, more?: object) => Promise<void>;
}

function Choice({ choice, isOver, say }: ChoiceProps): JSX.Element {
  const consequence = consequenceOf(choice);
  const label = choice.text || choice.name;
  const follows = words.follows[consequence];
  if (consequence === 'final' || consequence === 'recycle')
    return (
      <ActionButton
        label={follows === '' ? label : `${label} (${follows})`}
        kind={choice.success ? 'main' : ''}
        disabled={!isOver}
        run={() => say(choice)}
      />
    );
  return (
    <button type="button" class="button" disabled={!isOver} onClick={() => (consequence === 'dnc' ? askDnc : askCallback)(choice, say)}>
      {label} ({follows})
    </button>
  );
}

const askDnc = (choice: DispositionChoice, say: ChoiceProps['say']): void =>
  confirm({ title: choice.text || choice.name, why: words.dncWhy, isGrave: true, run: () => say(choice) });

const askCallback = (choice: DispositionChoice, say: ChoiceProps['say']): void =>
  confirm({
    title: choice.text || choice.name,
    why: words.whenWhy,
    fields: (
      <label>
        {words.when}
        <input name="at" type="datetime-local" required defaultValue={localTime(suggestedCallback(nowMs.peek()))} />
      </label>
    ),
    run: ({ at = '' }) => {
      const atMs = timeOfLocal(at);
      if (atMs === undefined) return Promise.reject(new ApiError(400, '', words.noTime));
      return say(choice, { callback_at: new Date(atMs).toISOString() });
    },
  });

/** Again while the call's record is on its way (TDM_CONFLICT). */
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let left = tries.count; ; left--) {
    try {
      await work();
      return;
    } catch (e) {
      if (left <= 1 || !(e instanceof ApiError) || e.code !== 'TDM_CONFLICT') throw e;
      await new Promise((resolve) => setTimeout(resolve, tries.pauseMs));
    }
  }
}
