/** Recorded dialogues with mod_callcenter, in the form that test/fixtures/callcenter/commands.txt explains. */
import { readFileSync } from 'node:fs';

export interface Exchange {
  /** of the file */
  readonly line: number;
  readonly command: string;
  readonly args: string;
  /** of the real one */
  readonly recorded: string;
  /** ours */
  readonly wanted: string;
}

export function readDialogue(file: string): Exchange[] {
  const exchanges: Exchange[] = [];
  const lines = readFileSync(file, 'utf8').split('\n');
  lines.forEach((text, i) => {
    if (!text.startsWith('> ')) return;
    const [command = ''] = text.slice(2).split(' ', 1);
    const answer = (mark: string, at: number) =>
      lines[at]?.startsWith(`${mark} `) ? (JSON.parse(lines[at].slice(2)) as string) : undefined;
    const recorded = answer('=', i + 1) ?? '';
    exchanges.push({
      line: i + 1,
      command,
      args: text.slice(2 + command.length + 1),
      recorded,
      wanted: answer('~', i + 2) ?? recorded,
    });
  });
  return exchanges;
}

/** Epoch seconds differ from run to run. */
export const withoutTimes = (text: string): string => text.replace(/\b1795\d{6}\b/g, 'T');
