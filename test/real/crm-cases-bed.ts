/**
 * One Asterisk and four CRMs that hear the same calls: both editions of vTiger, once without internal calls and once with
 * the caller's side of them. Telephones 1011 to 1013 are users; 1010 is a customer, and 1019 the carrier of the trunk.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AmiLink } from '../../sidecar/ami.js';
import type { CrmSide } from '../../sidecar/crm/side.js';
import { openStore } from '../../sql/store.js';
import { openCrmOnBed } from '../support/crm-on-bed.js';
import { eventually } from '../support/eventually.js';
import { silentLog, silentMeter } from '../support/observers.js';
import { startStandInCrm, type StandInCrm } from '../support/stand-in-crm.js';
import type { CrmRow } from '../support/stand-in-rows.js';
import { claimPorts, startAsterisk, type Asterisk } from '../testbed/asterisk.js';
import type { SipCall, SipPhone } from '../testbed/sip-phone.js';

export type Edition = 'vtiger' | 'vtiger-sp';

/** What a row says: its edition wants these fields of it. */
export type Row = readonly [direction: CrmRow['direction'], user: string, customer: string, status: string];

const editions: readonly Edition[] = ['vtiger', 'vtiger-sp'];
const secret = 'cases-key-of-the-crm';
const users = ['1011', '1012', '1013'];

const account = `
[crm]
secret = crm-bed-secret
permit = 127.0.0.1/255.255.255.255
read = system,call,dialplan,agent
write = call,originate,reporting
`;

const dialplan = `
[from-phones](+)
exten => 200,1,Dial(PJSIP/1011,20,tT)
 same => n,Hangup()
exten => 201,1,Dial(PJSIP/1011,1)
 same => n,Hangup()
exten => 300,1,Answer()
 same => n,Wait(20)
 same => n,Hangup()
exten => 400,1,Answer()
 same => n,Queue(empty,,,,20)
 same => n,Hangup()
exten => 500,1,Dial(Local/1011@followme,20)
 same => n,Hangup()
exten => 501,1,FollowMe(1011,d)
 same => n,Hangup()
exten => _+X.,1,Dial(PJSIP/\${EXTEN}@carrier,20,T)
 same => n,Hangup()
exten => 502,1,Dial(Local/FMPR-1011@followme&Local/FMGL-+491705550001#@followme,20)
 same => n,Hangup()
[followme]
exten => _FMPR-X.,1,Dial(PJSIP/\${EXTEN:5},15)
 same => n,Hangup()
exten => _FMGL-.,1,Dial(PJSIP/\${EXTEN:5:-1}@carrier,15)
 same => n,Hangup()
exten => 1011,1,Dial(PJSIP/1011,1)
 same => n,Dial(PJSIP/+491705550001@carrier,20)
 same => n,Hangup()
`;

const queues = `
[support](+)
member => PJSIP/1011
[empty]
joinempty = yes
`;

const followMe = `
[1011]
context => followme
number => 1011,20
enable_callee_prompt => no
`;

