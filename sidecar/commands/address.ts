/** Where the running Tandem is, for commands that ask it. */
import type { Command } from 'commander';
import { TandemError } from '../../core/errors.js';
import type { ApiAddress } from '../api-client.js';
import { readConfig } from '../config.js';
import { resolveSecret } from '../secret-reference.js';

export interface Where {
  readonly url?: string;
  readonly user?: string;
  readonly pass?: string;
}

export const reaching = (command: Command): Command =>
  command
    .option('--url <url>', 'address of the running Tandem; default: setting api_url, else its own HTTP address')
    .option('--user <user>', 'user of the own API whose functions allow it; default: setting api_user')
    .option('--pass <reference>', 'env:NAME or file:/path of the password; default: setting api_pass');

/** Throws TDM_BAD_REQUEST. */
export function addressOf(where: Where): ApiAddress {
  const { api, http } = readConfig(process.env);
  const host = ['0.0.0.0', '::'].includes(http.host) ? '127.0.0.1' : http.host;
  const url = where.url ?? (api.url || `http://${host.includes(':') ? `[${host}]` : host}:${String(http.port)}`);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new TandemError('TDM_BAD_REQUEST', [`"${url}" is no address such as http://127.0.0.1:8088`]);
  const user = where.user ?? api.user;
  const pass = resolveSecret(where.pass ?? api.pass, process.env) ?? '';
  if (user === '' || pass === '')
    throw new TandemError('TDM_BAD_REQUEST', ['name a user and a password: --user and --pass, or the settings api_user and api_pass']);
  return { url, user, pass };
}
