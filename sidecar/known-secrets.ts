/** No secrets at all. */
/** Secrets that ship with the systems we connect to; nobody may run with them (B4). */
export const knownDefaultSecrets: ReadonlySet<string> = new Set([
  'ClueCon',
  'amp111',
  '1234',
  'mysecret',
  'secret',
  'password',
  'admin',
  'changeme',
  'mark',
  'custom',
]);