export interface CasesBed {
  readonly asterisk: Asterisk;
  readonly link: AmiLink;
  /** the CRM of this edition that hears no internal calls */
  readonly crm: Readonly<Record<Edition, StandInCrm>>;
  phone(nn: number): SipPhone;
  /** `from` calls `to`, and `at` answers; both hear each other. */
  talk(from: number, to: string, at: number): Promise<{ readonly caller: SipCall; readonly callee: SipCall }>;
  /** A click in stock vTiger, of which SalesPlatform hears too, since the telephone is one of its users': the words of the answer. */
  click(from: string, to: string): Promise<string>;
  /** Each CRM's rows of this case are over and these; `internal`: with internal calls too. Looked at again when all channels are gone. */
  rows(expected: Readonly<Record<Edition, readonly Row[]>>, internal?: boolean): Promise<Readonly<Record<Edition, readonly CrmRow[]>>>;
  /** What this CRM was told since the case began, each with the extension that it names, and how the call ended. */
  told(edition: Edition): readonly string[];
  /** Some row is in this state in both CRMs. */
  reaches(user: string, status: string): Promise<void>;
  /** All calls are over, and the CRMs have still what the case wanted; the phones answer again. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Both directions carry sound: a key or a transfer before that is lost (docs/testbed.md). */
export const hearsOther = (call: SipCall): Promise<unknown> =>
  eventually(
    () => call.media.received,
    (packets) => packets > 5,
  );

const answering = (call: SipCall): void => {
  call.ring();
  void call.answer();
};

/** `DialAnswer 1011`, `Hangup failed` */
function wordsOf(fields: ReadonlyMap<string, string>): string {
  const extension = users.find((user) =>
    ['callerid1', 'callerid2', 'callerIdNum', 'callerNumber', 'dialString', 'callerIdNumber'].some((name) => fields.get(name) === user),
  );
  return [fields.get('callstatus'), extension, fields.get('HangupCause') ?? fields.get('causetxt')]
    .filter((word) => word !== undefined)
    .join(' ');
}

const isOver = ({ status, end, billed }: CrmRow): boolean => !['ringing', 'in-progress'].includes(status) && end !== '' && billed !== '';
const rowOf = ({ direction, user, customer, status }: CrmRow): Row => [direction, user, customer, status];

export async function startCasesBed(): Promise<CasesBed> {
  const release: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of release.splice(0)) await end();
  };
  try {
    const claim = await claimPorts(1);
    release.unshift(claim.release);
    const base = claim.bases[0] ?? 0;
    const asterisk = await startAsterisk({ name: 'crmcases', base });
    release.unshift(() => asterisk.stop());
    await asterisk.addConfig('extensions', '50-cases', dialplan);
    await asterisk.addConfig('manager', '50-crm', account);
    await asterisk.addConfig('queues', '50-cases', queues);
    await asterisk.addConfig(
      'pjsip',
      '50-carrier',
      `[carrier](phone)\naors = carrier\n[carrier]\ntype = aor\ncontact = sip:127.0.0.1:${String(base + 19)}\n`,
    );
    await writeFile(join(asterisk.dir, 'etc', 'followme.conf'), followMe);
    await asterisk.reload();
    await asterisk.cli('manager reload');
    await asterisk.cli('module load app_followme.so');
    const crms = new Map<string, StandInCrm>();
    for (const edition of editions)
      for (const calls of ['off', 'caller']) {
        const crm = await startStandInCrm(edition, users, secret);
        release.unshift(() => crm.stop());
        crms.set(`${edition}-${calls}`, crm);
      }
    await writeFile(join(asterisk.dir, 'crm.yaml'), bindingsOf(crms, asterisk.dir));
    const store = await openStore({ url: 'sqlite::memory:', zone: 'UTC', log: silentLog, meter: silentMeter, nowMs: Date.now });
    release.unshift(() => store.close());
    await store.migrate();
    const { link, side } = await openCrmOnBed(asterisk, store, { user: 'crm', secret: 'crm-bed-secret' });
    release.unshift(
      () => side.stop(),
      () => link.stop(),
    );
    const phones = new Map<number, SipPhone>();
    for (const nn of [10, 11, 12, 13, 19]) phones.set(nn, await asterisk.phone(nn));
    return createBed(asterisk, link, crms, phones, await portOf(side), stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

const portOf = (side: CrmSide): Promise<number> => side.listen();

const bindingsOf = (crms: ReadonlyMap<string, StandInCrm>, root: string): string => `recording_roots: [${root}]
crm:
${[...crms]
  .map(
    ([name, crm]) => `  - name: ${name}
    dialect: ${name.replace(/-(off|caller)$/, '')}
    crm_url: ${crm.url}
    secret: '${secret}'
    timezone: UTC
    public_url: http://127.0.0.1:5000
    path_prefix: ${name}
    contexts: [from-phones]
    extensions: { '1011': PJSIP/1011, '1012': PJSIP/1012, '1013': PJSIP/1013 }
    missed_owner: '1013'
    short_numbers: ['1010']
    internal_calls: '${name.endsWith('caller') ? 'caller' : 'off'}'
    makecall: { ring_s: 5 }
`,
  )
  .join('')}`;

function createBed(
  asterisk: Asterisk,
  link: AmiLink,
  crms: ReadonlyMap<string, StandInCrm>,
  phones: ReadonlyMap<number, SipPhone>,
  port: number,
  stop: () => Promise<void>,
): CasesBed {
  let since = new Map<StandInCrm, number>();
  let askedSince = new Map<StandInCrm, number>();
  let wanted: (() => void) | undefined;

  const crmOf = (name: string): StandInCrm => {
    const crm = crms.get(name);
    assert.ok(crm, name);
    return crm;
  };
  const newRows = (crm: StandInCrm): readonly CrmRow[] => crm.rows.slice(since.get(crm) ?? 0);
  const phone = (nn: number): SipPhone => {
    const found = phones.get(nn);
    assert.ok(found, `phone ${String(nn)}`);
    return found;
  };

  async function rowsOf(crm: StandInCrm, expected: readonly Row[]): Promise<readonly CrmRow[]> {
    const fits = (): boolean => newRows(crm).every(isOver) && JSON.stringify(newRows(crm).map(rowOf)) === JSON.stringify(expected);
    await eventually(fits, (isSo) => isSo, { msMax: 6_000 }).catch(() => undefined); // the comparison below says what differs
    assert.deepEqual(newRows(crm).map(rowOf), expected);
    assert.ok(newRows(crm).every(isOver), JSON.stringify(newRows(crm)));
    return newRows(crm);
  }

  return {
    asterisk,
    link,
    crm: { vtiger: crmOf('vtiger-off'), 'vtiger-sp': crmOf('vtiger-sp-off') },
    phone,
    async talk(from, to, at) {
      const rings = phone(at).nextCall();
      const caller = await phone(from).call(to);
      const callee = await rings;
      await Promise.all([caller.answered, callee.answered]);
      await Promise.all([hearsOther(caller), hearsOther(callee)]);
      return { caller, callee };
    },
    async click(from, to) {
      const params = new URLSearchParams({ secret, from, to, context: 'from-phones' });
      const answer = await fetch(`http://127.0.0.1:${String(port)}/vtiger-off/makecall?${params.toString()}`, { method: 'POST' });
      return answer.text();
    },
    async rows(expected, internal = false) {
      const suffix = internal ? 'caller' : 'off';
      const found = {} as Record<Edition, readonly CrmRow[]>;
      for (const edition of editions) found[edition] = await rowsOf(crmOf(`${edition}-${suffix}`), expected[edition]);
      const before = wanted;
      wanted = () => {
        before?.();
        for (const edition of editions) assert.deepEqual(newRows(crmOf(`${edition}-${suffix}`)).map(rowOf), expected[edition], edition);
      };
      return found;
    },
    told: (edition) => {
      const { asked } = crmOf(`${edition}-off`);
      const news = asked.slice(askedSince.get(crmOf(`${edition}-off`)) ?? 0);
      // without a word: SalesPlatform is asked whether it is well
      return news.filter(({ fields }) => fields.has('callstatus')).map(({ fields }) => wordsOf(fields));
    },
    async reaches(user, status) {
      for (const edition of editions)
        await eventually(
          () => newRows(crmOf(`${edition}-off`)).map(rowOf),
          (rows) => rows.some((row) => row[1] === user && row[3] === status),
          { msMax: 6_000 },
        );
    },
    async clear() {
      for (const one of phones.values()) {
        one.onCall = answering;
        for (const call of one.calls.values()) call.hangup();
      }
      await eventually(
        () => asterisk.channels(),
        (channels) => channels.length === 0,
      );
      const check = wanted;
      wanted = undefined;
      check?.();
      askedSince = new Map([...crms.values()].map((crm) => [crm, crm.asked.length]));
      since = new Map([...crms.values()].map((crm) => [crm, crm.rows.length]));
    },
    stop,
  };
}
