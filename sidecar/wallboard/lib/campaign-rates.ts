/** Rows of the tables of rates on the page of a campaign. Pure. */
import type { Breakdown } from './dialer-wire.ts';

export interface RateRow {
  readonly name: string;
  /** calls, or contacts */
  readonly count: number;
  readonly share: number;
}

/** `byPart` and `byList`: calls, and the share that was answered; `finished`: contacts by attempts, and their share of all. */
export function rateRows(
  breakdown: Breakdown | undefined,
  noList: string,
): Readonly<Record<'byPart' | 'byList' | 'finished', readonly RateRow[]>> {
  if (!breakdown) return { byPart: [], byList: [], finished: [] };
  const { answerRates, attempts } = breakdown;
  const all = attempts.finished.reduce((sum, { contacts }) => sum + contacts, 0);
  return {
    byPart: answerRates.byPart.map(({ fromMinute, toMinute, calls, answered }) => ({
      name: `${minuteText(fromMinute)} – ${minuteText(toMinute)}`,
      count: calls,
      share: answered / calls,
    })),
    byList: answerRates.byList.map(({ list, calls, answered }) => ({
      name: list === undefined ? noList : String(list),
      count: calls,
      share: answered / calls,
    })),
    finished: attempts.finished.map(({ attempts: count, contacts }) => ({ name: String(count), count: contacts, share: contacts / all })),
  };
}

const minuteText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
