/** Rows of the audit for commands that come by other doors than `/api/v1`. */
import { randomBytes } from 'node:crypto';
import type { AuditStore, CommandUser, RecordCommand } from '../core/access-ports.js';
import { createAuditIds } from './audit-id.js';
import { docOf } from './audit-text.js';

/** What stands for the method. */
const method = 'COMMAND';

export interface CommandAuditDeps {
  readonly audit: Pick<AuditStore, 'write'>;
  nowMs(): number;
}

export function createCommandAudit(deps: CommandAuditDeps): RecordCommand {
  const auditId = createAuditIds(() => randomBytes(4).toString('hex'));
  return ({ who, command, request, status, code, answer }) => {
    const atMs = deps.nowMs();
    return deps.audit.write({
      id: auditId(atMs),
      atMs,
      principal: principalOf(who),
      address: who.address ?? '',
      method,
      path: command,
      request: docOf(request),
      before: undefined,
      after: docOf(answer),
      status,
      code,
      requestId: '',
    });
  };
}

const principalOf = ({ id, user, address }: CommandUser): string => id ?? (address === undefined ? user : `${user}@${address}`);
