/** Preview calls on the agent's page: a contact is shown, then dialled, skipped or rejected, before its time is over. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../lib/api.ts';
import { nowMs } from '../lib/board.ts';
import { fieldsOf, nameIn } from '../lib/dialer-desk.ts';
import { workPath } from '../lib/dialer.ts';
import type { Offer, Work } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { ActionButton, confirm, tell } from './action.tsx';
import { Until } from './basics.tsx';

const words = strings.dialer.preview;
const reasonMax = 200;

interface PreviewProps {
  readonly agent: string;
  readonly work: Work;
  /** to whom the telephone of the last dialled contact rings; '' = nobody */
  readonly calling: string;
  /** read again */
  readonly changed: (calling?: string) => Promise<unknown>;
}

export function PreviewCard({ agent, work, calling, changed }: PreviewProps): JSX.Element | null {
  const { offer, talk } = work;
  if (talk) return null;
  return (
    <section class="card preview" aria-labelledby="preview" aria-live="polite">
      <h2 id="preview">{words.title}</h2>
      {offer ? (
        <Offered key={offer.contact.id} agent={agent} offer={offer} changed={changed} />
      ) : calling === '' ? (
        <Ask agent={agent} work={work} changed={changed} />
      ) : (
        <Calling number={calling} changed={changed} />
      )}
    </section>
  );
}

const Calling = ({ number, changed }: { readonly number: string } & Pick<PreviewProps, 'changed'>): JSX.Element => (
  <div class="row">
    <p class="who-calls">{words.calling(number)}</p>
    <ActionButton label={words.hide} run={() => changed('')} />
  </div>
);

function Ask({ agent, work, changed }: Pick<PreviewProps, 'agent' | 'work' | 'changed'>): JSX.Element {
  const [campaign, setCampaign] = useState('');
  const [isNone, setNone] = useState(false);
  const { campaigns } = work;
  if (campaigns.length === 0) return <p class="muted">{words.noCampaign}</p>;
  const wanted = campaigns.some(({ id }) => id === campaign) ? campaign : '';
  const next = async (): Promise<void> => {
    setNone(false);
    const { offer } = await ask<{ offer: Offer | null }>('POST', `${workPath(agent)}/next`, wanted === '' ? {} : { campaign: wanted });
    setNone(offer === null);
    await changed();
  };
  return (
    <div class="row">
      {campaigns.length > 1 && (
        <label class="inline">
          <span>{words.campaign}</span>
          <select value={wanted} onChange={(e) => setCampaign(e.currentTarget.value)}>
            <option value="">{words.any}</option>
            {campaigns.map(({ id, name }) => (
              <option key={id} value={id}>
                {name || id}
              </option>
            ))}
          </select>
        </label>
      )}
      <ActionButton label={words.next} kind="big main" run={next} />
      {isNone && <p class="muted">{words.none}</p>}
    </div>
  );
}

interface OfferedProps extends Pick<PreviewProps, 'agent' | 'changed'> {
  readonly offer: Offer;
}

function Offered({ agent, offer, changed }: OfferedProps): JSX.Element {
  const { contact, data, untilMs, offeredAtMs } = offer;
  const name = nameIn(data);
  const post = (action: string, body: object): Promise<unknown> => ask('POST', `${workPath(agent)}/${action}`, body);
  const dial = async (index?: number): Promise<void> => {
    await post('dial', index === undefined ? {} : { number: index });
    await changed(index === undefined ? contact.number : (contact.numbers[index] ?? contact.number));
  };
  // masked numbers may look alike: they go by their place
  const current = contact.numbers.indexOf(contact.number);
  const others = contact.numbers.map((number, index) => ({ number, index })).filter(({ index }) => index !== current);
  return (
    <>
      <p class="who-calls">
        {name || contact.number} {name !== '' && <small class="muted">{contact.number}</small>}
      </p>
      <p class="muted">
        {offer.campaignName || offer.campaign} · {words.tries(contact.dials)}
        {contact.isCallback && <span class="tag">{words.callback}</span>}
      </p>
      {untilMs !== null && <TimeLeft fromMs={offeredAtMs} untilMs={untilMs} />}
      <Fields data={data} empty={words.noData} />
      <div class="row">
        <ActionButton label={words.dial} kind="big main" description={words.dialNumber(contact.number)} run={() => dial()} />
        {others.map(({ number, index }) => (
          <ActionButton key={index} label={words.dialNumber(number)} run={() => dial(index)} />
        ))}
        <button
          type="button"
          class="button"
          onClick={() => askReason(words.skip, words.skipWhy, false, (reason) => post('skip', reason), changed)}
        >
          {words.skip}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => askReason(words.reject, words.rejectWhy, true, (reason) => post('reject', reason), changed)}
        >
          {words.reject}
        </button>
      </div>
    </>
  );
}

function askReason(
  title: string,
  why: string,
  isFinal: boolean,
  send: (body: object) => Promise<unknown>,
  changed: PreviewProps['changed'],
): void {
  confirm({
    title,
    why,
    isGrave: isFinal,
    fields: (
      <label>
        {words.reason}
        <input name="reason" required={isFinal} maxLength={reasonMax} />
      </label>
    ),
    run: async ({ reason = '' }) => {
      await send(reason.trim() === '' ? {} : { reason: reason.trim() });
      await changed();
    },
  });
}

/** Runs down each second. */
function TimeLeft({ fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }): JSX.Element {
  const leftMs = Math.max(0, untilMs - nowMs.value);
  return (
    <div class="time-left">
      <span class="muted">{words.left} </span>
      <Until atMs={untilMs} />
      <progress max={Math.max(1, untilMs - fromMs)} value={leftMs} aria-label={words.left} />
    </div>
  );
}

export function Fields({ data, empty }: { readonly data: Readonly<Record<string, string>>; readonly empty: string }): JSX.Element {
  const fields = fieldsOf(data);
  if (fields.length === 0) return <p class="muted">{empty}</p>;
  return (
    <dl class="lead">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The offer went while somebody looked at it. */
export const tellGone = (): void => tell(words.gone, true);
