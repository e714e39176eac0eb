/** All that belongs to the access to `/api/v1`, in one bundle for the store. */
import type { ApiKeyStore, SessionStore, UserRightsStore } from '../core/access-ports.js';
import { createApiKeys, createUserRights, type AccessOptions } from './access.js';
import type { Db } from './db.js';
import { createSessions } from './sessions.js';

export interface AccessStore {
  readonly rights: UserRightsStore;
  readonly keys: ApiKeyStore;
  readonly sessions: SessionStore;
  /** drop what is remembered */
  forget(): void;
}

export function createAccessStore(db: Db, options: AccessOptions): AccessStore {
  const rights = createUserRights(db, options);
  const keys = createApiKeys(db, options);
  const sessions = createSessions(db, options);
  return {
    rights,
    keys,
    sessions,
    forget() {
      for (const cache of [rights, keys, sessions]) cache.forget();
    },
  };
}
