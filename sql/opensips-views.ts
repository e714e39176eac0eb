/**
 * OpenSIPS's runtime and history tables as views over our own (opensips-call-center 2.3, 2.4, 11), so that reports
 * written for them go on. Times of rows that its process counted from its own start are Unix seconds (D-28);
 * `cid` does not start again (D-25).
 */
import { isIdentifier } from '../core/import/opensips-names.js';
import { TandemError } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import type { Db, Dialect } from './db.js';

/** Names of the views; '' = none. */
export interface OpensipsViewNames {
  readonly calls: string;
  readonly cdrs: string;
}

export interface OpensipsViews {
  /**
   * Makes or renews them. A table of that name that is somebody else's stays, and the view is left out with a warning;
   * so it is when the database user may create no view.
   */
  renew(names: OpensipsViewNames): Promise<void>;
}

export function createOpensipsViews(db: Db, { own, log }: { readonly own: string; readonly log: Log }): OpensipsViews {
  async function renewOne(name: string, select: string): Promise<void> {
    if (name === '') return;
    if (!isIdentifier(name)) throw new TandemError('TDM_BAD_VALUE', ['name of a view', `"${name}" is no name`]);
    const view = `${own}${name}`;
    try {
      // both fail for a table of this name, which is not ours; a report that runs meanwhile finds the old view or the new one
      if (db.dialect === 'mysql') await db.run(`CREATE OR REPLACE VIEW ${view} AS ${select}`);
      else
        await db.transaction(async (tx) => {
          await tx.run(`DROP VIEW IF EXISTS ${view}`);
          await tx.run(`CREATE VIEW ${view} AS ${select}`);
        });
    } catch (error) {
      log.warn({ err: error, view: name }, 'a view with columns of OpenSIPS could not be made');
    }
  }
  return {
    async renew({ calls, cdrs }) {
      const words = wordsOf(db.dialect);
      await renewOne(cdrs, cdrsSelect(`${own}tandem_segments`, words));
      await renewOne(calls, callsSelect(`${own}tandem_acd`, words));
    },
  };
}

/** Where the two dialects differ. */
interface Words {
  /** field of a JSON document as plain text or number */
  readonly json: (doc: string, path: string) => string;
  /** local time of Unix ms, as the reference writes it */
  readonly datetime: (ms: string) => string;
  readonly int: (value: string) => string;
  readonly concat: (...parts: readonly string[]) => string;
}

