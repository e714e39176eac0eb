/** JSON-RPC 2.0 as OpenSIPS's MI speaks it: one request or a list of them, parameters by name or by place. Pure. */
import { TandemError } from '../errors.js';

export interface MiRequest {
  readonly method: string;
  readonly params: MiParams;
  /** undefined: a notification, which is not answered */
  readonly id: string | number | null | undefined;
}

export type MiParams = readonly unknown[] | Readonly<Record<string, unknown>>;

/** An answer of the protocol: `data` says what was wrong with the parameters. */
export class MiError extends Error {
  readonly code: number;
  readonly data: string | undefined;

  constructor(code: number, message: string, data?: string) {
    super(message);
    this.name = 'MiError';
    this.code = code;
    this.data = data;
  }
}

export const miErrors = {
  parse: () => new MiError(-32700, 'Parse error'),
  request: () => new MiError(-32600, 'Invalid Request'),
  method: () => new MiError(-32601, 'Method not found'),
  count: () => new MiError(-32602, 'Invalid params', 'Too few or too many parameters'),
  type: (name: string) => new MiError(-32602, 'Invalid params', `Bad type for parameter '${name}'`),
  internal: () => new MiError(-32603, 'Internal error'),
} as const;

/** Requests in one body: a whole list is up to 15 ms of work, during which nobody is offered a call. */
export const batchMax = 10;

/** `isBatch`: the answer is a list. What is no request at its place is its error. Throws MiError for the whole body. */
export function readRequests(body: string): { readonly isBatch: boolean; readonly requests: readonly (MiRequest | MiError)[] } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw miErrors.parse();
  }
  if (!Array.isArray(value)) return { isBatch: false, requests: [readRequest(value)] };
  if (value.length === 0 || value.length > batchMax) throw miErrors.request();
  return { isBatch: true, requests: value.map(readRequest) };
}

function readRequest(value: unknown): MiRequest | MiError {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return miErrors.request();
  const { jsonrpc, method, params = {}, id } = value as Readonly<Record<string, unknown>>;
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method.length > 100) return miErrors.request();
  if (typeof params !== 'object' || params === null) return miErrors.request();
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number') return miErrors.request();
  return { method, params: params as MiParams, id };
}

export type MiAnswer = Readonly<{ jsonrpc: '2.0'; id: string | number | null }> &
  (Readonly<{ result: unknown }> | Readonly<{ error: Readonly<{ code: number; message: string; data?: string }> }>);

export const answered = (id: MiRequest['id'], result: unknown): MiAnswer => ({ jsonrpc: '2.0', result, id: id ?? null });

/** A result that is JSON already: a list of ten thousand calls is written as text. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Within other values. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** An answer as it leaves. */
export function answerText(answer: MiAnswer): string {
  if (!('result' in answer) || !(answer.result instanceof JsonText)) return JSON.stringify(answer);
  return `{"jsonrpc":"2.0","result":${answer.result.text},"id":${JSON.stringify(answer.id)}}`;
}

export function refusedWith(id: MiRequest['id'], error: MiError): MiAnswer {
  const { code, message, data } = error;
  return { jsonrpc: '2.0', error: { code, message, ...(data !== undefined && { data }) }, id: id ?? null };
}

/** What our own failures are in this protocol; the stable code goes along as data. */
export function miErrorOf(error: unknown): MiError {
  if (error instanceof MiError) return error;
  if (error instanceof TandemError && error.code !== 'TDM_INTERNAL') return new MiError(error.status, error.message, error.code);
  return miErrors.internal();
}

type Kind = 'text' | 'int' | 'texts';
type ValueOf<K extends Kind> = K extends 'int' ? number : K extends 'texts' ? readonly string[] : string;
export type MiShape = Readonly<Record<string, Kind | `${Kind}?`>>;
type KindOf<T extends string> = T extends `${infer K extends Kind}?` ? K : T extends Kind ? T : never;
export type MiValues<S extends MiShape> = {
  readonly [N in keyof S]: S[N] extends `${string}?` ? ValueOf<KindOf<S[N]>> | undefined : ValueOf<KindOf<S[N]>>;
};

/** Longest text of a parameter. */
export const paramCharsMax = 500;
/** Entries of a list. */
export const listMax = 1_000;

/** The named parameters of a command. Numbers may come as text, since command lines send nothing else. Throws MiError. */
export function readParams<S extends MiShape>(params: MiParams, shape: S): MiValues<S> {
  const names = Object.keys(shape);
  const given = Array.isArray(params) ? byPlace(params, names) : new Map(Object.entries(params));
  if ([...given.keys()].some((name) => !Object.hasOwn(shape, name))) throw miErrors.count();
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const kind = shape[name] ?? 'text';
    const value = given.get(name);
    if (value === undefined) {
      if (!kind.endsWith('?')) throw miErrors.count();
    } else values[name] = readValue(value, kind.replace('?', '') as Kind, name);
  }
  return values as MiValues<S>;
}

function byPlace(params: readonly unknown[], names: readonly string[]): Map<string, unknown> {
  if (params.length > names.length) throw miErrors.count();
  return new Map(params.map((value, i) => [names[i] ?? '', value]));
}

function readValue(value: unknown, kind: Kind, name: string): unknown {
  switch (kind) {
    case 'int':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      if (typeof value === 'string' && /^-?\d{1,9}$/.test(value)) return Number(value);
      throw miErrors.type(name);
    case 'text':
      if (typeof value === 'string' && value.length <= paramCharsMax) return value;
      if (typeof value === 'number' && Number.isFinite(value)) return String(value);
      throw miErrors.type(name);
    case 'texts': {
      const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
      if (list.length <= listMax && list.every((one) => typeof one === 'string' && one.length <= paramCharsMax)) return list;
      throw miErrors.type(name);
    }
  }
}
