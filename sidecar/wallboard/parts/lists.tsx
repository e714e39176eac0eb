/** Lists of a campaign: what was loaded, how far a load is, the refused lines, and a form for the next file. */
import type { JSX, TargetedSubmitEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, ask, get, may, problemText } from '../lib/api.ts';
import { clockText, percentText } from '../lib/format.ts';
import {
  actionsOf,
  isAskedFirst,
  isUnderWay,
  leftMs,
  loadQuery,
  newestFirst,
  shareOf,
  type ListAction,
  type ListRow,
} from '../lib/lists.ts';
import { sendFile, type Sending } from '../lib/send-file.ts';
import { listStrings as words } from '../strings-lists.ts';
import { ActionButton, confirm, tell } from './action.tsx';
import { Empty, Loading } from './basics.tsx';

/** While something is loaded, and else. */
const [soonMs, laterMs] = [1_000, 15_000];
/** Lists that are looked at; the newest of them are shown. */
const [pageMax, pagesMax, shownMax] = [200, 20, 50];

const mayLoad = (): boolean => may('tandem_dialer_control', 'tandem_dialer_admin');
const pathOf = (campaign: string): string => `/dialer/campaigns/${encodeURIComponent(campaign)}/lists`;

/** The API gives them by age, the oldest first. */
async function readAll(campaign: string): Promise<readonly ListRow[]> {
  const rows: ListRow[] = [];
  let after = '';
  for (let page = 0; page < pagesMax; page++) {
    const query = `limit=${String(pageMax)}${after === '' ? '' : `&after=${after}`}`;
    const answer = await get<{ readonly items: readonly ListRow[]; readonly next?: string }>(`${pathOf(campaign)}?${query}`);
    rows.push(...answer.items);
    if (answer.next === undefined) break;
    after = answer.next;
  }
  return newestFirst(rows);
}

export function Lists({ campaign }: { readonly campaign: string }): JSX.Element {
  const [rows, setRows] = useState<readonly ListRow[] | 'missing'>();
  const [turn, setTurn] = useState(0);
  const again = (): void => setTurn((n) => n + 1);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isHere = true;
    const read = (): void => {
      const next = (ms: number): void => {
        if (isHere) timer = setTimeout(read, ms);
      };
      readAll(campaign).then(
        (found) => {
          if (isHere) setRows(found);
          next(found.some(isUnderWay) ? soonMs : laterMs);
        },
        () => {
          if (isHere) setRows((before) => before ?? 'missing');
          next(laterMs);
        },
      );
    };
    read();
    return () => {
      isHere = false;
      clearTimeout(timer);
    };
  }, [campaign, turn]);
  return (
    <section class="card" aria-labelledby="lists">
      <h2 id="lists">{words.title}</h2>
      {rows === undefined && <Loading />}
      {rows === 'missing' && <Empty>{words.unread}</Empty>}
      {Array.isArray(rows) && <Table rows={rows as readonly ListRow[]} again={again} />}
      {mayLoad() && <LoadForm campaign={campaign} again={again} />}
    </section>
  );
}

function Table({ rows, again }: { readonly rows: readonly ListRow[]; readonly again: () => void }): JSX.Element {
  if (rows.length === 0) return <Empty>{words.none}</Empty>;
  const heads = [words.name, words.state, words.stored, words.duplicates, words.invalid, words.blocked, words.noTimeZone];
  return (
    <>
      <table class="table callers">
        <thead>
          <tr>
            {heads.map((text) => (
              <th scope="col" key={text}>
                {text}
              </th>
            ))}
            <td>
              <span class="hidden">{words.actionsHead}</span>
            </td>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, shownMax).map((row) => (
            <Line key={row.id} row={row} again={again} />
          ))}
        </tbody>
      </table>
      {rows.length > shownMax && <p class="muted">{words.more}</p>}
    </>
  );
}

const Line = ({ row, again }: { readonly row: ListRow; readonly again: () => void }): JSX.Element => (
  <tr data-list={row.id}>
    <th scope="row">{row.name}</th>
    <td>
      {words.states[row.state]}
      {isUnderWay(row) && <Progress row={row} />}
      {row.problem && <small class="problem">{row.problem}</small>}
    </td>
    {[row.stored, row.duplicates, row.invalid, row.blocked, row.noTimeZone].map((count, i) => (
      <td key={i} class="number">
        {count}
      </td>
    ))}
    <td>
      <div class="row tight">
        {row.rejects && mayLoad() && (
          <a class="button small" href={row.rejects} download aria-label={words.rejectsOf(row.name)}>
            {words.rejects}
          </a>
        )}
        {mayLoad() && actionsOf(row).map((action) => <Act key={action} row={row} action={action} again={again} />)}
      </div>
    </td>
  </tr>
);

