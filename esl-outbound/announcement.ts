/**
 * What is said to a waiting caller, with the sounds that come with FreeSWITCH in several languages (F158, B27). Files are
 * joined, so that one thing is said with one command; numbers in other languages than English are left to `say`.
 */
import type { Announcement } from '../core/acd/effects.js';
import { freeswitchSound } from '../core/dial-string-freeswitch.js';
import { TandemError } from '../core/errors.js';

/** One application with its argument. */
export interface Said {
  readonly application: 'playback' | 'say';
  readonly argument: string;
}

type Part = { readonly file: string } | { readonly number: number };

/** Numbers up to here are put together from files. */
const spokenMax = 999;

/** In the order in which it is said. `onRefused` hears of sounds that cannot be played. */
export function saidFor(announcement: Announcement, onRefused: (file: string, why: string) => void): readonly Said[] {
  const said: Said[] = [];
  let files: string[] = [];
  const flush = () => {
    if (files.length > 0) said.push({ application: 'playback', argument: joined(files) });
    files = [];
  };
  for (const part of partsOf(announcement)) {
    const sounds = 'file' in part ? soundOf(part.file, onRefused) : numberFiles(part.number, announcement.language);
    if (sounds === undefined) {
      flush();
      if ('number' in part)
        said.push({ application: 'say', argument: `${wordOf(announcement.language)} number pronounced ${part.number}` });
    } else if (sounds.some((sound) => sound.includes('://'))) {
      flush();
      said.push(...sounds.map((argument) => ({ application: 'playback', argument }) as const));
    } else files.push(...sounds);
  }
  flush();
  return said;
}

/** Sounds that are streams of the switch cannot be joined: they have their own parameters. */
const joined = (files: readonly string[]): string => (files.length === 1 ? (files[0] ?? '') : `file_string://${files.join('!')}`);

function soundOf(file: string, onRefused: (file: string, why: string) => void): readonly string[] {
  try {
    return [freeswitchSound(file)];
  } catch (error) {
    onRefused(file, error instanceof TandemError ? error.message : String(error));
    return [];
  }
}

function partsOf({ sound, position, ewtMinutes, callbackOffer }: Announcement): readonly Part[] {
  return [
    ...(sound === undefined ? [] : [{ file: sound }]),
    ...(position === undefined ? [] : [{ file: 'ivr/ivr-you_are_number.wav' }, { number: position }]),
    ...(ewtMinutes === undefined
      ? []
      : [
          { file: 'ivr/ivr-estimated_hold_time.wav' },
          { number: ewtMinutes },
          { file: ewtMinutes === 1 ? 'time/minute.wav' : 'time/minutes.wav' },
        ]),
    ...(callbackOffer === undefined ? [] : [{ file: callbackOffer }]),
  ];
}

const wordOf = (language: string | undefined): string => /^[A-Za-z]{2,3}/.exec(language ?? 'en')?.[0].toLowerCase() ?? 'en';

/** undefined: no files say it in this language. */
function numberFiles(number: number, language: string | undefined): readonly string[] | undefined {
  if (wordOf(language) !== 'en' || number < 0 || number > spokenMax) return undefined;
  const hundreds = Math.floor(number / 100);
  const rest = number % 100;
  const tens = rest > 20 ? [rest - (rest % 10), rest % 10].filter((n) => n > 0) : [rest];
  const spoken = hundreds > 0 && rest === 0 ? [] : tens;
  return [...(hundreds > 0 ? [`digits/${hundreds}.wav`, 'digits/hundred.wav'] : []), ...spoken.map((n) => `digits/${n}.wav`)];
}