function wordsOf(dialect: Dialect): Words {
  if (dialect === 'mysql')
    return {
      json: (doc, path) => `JSON_UNQUOTE(JSON_EXTRACT(${doc}, '${path}'))`,
      datetime: (ms) => `FROM_UNIXTIME(FLOOR(${ms} / 1000))`,
      int: (value) => `CAST(FLOOR(${value}) AS SIGNED)`,
      concat: (...parts) => `CONCAT(${parts.join(', ')})`,
    };
  return {
    json: (doc, path) => `json_extract(${doc}, '${path}')`,
    datetime: (ms) => `datetime(${ms} / 1000, 'unixepoch', 'localtime')`,
    int: (value) => `CAST(${value} AS INTEGER)`,
    concat: (...parts) => parts.join(' || '),
  };
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

/** Why an offer failed by the agent: one row of type -2 each. Offers that were taken back have none. */
const failures = ['no-answer', 'rejected', 'busy', 'not-registered', 'unreachable', 'not-confirmed', 'agent-gone'];
/** Refused at the door: the entry failed, so there is no row. */
const refusals = ['blocked', 'closed', 'full', 'join-empty'];
const errors = ['error', 'lost', 'queue-removed'];

function cdrsSelect(segments: string, { datetime, int }: Words): string {
  const seconds = (ms: string): string => int(`(${ms}) / 1000`);
  const ofOffer = (column: string, where: string): string =>
    `(SELECT MAX(o.${column}) FROM ${segments} o WHERE o.kind = 'offer' AND ${where})`;
  const rang = `o.member = s.member AND o.visit = s.visit AND o.outcome = 'caller-left'`;
  const talked = `s.outcome = 'answered'`;
  const isOffered = `COALESCE(s.offers, 0) > 0`;
  return `SELECT
      s.serial AS id,
      s.number AS caller,
      ${datetime('s.arrived_ms')} AS received_timestamp,
      ${seconds(`CASE WHEN s.kind = 'offer' THEN s.ended_ms - s.arrived_ms ELSE s.wait_ms END`)} AS wait_time,
      ${seconds(`CASE WHEN s.kind = 'offer' THEN s.ring_ms WHEN ${talked} THEN ${ofOffer('ring_ms', `o.segment_key = s.offer`)} ELSE 0 END`)} AS pickup_time,
      ${seconds(`CASE WHEN ${talked} THEN s.talk_ms ELSE 0 END`)} AS talk_time,
      s.queue AS flow_id,
      CASE WHEN s.kind = 'offer' OR ${talked} THEN s.agent ELSE ${ofOffer('agent', rang)} END AS agent_id,
      CASE WHEN s.kind = 'offer' THEN -2 WHEN ${talked} THEN 0 WHEN s.outcome IN (${quoted(errors)}) THEN -1 ELSE 1 END AS call_type,
      COALESCE(s.rejections, 0) AS rejected,
      CASE WHEN s.kind = 'offer' THEN 3 WHEN ${talked} THEN 7
        ELSE 1 + CASE WHEN ${isOffered} THEN 2 ELSE 0 END + CASE WHEN s.outcome = 'abandoned' THEN 8 ELSE 0 END END AS fstats,
      s.serial AS cid,
      CASE WHEN s.media = 'chat' THEN 2 ELSE 1 END AS media,
      s.member AS call_id
    FROM ${segments} s
    WHERE s.origin IS NULL AND ((s.kind = 'visit' AND s.outcome NOT IN (${quoted(refusals)}) AND NOT (s.outcome = 'queue-removed' AND s.ended_ms = s.started_ms))
      OR (s.kind = 'offer' AND s.outcome IN (${quoted(failures)})))`;
}

/** 2,147,483,647 s: nobody was logged in, or the wait is unknown. */
const neverS = 2_147_483_647;

function callsSelect(acd: string, { json, int, concat }: Words): string {
  const field = (path: string): string => json('m.doc', path);
  const first = (column: string): string =>
    `(SELECT o.${column} FROM ${acd} o WHERE o.kind = 'offer' AND o.id = COALESCE(${field('$.phase.offer')}, ${field('$.offers[0]')}))`;
  const truth = (path: string): string => `${field(path)} IN ('true', '1', 1)`;
  const seconds = (path: string): string => int(`${field(path)} / 1000`);
  return `SELECT
      ${int(field('$.serial'))} AS id,
      CASE m.state
        WHEN 'welcome' THEN 1
        WHEN 'dissuading' THEN CASE WHEN ${truth('$.phase.isFinal')} THEN 3 ELSE 2 END
        WHEN 'talking' THEN 6
        WHEN 'abandoned' THEN 7
        ELSE CASE ${first('state')} WHEN 'answered' THEN 5 WHEN 'ringing' THEN 6 WHEN 'connecting' THEN 6 WHEN 'talking' THEN 6 ELSE 4 END
      END AS state,
      CASE WHEN ${field('$.media')} = 'chat' THEN 1 ELSE 0 END AS media,
      0 AS ig_cback,
      ${int(field('$.rejections'))} AS no_rej,
      -1 AS setup_time,
      CASE WHEN ${field('$.ewtAtJoinMs')} IS NULL THEN ${String(neverS)} ELSE ${seconds('$.ewtAtJoinMs')} END AS eta,
      ${seconds('$.enteredAtMs')} AS last_start,
      ${seconds('$.joinedAtMs')} AS recv_time,
      ${concat(`'"'`, field('$.name'), `'"'`)} AS caller_dn,
      ${field('$.number')} AS caller_un,
      m.id AS b2buaid,
      m.queue AS flow,
      COALESCE(${first('agent')}, '') AS agent,
      ${field('$.param')} AS script_param
    FROM ${acd} m
    WHERE m.kind = 'member'`;
}
