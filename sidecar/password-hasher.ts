/** Hash and check the passwords that provisioning stores. */
import type { PasswordHasher } from './provision.js';
import { createSecrets, hashSecret } from './secrets.js';

export function createPasswordHasher(): PasswordHasher {
  const secrets = createSecrets(Date.now);
  return { hash: (pass) => hashSecret(pass), verify: (pass, hash) => secrets.verifyOwn(hash, pass) };
}
