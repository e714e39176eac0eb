/** What an agent does for campaigns: preview, the talk and what came of it, his callbacks. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../lib/api.ts';
import { setServerClock } from '../lib/board.ts';
import { openTalksMax, readTalks, withoutTalk, withTalk } from '../lib/dialer-desk.ts';
import { workPath } from '../lib/dialer.ts';
import type { Talk, Work } from '../lib/dialer-wire.ts';
import { TalkCard } from './disposition.tsx';
import { PreviewCard, tellGone } from './preview.tsx';

/** while a contact is shown, called or talked to; else when the board tells news */
const busyMs = 2_000;
const idleMs = 30_000;
/** a telephone that rings longer than this rings no more */
const callingMsMax = 90_000;
/** the board tells of a dial a moment later */
const ringsMin = 1_500;

interface WorkProps {
  readonly agent: string;
  /** another text when the agent's state or call changed */
  readonly news: string;
  /** he could take a call now */
  readonly isFree: boolean;
  /** something was said of a talk */
  readonly said: () => void;
}

export function DialerWork({ agent, news, isFree, said }: WorkProps): JSX.Element | null {
  const [work, setWork] = useState<Work>();
  const [calling, setCalling] = useState({ number: '', sinceMs: 0 });
  const [talks, setTalks] = useTalks(agent);
  const before = useRef<Work>(undefined);

  const take = (now: Work, isWished: boolean): void => {
    const gone = before.current?.offer;
    if (gone && !isWished && now.offer === null && now.talk === null && calling.number === '') tellGone();
    before.current = now;
    setServerClock(now.atMs);
    setWork(now);
    setTalks((open) => withTalk(open, now.talk));
    if (now.talk ?? now.offer) setCalling({ number: '', sinceMs: 0 });
  };
  const read = (isWished: boolean): Promise<void> =>
    get<Work>(`${workPath(agent)}/work`).then(
      (now) => take(now, isWished),
      () => undefined, // what was shown stays
    );

  const isBusy = work?.offer != null || work?.talk != null || calling.number !== '';
  useEffect(() => {
    void read(false);
    const timer = setInterval(() => void read(false), isBusy ? busyMs : idleMs);
    return () => clearInterval(timer);
  }, [agent, news, isBusy]);
  useEffect(() => {
    if (calling.number === '') return undefined;
    const timer = setTimeout(() => setCalling({ number: '', sinceMs: 0 }), callingMsMax);
    return () => clearTimeout(timer);
  }, [calling.sinceMs]);
  // free again without a talk: nobody answered
  useEffect(() => {
    if (isFree && Date.now() - calling.sinceMs > ringsMin) setCalling({ number: '', sinceMs: 0 });
  }, [isFree]);

  if (!work) return null;
  const changed = async (number = ''): Promise<void> => {
    setCalling({ number, sinceMs: Date.now() });
    await read(true);
    if (number !== '') setCalling({ number, sinceMs: Date.now() });
  };
  const close = (talk: Talk): void => {
    setTalks((open) => withoutTalk(open, talk.callId));
    said();
  };
  return (
    <>
      <PreviewCard agent={agent} work={work} calling={calling.number} changed={changed} />
      {talks.map((talk) => (
        <TalkCard key={talk.callId} talk={talk} isOver={work.talk?.callId !== talk.callId} closed={() => close(talk)} />
      ))}
    </>
  );
}

type Change = (open: readonly Talk[]) => readonly Talk[];

/** Talks of which nothing was said yet outlive a page that is loaded anew. */
function useTalks(agent: string): readonly [readonly Talk[], (change: Change) => void] {
  const key = `tandem-talks-${agent}`;
  const [talks, setTalks] = useState(() => readTalks(sessionStorage.getItem(key)));
  const change = (of: Change): void =>
    setTalks((open) => {
      const next = of(open).slice(0, openTalksMax);
      sessionStorage.setItem(key, JSON.stringify(next));
      return next;
    });
  return [talks, change];
}
