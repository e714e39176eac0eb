/** The dialer's journal and saver: results of calls while the database is away (dialer.md B11). */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DialerChange } from '../core/dialer/engine-words.js';
import { TandemError } from '../core/errors.js';
import { createDialerSaver, dialerSaverLimits } from '../core/services/dialer-saver.js';
import type { ChangeJournal, DialerSaver } from '../core/services/dialer-saver.js';
import { createDialerJournal, dialerJournalDefaults } from '../sidecar/dialer-journal.js';
import type { DialerJournal } from '../sidecar/dialer-journal.js';
import { createHandTimers } from './support/hand-timers.js';
import { recordingMeter, silentLog, silentMeter } from './support/observers.js';

const change = (contactId: string, callId?: string): DialerChange => ({
  transition: { contactId, from: 'dialed', to: 'ended', callResult: 'USER_BUSY' },
  record: callId === undefined ? undefined : ({ callId, contactId } as DialerChange['record']),
  outbox: [],
  dnc: [],
  audit: [],
});

const noJournal: ChangeJournal = {
  ...{ size: () => Promise.resolve(0), append: () => Promise.resolve(), replay: () => Promise.resolve(true) },
  problem: () => Promise.resolve(undefined),
};

const idsOf = (changes: readonly DialerChange[]): readonly (string | undefined)[] => changes.map(({ transition }) => transition?.contactId);
/** Also what is being written to a file. */
const turns = async (count = 30): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  if (!process.getActiveResourcesInfo().includes('FSReqPromise')) return;
  await new Promise((resolve) => setTimeout(resolve, 1));
  await turns(count);
};

