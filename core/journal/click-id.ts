/**
 * The id of a call that a CRM has ordered says so itself: another process than the one that ordered it may have the journal,
 * and Asterisk tells the variables of a channel only to accounts that may hear everything.
 */

/** `token`: 16 hex digits that come once */
export const clickId = (binding: string, token: string): string => `tandem-crm-${binding}-${token}`;

export function markOfId(id: string): { readonly origin: string; readonly binding: string } | undefined {
  const binding = /^tandem-crm-([A-Za-z0-9_-]+)-[0-9a-f]{16}$/.exec(id)?.[1];
  return binding === undefined ? undefined : { origin: 'crm', binding };
}
