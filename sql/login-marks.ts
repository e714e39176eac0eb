import { fitTo } from './columns.js';
import type { Columns } from './columns.js';
import type { Statements } from './db.js';
import type { LocalClock } from './local-clock.js';

export interface LoginMark {
  readonly user: string;
  readonly ip: string;
  /** local DATETIME text */
  readonly at: string;
}

export interface LoginMarks {
  /** undefined: the same mark of this second is stored or on its way */
  begin(user: string, ip: string, atMs: number): LoginMark | undefined;
  prepare(marks: readonly LoginMark[]): Promise<(tx: Statements) => Promise<void>>;
  stored(marks: readonly LoginMark[]): void;
  settled(user: string): Promise<void>;
}

const sql = 'UPDATE vicidial_users SET last_login_date = ?, last_ip = ?, failed_login_count = 0 WHERE user = ?';
const usersMax = 1_000;

interface Last {
  readonly mark: LoginMark;
  onWay: boolean;
}

/**
 * last_login_date has a grain of one second: many logins of one user within it are one UPDATE. A failed
 * login in between (`settled`) makes the next success count again.
 */
export function createLoginMarks({ clock, columns }: { readonly clock: LocalClock; readonly columns: Columns }): LoginMarks {
  const last = new Map<string, Last>();
  let awaiting: { readonly user: string; readonly go: () => void }[] = [];

  return {
    begin(user, ip, atMs) {
      const at = clock.text(atMs);
      const before = last.get(user)?.mark;
      if (before && before.at === at && before.ip === ip) return undefined;
      if (last.size >= usersMax) forgetStored(last);
      const mark = { user, ip, at };
      last.set(user, { mark, onWay: true });
      return mark;
    },
    async prepare(marks) {
      if (marks.length === 0) return () => Promise.resolve();
      const facts = await columns.of('vicidial_users');
      // One per user, in the order of names: two processes that update the same users must not lock crosswise.
      const newest = new Map(marks.map((mark) => [mark.user, mark]));
      const ordered = [...newest.values()].sort((a, b) => (a.user < b.user ? -1 : 1));
      return async (tx) => {
        for (const { user, ip, at } of ordered) await tx.run(sql, [at, fitTo(facts, 'last_ip', ip), user]);
      };
    },
    stored(marks) {
      for (const mark of marks) {
        const known = last.get(mark.user);
        if (known?.mark === mark) known.onWay = false;
      }
      const ready = awaiting.filter(({ user }) => last.get(user)?.onWay !== true);
      awaiting = awaiting.filter((one) => !ready.includes(one));
      for (const { go } of ready) go();
    },
    async settled(user) {
      if (last.get(user)?.onWay === true) await new Promise<void>((go) => awaiting.push({ user, go }));
      last.delete(user);
    },
  };
}

function forgetStored(last: Map<string, Last>): void {
  for (const [user, { onWay }] of last) if (!onWay) last.delete(user);
}