describe('dialer: journal', () => {
  let folder: string;
  let file: string;
  const open: DialerJournal[] = [];

  const journal = (more: Partial<Parameters<typeof createDialerJournal>[0]> = {}, freeBytes = 1e12): DialerJournal => {
    const options = { ...dialerJournalDefaults, file, bytesMax: 1 << 20, ...more };
    const one = createDialerJournal(options, { log: silentLog, meter: silentMeter, freeBytes: () => Promise.resolve(freeBytes) });
    open.push(one);
    return one;
  };

  const replayed = async (from: ChangeJournal, fence: number): Promise<readonly DialerChange[]> => {
    const all: DialerChange[] = [];
    while (!(await from.replay(fence, (changes) => Promise.resolve(void all.push(...changes))))) continue;
    return all;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-journal-'));
    file = join(folder, 'sub', 'journal');
  });

  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('B11: what is written is replayed in order, also by the next life, and only once', async () => {
    const first = journal({ readBytes: 64 });
    await first.append([change('a'), change('b')], 7);
    await first.append([change('c')], 7);
    await first.close();
    const second = journal({ readBytes: 64 });
    assert.deepEqual(idsOf(await replayed(second, 8)), ['a', 'b', 'c']);
    assert.equal(await second.size(), 0);
    assert.deepEqual(await replayed(second, 8), []);
  });

  it('B11: a torn last line is cut off, a spoilt one left out, what follows is read', async () => {
    const first = journal();
    await first.append([change('a')], 1);
    await first.append([change('b')], 1);
    await first.append([change('c')], 1);
    await first.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [lines[0], lines[1]?.replace('"b"', '"x"'), lines[2], ''].join('\n'));
    appendFileSync(file, '0badc0de {"kind":"changes","fen');
    const second = journal();
    assert.deepEqual(idsOf(await replayed(second, 1)), ['a', 'c']);
    await second.append([change('d')], 1);
    assert.deepEqual(idsOf(await replayed(second, 1)), ['d']);
  });

  it('B11: what failed in the middle of the replay comes again, and what is written meanwhile comes behind', async () => {
    const one = journal({ readBytes: 64 });
    for (const id of ['a', 'b', 'c']) await one.append([change(id)], 1);
    const seen: (string | undefined)[] = [];
    const failing = (changes: readonly DialerChange[]): Promise<unknown> => {
      if (seen.length === 1) {
        seen.push('failed');
        return Promise.reject(new TandemError('TDM_STORE_DOWN', ['test']));
      }
      seen.push(...idsOf(changes));
      return Promise.resolve();
    };
    await assert.rejects(async () => {
      while (!(await one.replay(1, failing))) continue;
    }, /TDM|Database/);
    await one.append([change('d')], 1);
    const rest = idsOf(await replayed(one, 1));
    assert.equal(rest.at(-1), 'd');
    assert.deepEqual([...new Set([...seen.filter((id) => id !== 'failed'), ...rest])], ['a', 'b', 'c', 'd']);
  });

  it('B11: when another has dialled since, calls are still recorded, but contacts stay as they are', async () => {
    const first = journal();
    await first.append([change('a', 'a.1')], 3);
    await first.close();
    const [after] = await replayed(journal(), 5);
    assert.equal(after?.transition, undefined);
    assert.equal(after?.record?.callId, 'a.1');
  });

  it('B11: a life that ends between taking the lease and the replay does not look like another dialer', async () => {
    const first = journal();
    await first.append([change('a')], 3);
    const failing = first.replay(4, () => Promise.reject(new TandemError('TDM_STORE_DOWN', ['test'])));
    await assert.rejects(failing);
    await first.close();
    assert.deepEqual(idsOf(await replayed(journal(), 5)), ['a']);
  });

  it('B11: it is bounded, and says when its disk is nearly full', async () => {
    const small = journal({ bytesMax: 300 });
    await small.append([change('a')], 1);
    await assert.rejects(small.append([change('b'), change('c')], 1), { code: 'TDM_BUSY' });
    assert.deepEqual(idsOf(await replayed(small, 1)), ['a']);
    assert.equal(await small.problem(), undefined);
    assert.match((await journal({}, 1_000).problem()) ?? '', /0 KiB left/);
  });

  describe('saver', () => {
    let timers: ReturnType<typeof createHandTimers>;
    let isDown = false;
    let hangs = false;
    let stored: (string | undefined)[];
    let fencedBy: string | undefined;
    let backs = 0;
    const savers: DialerSaver[] = [];
    let warned: string[];
    const meter = recordingMeter();

    const saver = (
      given: ChangeJournal = journal(),
      save?: (changes: readonly DialerChange[]) => Promise<readonly boolean[]>,
    ): DialerSaver => {
      const made = createDialerSaver({
        save:
          save ??
          ((changes) => {
            if (hangs) return new Promise(() => undefined);
            if (isDown) return Promise.reject(new TandemError('TDM_STORE_DOWN', ['test']));
            stored.push(...idsOf(changes));
            return Promise.resolve(changes.map(() => true));
          }),
        ...{ journal: given, fence: 1, after: (ms: number, run: () => void) => timers.after(ms, run), monoMs: () => timers.nowMs() },
        onBack: () => {
          backs++;
        },
        onFenced: (reason) => (fencedBy = reason.code),
        ...{ log: { ...silentLog, warn: (_fields: unknown, text: string) => void warned.push(text) }, meter },
      });
      savers.push(made);
      return made;
    };

    beforeEach(() => {
      timers = createHandTimers();
      [isDown, hangs, stored, fencedBy, backs] = [false, false, [], undefined, 0];
      warned = [];
    });

    afterEach(async () => {
      for (const one of savers.splice(0)) {
        const stopping = one.stop();
        await turns();
        timers.advance(dialerSaverLimits.closeMsMax);
        await stopping;
      }
    });

    it('B11: a journal that cannot be read says so: the database is not what is away', async () => {
      const broken = { ...noJournal, replay: () => Promise.reject(new Error('EIO')) };
      const one = saver(broken);
      one.storeFailed('test');
      timers.advance(dialerSaverLimits.retryEveryMs);
      await turns();
      assert.ok(one.isStoreAway());
      assert.ok(
        warned.some((text) => text.startsWith('the journal cannot be replayed')),
        warned.join(),
      );
    });

    it('B11: the database goes and comes back: everything is stored in the order in which it happened', async () => {
      const one = saver();
      await one.save([change('a')]);
      isDown = true;
      await one.save([change('b')]);
      assert.equal(one.isStoreAway(), true);
      await one.save([change('c'), change('d')]);
      timers.advance(dialerSaverLimits.retryEveryMs);
      await turns();
      assert.deepEqual(stored, ['a']);
      isDown = false;
      timers.advance(dialerSaverLimits.retryEveryMs);
      await turns();
      await one.save([change('e')]);
      assert.deepEqual(stored, ['a', 'b', 'c', 'd', 'e']);
      assert.equal(one.isStoreAway(), false);
      assert.equal(backs, 1);
    });

    it('B11: a database that hangs holds nothing up for longer than a second', async () => {
      const one = saver();
      hangs = true;
      const saving = one.save([change('a')]);
      await turns();
      timers.advance(dialerSaverLimits.saveMsMax);
      await saving;
      assert.equal(one.isStoreAway(), true);
    });

    it('B11: the journal is full: changes wait in memory, an alarm says that nothing may be dialled, nothing is lost', async () => {
      const one = saver(journal({ bytesMax: 10 }));
      isDown = true;
      await one.save([change('a')]);
      await one.save([change('b')]);
      assert.match(one.alarm() ?? '', /journal cannot be written/);
      isDown = false;
      timers.advance(dialerSaverLimits.retryEveryMs);
      await turns();
      assert.deepEqual(stored, ['a', 'b']);
      timers.advance(dialerSaverLimits.lookEveryMs);
      await turns();
      assert.equal(one.alarm(), undefined);
    });

    it('B11: a disk that is nearly full is an alarm before the first result is lost', async () => {
      const one = saver(journal({}, 100));
      timers.advance(0);
      await turns();
      assert.match(one.alarm() ?? '', /KiB left/);
    });

    it('a change that the database refuses for good is left out, the others are stored', async () => {
      const one = saver(journal(), (changes) => {
        if (idsOf(changes).includes('bad')) return Promise.reject(new TandemError('TDM_INTERNAL'));
        stored.push(...idsOf(changes));
        return Promise.resolve(changes.map(() => true));
      });
      await one.save([change('a'), change('bad'), change('b')]);
      assert.deepEqual(stored, ['a', 'b']);
      assert.equal(meter.counted('tandem_dialer_refused_changes_total').length, 1);
      assert.equal(one.isStoreAway(), false);
    });

    it('B11: another owner has taken over: nothing is stored or journalled any more', async () => {
      const used = journal();
      const one = saver(used, () => Promise.reject(new TandemError('TDM_STANDBY', ['test'])));
      await assert.rejects(one.save([change('a')]), { code: 'TDM_STANDBY' });
      assert.equal(fencedBy, 'TDM_STANDBY');
      await assert.rejects(one.save([change('b')]), { code: 'TDM_STANDBY' });
      assert.equal(await used.size(), 0);
    });
  });
});
