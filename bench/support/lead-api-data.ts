/** What bench/lead-api.ts asks for: leads, each with one proven call, and the account that asks. */
import { leadFields } from '../../core/leads/lead.js';
import { sqlDateTime } from '../../core/time.js';
import type { Db, Value } from '../../sql/db.js';

export const benchZone = 'UTC';
export const leadCount = 300_000;
const firstLeadId = 1_000_001;
const rowsPerInsert = { sqlite: 200, mysql: 2_000 } as const;

const values: Readonly<Partial<Record<(typeof leadFields)[number], string>>> = {
  status: 'TD',
  user: '6667',
  vendor_lead_code: '554443',
  source_id: 'SRC9',
  list_id: '501',
  gmt_offset_now: '-4.00',
  phone_code: '1',
  phone_number: '9998887112',
  title: 'Mr',
  first_name: 'Billy',
  middle_initial: 'U',
  last_name: 'Reilly',
  address1: '12 Main St',
  address2: 'Apt 3',
  address3: 'Bldg C',
  city: 'Largo',
  state: 'FL',
  province: 'Gulf',
  postal_code: '33777',
  country_code: 'USA',
  gender: 'M',
  date_of_birth: '1980-02-28',
  alt_phone: '9998887113',
  email: 'billy@test.example',
  security_phrase: 'blue',
  comments: 'call after lunch',
  called_count: '7',
  last_local_call_time: '2026-11-20 14:53:27',
  rank: '3',
  owner: '4646',
};

/** The answer for every lead, also the baseline's constant body. */
export const benchBody = `${leadFields.map((field) => values[field] ?? '').join('|')}\n`;

const codeOf = (n: number) => `V121190309${String(firstLeadId + n).padStart(10, '0')}`;
const page = '/vicidial/non_agent_api.php?user=6666&pass=bench-only&source=bench&function=ccc_lead_info&call_id=';

/** Request targets of `count` leads spread over all of them. */
export function benchPaths(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => page + codeOf(Math.floor((i * leadCount) / count)));
}

async function fill(db: Db, table: string, columns: readonly string[], row: (n: number) => readonly Value[]): Promise<void> {
  const size = rowsPerInsert[db.dialect];
  const head = `INSERT INTO ${table} (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES `;
  const marks = `(${columns.map(() => '?').join(', ')})`;
  await db.transaction(async (tx) => {
    for (let n = 0; n < leadCount; n += size) {
      const rows = Array.from({ length: Math.min(size, leadCount - n) }, (_, i) => row(n + i));
      await tx.run(head + rows.map(() => marks).join(', '), rows.flat());
    }
  });
}

/** Fill an empty, migrated database. */
export async function seedBench(db: Db, nowMs: number): Promise<void> {
  const callDate = sqlDateTime(nowMs - 60_000, benchZone);
  await fill(db, 'vicidial_list', ['lead_id', ...leadFields], (n) => [firstLeadId + n, ...leadFields.map((field) => values[field] ?? '')]);
  const proof = (n: number) => [`${1_700_000_000 + n}.1`, '10.9.9.1', callDate, firstLeadId + n, codeOf(n)];
  await fill(db, 'vicidial_log_extended', ['uniqueid', 'server_ip', 'call_date', 'lead_id', 'caller_code'], proof);
  await db.run("INSERT INTO vicidial_user_groups (user_group, allowed_campaigns) VALUES ('ADMIN', ' -ALL-CAMPAIGNS- - -')");
  await db.run(
    `INSERT INTO vicidial_users (user, pass, user_level, user_group, active, view_reports, vdc_agent_api_access, api_allowed_functions)
     VALUES ('6666', 'bench-only', 8, 'ADMIN', 'Y', '1', '1', ' ccc_lead_info ')`,
  );
}
