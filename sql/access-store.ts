/** All that belongs to the access to `/api/v1`, in one bundle for the store. */
import type { ApiKeyStore, AuditStore, IdempotencyStore, SessionStore, UserList, UserRightsStore } from '../core/access-ports.js';
import { createApiKeys, createUserRights, type AccessOptions } from './access.js';
import { createAudit, type AuditOptions } from './audit.js';
import type { Db } from './db.js';
import { createIdempotency } from './idempotency.js';
import type { LocalClock } from './local-clock.js';
import { createSessions } from './sessions.js';
import { createUserList } from './user-list.js';

export interface AccessStore {
  readonly userList: UserList;
  readonly rights: UserRightsStore;
  readonly keys: ApiKeyStore;
  readonly sessions: SessionStore;
  readonly idempotency: IdempotencyStore;
  readonly audit: AuditStore;
  /** drop what is remembered */
  forget(): void;
  /** Stores queued audit rows for at most so long. */
  close(msMax: number): Promise<void>;
}

export function createAccessStore(db: Db, options: AccessOptions & AuditOptions & { readonly clock: LocalClock }): AccessStore {
  const rights = createUserRights(db, options);
  const keys = createApiKeys(db, options);
  const sessions = createSessions(db, options);
  const audit = createAudit(db, options);
  return {
    userList: createUserList(db, options),
    rights,
    keys,
    sessions,
    idempotency: createIdempotency(db, options),
    audit,
    forget() {
      for (const cache of [rights, keys, sessions]) cache.forget();
    },
    close: (msMax) => audit.close(msMax),
  };
}
