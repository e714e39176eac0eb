/** Calls of telephones by their account: looked at once for each agent and event, so none of it may depend on how many there are. */

export interface AccountCalls {
  /** channels that are remembered */
  uuids(): Iterable<string>;
  accountOf(uuid: string): string | undefined;
  /** An answered call stays answered. Nothing happens beyond the limit. */
  put(uuid: string, account: string, isAnswered: boolean): void;
  delete(uuid: string): void;
  /** undefined: the account has no call */
  stateOf(account: string): 'in-use' | 'ringing' | undefined;
}

export function createAccountCalls(callsMax: number): AccountCalls {
  const accounts = new Map<string, string>();
  /** by account: its channels, and whether each was answered */
  const byAccount = new Map<string, Map<string, boolean>>();

  /** Whether it was answered. */
  function remove(uuid: string): boolean {
    const account = accounts.get(uuid) ?? '';
    const calls = byAccount.get(account);
    const wasAnswered = calls?.get(uuid) === true;
    accounts.delete(uuid);
    calls?.delete(uuid);
    if (calls?.size === 0) byAccount.delete(account);
    return wasAnswered;
  }

  return {
    uuids: () => accounts.keys(),
    accountOf: (uuid) => accounts.get(uuid),
    put(uuid, account, isAnswered) {
      const wasAnswered = remove(uuid);
      if (accounts.size >= callsMax) return;
      accounts.set(uuid, account);
      const calls = byAccount.get(account) ?? new Map<string, boolean>();
      byAccount.set(account, calls.set(uuid, isAnswered || wasAnswered));
    },
    delete: (uuid) => void remove(uuid),
    stateOf(account) {
      const calls = byAccount.get(account);
      return calls && ([...calls.values()].includes(true) ? 'in-use' : 'ringing');
    },
  };
}
