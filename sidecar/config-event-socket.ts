/** The settings of the event socket that we offer. */
import { knownDefaultSecrets, networks } from './config.js';
import type { Reader } from './config.js';
import { resolveSecret } from './secret-reference.js';

/** Shorter ones are guessed. */
const passwordLengthMin = 8;

export function eventSocketConfig(read: Reader) {
  const isOn = read.yes('event_socket');
  return {
    isOn,
    host: read.text('event_socket_host'),
    port: read.int('event_socket_port'),
    allow: networks(read, 'event_socket_allow'),
    password: isOn ? password(read) : undefined,
    connectionsMax: read.int('event_socket_connections_max'),
    perUserMax: read.int('event_socket_per_user_max'),
  };
}

function password(read: Reader): string {
  const secret = resolveSecret(read.text('event_socket_password'), process.env) ?? '';
  const isLaboratory = read.yes('allow_default_secrets');
  if (secret === '') read.complain('event_socket_password', 'is needed when event_socket is on');
  else if (/\s/.test(secret)) read.complain('event_socket_password', 'may not hold blanks');
  else if (!isLaboratory && (secret.length < passwordLengthMin || knownDefaultSecrets.has(secret)))
    read.complain('event_socket_password', `is well known or shorter than ${String(passwordLengthMin)} characters; set your own`);
  return secret;
}
