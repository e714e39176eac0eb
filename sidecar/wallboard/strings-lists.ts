/** Texts of the lists of a campaign. */
import type { ListAction, ListState } from './lib/lists.ts';

const states: Readonly<Record<ListState, string>> = {
  loading: 'Loading',
  inactive: 'Waits',
  active: 'Dialled',
  failed: 'Failed',
  unloaded: 'Removed',
};

const actions: Readonly<Record<ListAction, string>> = {
  activate: 'Dial it',
  deactivate: 'Let it wait',
  unload: 'Remove',
  cancel: 'Cancel',
};

const actionWhy: Readonly<Record<ListAction, string>> = {
  activate: 'Its contacts are called from now on, as the rules of the campaign say.',
  deactivate: 'Its contacts wait until it is dialled again.',
  unload: 'Its contacts that were not called are removed. They cannot be brought back but by loading the file again.',
  cancel: 'What was stored stays, and is not dialled.',
};

export const listStrings = {
  title: 'Lists of contacts',
  none: 'No list was loaded yet.',
  unread: 'The lists could not be read.',
  more: 'The newest lists are shown.',
  name: 'List',
  state: 'State',
  stored: 'Stored',
  duplicates: 'There already',
  invalid: 'Wrong',
  blocked: 'Must not be called',
  noTimeZone: 'Time zone unknown',
  rejects: 'Refused lines',
  rejectsOf: (name: string): string => `Refused lines of ${name}, as a CSV file`,
  actionsHead: 'Actions',
  states,
  actions,
  actionWhy,
  of: (action: string, name: string): string => `${action}: ${name}`,
  rows: (n: number): string => `${String(n)} rows`,
  rate: (perSecond: number): string => `${String(perSecond)} a second`,
  left: (clock: string): string => `${clock} left`,
  waiting: 'Waits for the server that loads it.',
  progressOf: (name: string): string => `Progress of ${name}`,
  load: {
    title: 'Load a file',
    file: 'File: CSV, NDJSON or JSON, packed with gzip or not',
    country: 'Country of its numbers',
    countryWhy: 'Two letters, such as DE. Empty: that of the campaign.',
    encoding: 'Letters',
    encodings: { 'utf-8': 'UTF-8', latin1: 'Latin-1 (Windows)' } as Readonly<Record<string, string>>,
    duplicates: 'Contacts that are there already',
    duplicateRules: { skip: 'stay as they are', replace: 'are renewed', allow: 'come beside them' } as Readonly<Record<string, string>>,
    activate: 'Dial it when it is loaded',
    go: 'Load',
    sending: (percent: string): string => `Sending the file: ${percent}`,
    stop: 'Stop sending',
    noFile: 'Choose a file first.',
    wrongCountry: 'The country is two letters, such as DE.',
  },
};