function Progress({ row }: { readonly row: ListRow }): JSX.Element {
  const share = shareOf(row);
  const left = leftMs(row);
  const facts = [
    ...(share === undefined ? [] : [percentText(share)]),
    words.rows(row.rowsRead),
    ...(row.rowsPerSecond === undefined ? [] : [words.rate(row.rowsPerSecond)]),
    ...(left === undefined ? [] : [words.left(clockText(left))]),
  ];
  return (
    <>
      <progress max={1} {...(share === undefined ? {} : { value: share })} aria-label={words.progressOf(row.name)} />
      <small class="muted">{row.running ? facts.join(', ') : words.waiting}</small>
    </>
  );
}

interface ActProps {
  readonly row: ListRow;
  readonly action: ListAction;
  readonly again: () => void;
}

function Act({ row, action, again }: ActProps): JSX.Element {
  const label = words.actions[action];
  const title = words.of(label, row.name);
  const run = (): Promise<unknown> => ask('POST', `/dialer/lists/${String(row.id)}/${action}`, {}).then(again);
  if (!isAskedFirst(action)) return <ActionButton label={label} kind="small" description={title} run={run} />;
  const question = { title, why: words.actionWhy[action], isGrave: action === 'unload', run };
  return (
    <button type="button" class="button small" aria-label={title} onClick={() => confirm(question)}>
      {label}
    </button>
  );
}

// ------------------------------------------------------------------ the next file

interface Sent {
  readonly share: number;
  readonly sending: Sending<ListRow>;
}

function LoadForm({ campaign, again }: { readonly campaign: string; readonly again: () => void }): JSX.Element {
  const [sent, setSent] = useState<Sent>();
  const [problem, setProblem] = useState('');
  const form = useRef<HTMLFormElement>(null);

  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const file = values.get('file');
    const text = (name: string): string => (typeof values.get(name) === 'string' ? (values.get(name) as string) : '');
    if (!(file instanceof File) || file.name === '') {
      setProblem(words.load.noFile);
      return;
    }
    const query = loadQuery({
      fileName: file.name,
      country: text('country'),
      encoding: text('encoding'),
      duplicates: text('duplicates'),
      activate: values.has('activate'),
    });
    if (query === 'wrong-country') {
      setProblem(words.load.wrongCountry);
      return;
    }
    setProblem('');
    const sending = sendFile<ListRow>(`${pathOf(campaign)}?${query.toString()}`, file, (share) => setSent({ share, sending }));
    setSent({ share: 0, sending });
    try {
      const list = await sending.answer;
      tell(words.of(words.states[list.state], list.name));
      form.current?.reset();
    } catch (e) {
      if (!(e instanceof ApiError && e.code === 'ABORTED')) setProblem(problemText(e));
    }
    setSent(undefined);
    again();
  };

  return (
    <form ref={form} class="stack" aria-labelledby="load-list" onSubmit={(event) => void submit(event)}>
      <h3 id="load-list">{words.load.title}</h3>
      <Fields isBusy={sent !== undefined} />
      <p class="problem" role="alert">
        {problem}
      </p>
      {sent ? (
        <div class="row">
          <progress max={1} value={sent.share} aria-label={words.load.title} />
          <span role="status">{words.load.sending(percentText(sent.share))}</span>
          <button type="button" class="button" onClick={() => sent.sending.stop()}>
            {words.load.stop}
          </button>
        </div>
      ) : (
        <div class="row">
          <button type="submit" class="button main">
            {words.load.go}
          </button>
        </div>
      )}
    </form>
  );
}

const choice = (name: string, label: string, options: Readonly<Record<string, string>>): JSX.Element => (
  <label class="inline">
    <span>{label}</span>
    <select name={name}>
      {Object.entries(options).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  </label>
);

const Fields = ({ isBusy }: { readonly isBusy: boolean }): JSX.Element => (
  <fieldset class="row bare" disabled={isBusy}>
    <label class="inline">
      <span>{words.load.file}</span>
      <input type="file" name="file" required accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl,.gz" />
    </label>
    <label class="inline">
      <span>{words.load.country}</span>
      <input name="country" maxLength={2} size={3} title={words.load.countryWhy} autocomplete="off" />
    </label>
    {choice('encoding', words.load.encoding, words.load.encodings)}
    {choice('duplicates', words.load.duplicates, words.load.duplicateRules)}
    <label class="inline">
      <input type="checkbox" name="activate" checked />
      <span>{words.load.activate}</span>
    </label>
  </fieldset>
);
