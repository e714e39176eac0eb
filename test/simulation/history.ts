/** The last happenings before a violation, for whoever looks for the cause. Written out only when it comes to that. */
import type { AcdEffect } from '../../core/acd/effects.js';
import type { Step } from '../../core/acd/engine.js';
import type { AcdEvent } from '../../core/acd/events.js';

const keptMax = 400;

type Entry =
  { readonly atMs: number; readonly event: AcdEvent | undefined; readonly step: Step } | { readonly atMs: number; readonly note: string };

export class History {
  private entries: Entry[] = [];

  note(atMs: number, note: string): void {
    this.push({ atMs, note });
  }

  step(atMs: number, event: AcdEvent | undefined, step: Step): void {
    this.push({ atMs, event, step });
  }

  /** The newest `max` entries, one or more lines each; times in seconds since the first `zeroMs`. */
  lines(max: number, zeroMs: number): string[] {
    return this.entries.slice(-max).flatMap((entry) => {
      const at = ((entry.atMs - zeroMs) / 1000).toFixed(3);
      if ('note' in entry) return [`${at} # ${entry.note}`];
      return [`${at} ${eventText(entry.event)}${answerText(entry.step)}`, ...entry.step.effects.flatMap((effect) => effectText(effect))];
    });
  }

  private push(entry: Entry): void {
    this.entries.push(entry);
    if (this.entries.length > 2 * keptMax) this.entries = this.entries.slice(-keptMax);
  }
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (v instanceof Set || v instanceof Map ? [...v.keys()] : v));

function eventText(event: AcdEvent | undefined): string {
  if (!event) return 'begin';
  const { type, ...rest } = event;
  if (event.type === 'configured') return type;
  if (event.type === 'caller-joined') {
    const { member, queue, call, number, media, callbackOf, baseScoreS, priority, stickyAgent } = event.join;
    return `${type} ${text({ member, queue, call: call?.uniqueId, number, media, callbackOf, baseScoreS, priority, stickyAgent })}`;
  }
  return `${type} ${text(rest)}`;
}

const answerText = ({ answer }: Step): string => (answer.ok ? '' : ` -> ${answer.code} ${answer.detail}`);

function effectText(effect: AcdEffect): string[] {
  switch (effect.type) {
    case 'decision':
    case 'music':
      return [];
    case 'notice':
      return [`      ~ ${text(effect.notice)}`];
    case 'ring':
    case 'connect': {
      const { offer, agent, member, queue, leg } = effect.order;
      return [`      > ${effect.type} ${text({ offer, agent, member, queue, leg })}`];
    }
    default: {
      const { type, ...rest } = effect;
      return [`      > ${type} ${text(rest)}`];
    }
  }
}
