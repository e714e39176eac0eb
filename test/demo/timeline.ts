/** What happened, when, and where: gathered from all parts, sorted, printed for people. */

interface Entry {
  readonly atMs: number;
  readonly where: string;
  readonly what: string;
}

const whereWidth = 22;
const timeWidth = 7;

export class Timeline {
  private readonly entries: Entry[] = [];

  add(where: string, what: string, atMs: number = Date.now()): void {
    this.entries.push({ atMs, where, what });
  }

  /** One line per entry since `startedAtMs`, in order of time; equal times in order of arrival. */
  print(startedAtMs: number, put: (line: string) => void): void {
    const sorted = this.entries.filter(({ atMs }) => atMs >= startedAtMs).sort((a, b) => a.atMs - b.atMs);
    let before = '';
    for (const { atMs, where, what } of sorted) {
      const name = where === before ? '' : where;
      before = where;
      put(`${String(Math.round(atMs - startedAtMs)).padStart(timeWidth)}  ${name.padEnd(whereWidth)}${what}`);
    }
  }
}

const executed = /^\[([^\]]+)\].*Executing \[(\S+)@(\S+):(\d+)\] (Dial|AGI|Queue)\("[^"]*", "(.*)"\) in new stack/;
const accepted = /^\[([^\]]+)\].*Accepting AUTHENTICATED call from (\S+):/;

/** The lines of an Asterisk log that a reader of the demonstration wants: calls over the trunk and applications that matter. */
export function readAsteriskLog(name: string, log: string, timeline: Timeline): void {
  for (const line of log.split('\n')) {
    const step = executed.exec(line);
    if (step) timeline.add(`${name} dialplan`, `${step[2] ?? ''}@${step[3] ?? ''}: ${step[5] ?? ''}(${step[6] ?? ''})`, timeOf(step[1]));
    const trunk = accepted.exec(line);
    if (trunk) timeline.add(`${name} IAX2`, 'a call arrives over the trunk', timeOf(trunk[1]));
  }
}

const timeOf = (text: string | undefined): number => new Date((text ?? '').replace(' ', 'T')).getTime();
