/** The caller who rings or talks: number, waiting, customer record, and a form to send him on. */
import type { JSX, TargetedSubmitEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AgentTopic, MemberRow, TalkRow } from '../../../core/board/wire.ts';
import { ask, get } from '../lib/api.ts';
import { shortId } from '../lib/format.ts';
import { strings } from '../strings.ts';
import { attempt } from './action.tsx';
import { Empty, Figure, Since } from './basics.tsx';

const words = strings.desk;

export function CallerCard({ topic }: { readonly topic: AgentTopic }): JSX.Element {
  const { caller, agent } = topic;
  return (
    <section class="card grow caller" aria-labelledby="caller" aria-live="polite">
      <h2 id="caller">{words.caller}</h2>
      {caller && agent.call ? <Caller key={caller.id} caller={caller} call={agent.call} /> : <Empty>{words.noCaller}</Empty>}
    </section>
  );
}

const Caller = ({ caller, call }: { readonly caller: MemberRow; readonly call: TalkRow }): JSX.Element => (
  <>
    <p class="who-calls">
      {caller.name || caller.number} {caller.name && <small class="muted">{caller.number}</small>}
    </p>
    <dl class="figures">
      <Figure label={call.isTalking ? words.talking : words.ringing}>
        <Since atMs={call.sinceMs} />
      </Figure>
      {call.heldSinceMs !== undefined && (
        <Figure label={words.held}>
          <Since atMs={call.heldSinceMs} />
        </Figure>
      )}
      <Figure label={strings.queues.name}>{shortId(call.queue)}</Figure>
      <Figure label={words.waited}>
        <Since atMs={caller.sinceMs} />
      </Figure>
    </dl>
    {call.isTalking && <Lead member={caller.id} />}
    {call.isTalking && <SendOn member={caller.id} />}
  </>
);

type LeadAnswer = Readonly<Record<string, string>>;

/** Fields with something in them, in the order of the record. */
function Lead({ member }: { readonly member: string }): JSX.Element {
  const [lead, setLead] = useState<LeadAnswer>();
  useEffect(() => {
    let isHere = true;
    get<{ lead: LeadAnswer }>(`/members/${encodeURIComponent(member)}/lead`).then(
      (answer) => isHere && setLead(answer.lead),
      () => undefined, // most calls bring none
    );
    return () => void (isHere = false);
  }, [member]);
  const fields = Object.entries(lead ?? {}).filter(([, value]) => value !== '' && value !== '0');
  return (
    <section aria-labelledby="lead">
      <h3 id="lead">{words.lead}</h3>
      {fields.length === 0 ? (
        <p class="muted">{words.noLead}</p>
      ) : (
        <dl class="lead">
          {fields.map(([name, value]) => (
            <div key={name}>
              <dt>{name.replaceAll('_', ' ')}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function SendOn({ member }: { readonly member: string }): JSX.Element {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { value } = event.currentTarget.elements.namedItem('extension') as HTMLInputElement;
    void attempt(() => ask('POST', `/members/${encodeURIComponent(member)}/transfer`, { extension: value }));
  };
  return (
    <form class="row send-on" onSubmit={submit} aria-label={words.transfer}>
      <label class="inline">
        <span>{words.transfer}</span>
        <input
          name="extension"
          required
          maxLength={40}
          pattern="[A-Za-z0-9_+*#\-]+"
          placeholder={words.extension}
          inputMode="tel"
          autocomplete="off"
        />
      </label>
      <button type="submit" class="button">
        {words.send}
      </button>
    </form>
  );
}
