/**
 * mod_callcenter's commands over HTTP: `POST /api/callcenter_config` and its sisters, `POST /api/json`, and the forms of
 * FreeSWITCH's own web interface, `/txtapi/callcenter_config?agent+list` and `/webapi/...`. The answer is the command's
 * text, with status 200 also when it is `-ERR`; other statuses are the door's own refusals.
 */
import express, { Router, type NextFunction, type Request, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import {
  callcenterCommandNames,
  type CallcenterCommandName,
  type CallcenterCommands,
  type CallcenterUser,
} from '../../core/callcenter-ports.js';
import { argumentsLengthMax } from '../../core/callcenter/split-words.js';
import { TandemError } from '../../core/errors.js';
import type { Permit } from './permission.js';

export interface CallcenterRouteTools {
  readonly commands: CallcenterCommands;
  readonly permit: Permit;
  /** the client's address, behind a trusted proxy too */
  addressOf(req: Request): string;
}

/** Commands of one address in a minute: a monitor that reads ten tables every second, and people. */
export const commandsPerMinuteMax = 6_000;

export function createCallcenterRoutes(
  tools: CallcenterRouteTools,
  options: { readonly requestsPerMinuteMax: number } = { requestsPerMinuteMax: commandsPerMinuteMax },
): Router {
  const router = Router();
  const text = express.text({ limit: argumentsLengthMax, type: ['text/*', 'application/octet-stream'] });
  const limit = rateLimit({
    windowMs: 60_000,
    limit: options.requestsPerMinuteMax,
    keyGenerator: (req) => tools.addressOf(req),
    handler: (_req: Request, _res: Response, next: NextFunction) =>
      next(new TandemError('TDM_TOO_MANY', [`${String(options.requestsPerMinuteMax)} a minute`])),
    validate: false,
  });
  for (const name of callcenterCommandNames) {
    router.post(`/api/${name}`, limit, fromOwnProgram, text, (req, res) => answer(tools, name, argumentsOf(req), req, res));
    router.all([`/txtapi/${name}`, `/webapi/${name}`], limit, fromOwnProgram, (req, res) => {
      if (req.method !== 'GET' && req.method !== 'POST') throw new TandemError('TDM_BAD_REQUEST', ['only GET and POST are served here']);
      return answer(tools, name, behindQuestionMark(req), req, res);
    });
  }
  return router;
}

/** These are doors for programs, which need no proof beside their password: so no page of any site may make a browser use them. */
function fromOwnProgram(req: Request, _res: Response, next: NextFunction): void {
  const site = req.headers['sec-fetch-site'];
  next(req.headers.origin !== undefined || site === 'cross-site' || site === 'same-site' ? new TandemError('TDM_CROSS_SITE') : undefined);
}

async function answer(tools: CallcenterRouteTools, name: CallcenterCommandName, args: string, req: Request, res: Response): Promise<void> {
  if (args.length > argumentsLengthMax) throw new TandemError('TDM_TOO_LARGE', [argumentsLengthMax]);
  const who = await tools.permit(req, tools.commands.need(name, args));
  const body = await runCommand(tools.commands, name, args, { ...who, address: tools.addressOf(req) });
  const isJson = name === 'json' && body.startsWith('{');
  // never a page: names of callers stand in it
  res.setHeader('Content-Type', isJson ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.send(Buffer.from(body));
}

export function runCommand(commands: CallcenterCommands, name: CallcenterCommandName, args: string, who: CallcenterUser): Promise<string> {
  switch (name) {
    case 'callcenter_config':
      return commands.config(args, who);
    case 'callcenter_break':
      return commands.break(args, who);
    case 'callcenter_track':
      return commands.track(args, who);
    case 'json':
      return commands.json(args, who);
  }
}

/** A text body, `args` of a form or of the query, or for `json` the request itself. */
function argumentsOf(req: Request): string {
  const body: unknown = req.body;
  if (typeof body === 'string' && body !== '') return body.replace(/\r?\n$/, '');
  const isJson = req.is('application/json') === 'application/json';
  if (isJson) {
    if (req.path !== '/api/json') throw new TandemError('TDM_BAD_REQUEST', ['the arguments must be text, or args=...']);
    return JSON.stringify(body);
  }
  const form = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)['args'] : undefined;
  const given = form ?? req.query['args'] ?? '';
  if (typeof given !== 'string') throw new TandemError('TDM_BAD_REQUEST', ['args must stand there once']);
  return given;
}

/** Everything behind the question mark, a plus for a blank. Throws TDM_BAD_REQUEST for broken percent signs. */
function behindQuestionMark(req: Request): string {
  const at = req.originalUrl.indexOf('?');
  const query = at < 0 ? '' : req.originalUrl.slice(at + 1).replaceAll('+', ' ');
  try {
    return decodeURIComponent(query);
  } catch (e) {
    throw new TandemError('TDM_BAD_REQUEST', ['the arguments cannot be decoded'], { cause: e });
  }
}
