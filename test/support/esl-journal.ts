/** Recorded events of a real FreeSWITCH 1.10.12 (`test/fixtures/esl/journal/`), one a line, in the journal's words. */
import { readdirSync, readFileSync } from 'node:fs';
import { eslFacts, eslTimeMs, type EslFields } from '../../core/journal/esl-facts.js';
import type { JournalEvent } from '../../core/journal/events.js';
import { createJournal } from '../../core/journal/journal.js';
import type { Journal } from '../../core/journal/journal.js';
import { createRoles, type Roles } from '../../core/journal/roles.js';

const folder = new URL('../fixtures/esl/journal/', import.meta.url);

export type Headers = Readonly<Record<string, string>>;

export const eslRecordings = readdirSync(folder)
  .filter((file) => file.endsWith('.jsonl'))
  .map((file) => file.replace('.jsonl', ''))
  .sort();

/** As `esl-outbound/event.ts` reads them. */
export function fieldsOf(headers: Headers): EslFields {
  const get = (name: string): string | undefined => (Object.hasOwn(headers, name) ? headers[name] : undefined);
  return {
    name: headers['Event-Name'] ?? '',
    get,
    variable: (name) => get(`variable_${name}`) || undefined,
  };
}

export const recordedHeaders = (name: string): readonly Headers[] =>
  readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Headers);

export const factsOf = (headers: readonly Headers[], at = 'fs'): JournalEvent[] =>
  headers.flatMap((one) => {
    const event = fieldsOf(one);
    return eslFacts(event).map((fact) => ({ switch: at, atMs: eslTimeMs(event) ?? 0, ...fact }));
  });

/** 1010 is the customer; agents call and are called by the profile `internal`, which is trusted there. */
export const eslRoles: Roles = createRoles({
  '1011': 'sofia/internal/1011',
  '1012': 'sofia/internal/1012',
  '1019': 'user/1019@a.example',
});

export const openEslJournal = (roles: Roles = eslRoles): Journal => createJournal({ roles, systemOf: (name) => name });
