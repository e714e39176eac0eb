import type { LiveAgent, LiveAgents } from '../core/ports.js';
import { fitTo } from './columns.js';
import type { Columns } from './columns.js';
import { text } from './db.js';
import type { Db, Row } from './db.js';
import type { LocalClock } from './local-clock.js';

const agentColumns = 'user, lead_id, conf_exten, server_ip, last_call_time';
const findSql = `SELECT ${agentColumns} FROM vicidial_live_agents WHERE user = ? LIMIT 1`;
const otherSql = `SELECT ${agentColumns} FROM vicidial_live_agents WHERE lead_id = ? AND user <> ? ORDER BY last_call_time, live_agent_id LIMIT 1`;
const recentSql = `SELECT user, lead_id, conf_exten, server_ip, call_date AS last_call_time FROM vicidial_sessions_recent
  WHERE lead_id = ? AND user <> ? AND call_date > ? ORDER BY call_date DESC, user LIMIT 1`;
const leaveSql = 'UPDATE vicidial_live_agents SET external_transferconf = ? WHERE user = ?';
const playingSql = `SELECT channel FROM live_channels WHERE server_ip = ? AND extension = ? AND channel LIKE 'IAX2/ASTplay%' ORDER BY channel LIMIT 100`;
const hangupColumns = ['uniqueid', 'entry_date', 'status', 'response', 'server_ip', 'channel', 'action', 'callerid', 'cmd_line_b'];
const hangupSql = `INSERT INTO vicidial_manager (${hangupColumns.join(', ')}) VALUES ('', ?, 'NEW', 'N', ?, '', 'Hangup', ?, ?)`;

/** The tables of the fronter commands (vicidial-ccc section 7). Nothing is kept: these rows change with every call. */
export function createLiveAgents(db: Db, { clock, columns }: { readonly clock: LocalClock; readonly columns: Columns }): LiveAgents {
  const one = async (sql: string, values: readonly (string | number)[]): Promise<LiveAgent | undefined> => {
    const [row] = await db.all(sql, values);
    return row && liveAgent(row, clock);
  };
  return {
    find: (user) => one(findSql, [user]),
    otherWithLead: (leadId, user) => one(otherSql, [leadId, user]),
    recentSession: (leadId, user, sinceMs) => one(recentSql, [leadId, user, clock.text(sinceMs)]),
    async orderLeaveThreeWay(user, atMs) {
      const order = `LEAVE_3WAY_CALL---------NO------------${Math.floor(atMs / 1000)}`;
      await db.run(leaveSql, [order, user], { repeatable: true });
    },
    async playingChannels(confExten, serverIp) {
      return (await db.all(playingSql, [serverIp, confExten])).map((row) => text(row['channel']));
    },
    async orderHangup(channel, serverIp, atMs) {
      const facts = await columns.of('vicidial_manager');
      const at = clock.text(atMs);
      const callerId = `PLAYHU${at.replace(/\D/g, '')}`;
      // Hanging up twice is hanging up once.
      await db.run(hangupSql, [at, fitTo(facts, 'server_ip', serverIp), callerId, fitTo(facts, 'cmd_line_b', `Channel: ${channel}`)], {
        repeatable: true,
      });
    },
  };
}

function liveAgent(row: Row, clock: LocalClock): LiveAgent {
  return {
    user: text(row['user']),
    leadId: Number(row['lead_id'] ?? 0),
    confExten: text(row['conf_exten']),
    serverIp: text(row['server_ip']),
    lastCallAtMs: clock.instant(text(row['last_call_time'])),
  };
}
