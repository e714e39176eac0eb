/**
 * The JSON form of the reading commands (freeswitch-callcenter 10): the request comes back with status and response
 * added, on one line, or with `"format":"pretty"` as cJSON prints it.
 */
import { agentColumns } from './agent-rows.js';
import { printJson } from './json-print.js';
import { memberObjects } from './member-text.js';
import { queueObject, queuesSeen } from './queue-rows.js';
import { agentCells, agentsOfQueueCells, membersNamed, tierCells, type Reader } from './reading.js';
import { argumentsLengthMax } from './split-words.js';
import { objectOf, type Cell } from './table.js';
import { tierColumns, tierRows } from './tier-rows.js';

/** A request's nesting beyond this is not read. */
export const nestingMax = 50;

type Request = Readonly<Record<string, unknown>>;

/** `reader` is asked only for a command that reads; it may throw TDM_STANDBY. */
export function answerJson(text: string, reader: () => Reader): string {
  if (text.trim() === '') return '-ERR No JSON supplied.\n';
  const request = text.length > argumentsLengthMax ? undefined : readRequest(text);
  if (!request) return '-ERR Parse error.\n';
  const { command, data } = request;
  const isOurs = typeof command === 'string' && command === 'callcenter_config' && typeof data === 'object' && data !== null;
  if (!isOurs) return print(request, { status: 'error', message: 'Invalid request or non-existant command', response: null });
  const asked = data as Request;
  const members = membersAsked(asked);
  if (members) return printMembers(request, membersOf(reader(), members.queue));
  const response = responseTo(asked, reader);
  return print(request, Array.isArray(response) ? { status: 'success', response } : { ...failed, response });
}

/** Of all queues (`queue` undefined), or of the one that is named; undefined when members are not asked for. */
function membersAsked({ arguments: words, queue_name: queue }: Request): { readonly queue: string | undefined } | undefined {
  const asked = typeof words === 'string' ? words.toLowerCase() : '';
  if (asked === 'member list') return { queue: undefined };
  return asked === 'queue list members' && typeof queue === 'string' ? { queue } : undefined;
}

const membersOf = (reader: Reader, queue: string | undefined): string[] => memberObjects(membersNamed(reader, queue), reader);

/** The rows are text already: they may be many. */
function printMembers(request: Request, rows: readonly string[]): string {
  if (request['format'] === 'pretty') return print(request, { status: 'success', response: rows.map((row): unknown => JSON.parse(row)) });
  const end = ']}\n';
  return `${print(request, { status: 'success', response: [] }).slice(0, -end.length)}${rows.join(',')}${end}`;
}

const failed = { status: 'error', message: 'The command returned an error' };

function readRequest(text: string): Request | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // the same as JSON that is no object
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isFlat(value, nestingMax) ? (value as Request) : undefined;
}

function isFlat(value: unknown, deep: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return deep > 0 && Object.values(value).every((inner) => isFlat(inner, deep - 1));
}

function print(request: Request, added: Request): string {
  const echoed = Object.entries(request).filter(([key]) => !Object.hasOwn(added, key));
  return `${printJson(Object.fromEntries([...echoed, ...Object.entries(added)]), request['format'] === 'pretty')}\n`;
}

type Rows = readonly Readonly<Record<string, string | number>>[];

/** Rows; `{error}` when the queue's name is missing; null for anything else. */
function responseTo({ arguments: words, queue_name: given }: Request, reader: () => Reader): Rows | { readonly error: string } | null {
  if (typeof words !== 'string') return null;
  const asked = words.toLowerCase();
  if (/^queue list (agents|members|tiers)$/.test(asked) && typeof given !== 'string')
    return { error: 'Missing data attribute: queue_name' };
  const name = typeof given === 'string' ? given : '';
  switch (asked) {
    case 'agent list':
      return objects(agentColumns, agentCells(reader()));
    case 'queue list':
      return queueObjects(reader());
    case 'tier list':
      return tierObjects(reader());
    case 'queue list agents':
      return objects(agentColumns, agentsOfQueueCells(reader(), [name]));
    case 'queue list tiers':
      return objects(tierColumns, tierCells(reader(), name));
    default:
      return null;
  }
}

const objects = (columns: readonly string[], rows: readonly (readonly Cell[])[]): Rows => rows.map((cells) => objectOf(columns, cells));
const queueObjects = ({ state, seen }: Reader): Rows => queuesSeen(state, seen).map((queue) => queueObject(state, queue));
const tierObjects = ({ state, seen }: Reader): Rows => objects(tierColumns, tierRows(state, seen));
