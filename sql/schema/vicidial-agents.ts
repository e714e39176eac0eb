/** VICIdial's tables of the fronter commands (vicidial-ccc section 7): who is live, what plays, what is ordered. */
import type { Table } from './table.js';

export const liveAgents: Table = {
  name: 'vicidial_live_agents',
  columns: {
    live_agent_id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    user: 'VARCHAR(20)',
    server_ip: 'VARCHAR(15) NOT NULL',
    conf_exten: 'VARCHAR(20)',
    extension: 'VARCHAR(100)',
    status: "ENUM('READY','QUEUE','INCALL','PAUSED','CLOSER','MQUEUE') DEFAULT 'PAUSED'",
    lead_id: 'INT UNSIGNED NOT NULL DEFAULT 0',
    campaign_id: 'VARCHAR(8)',
    uniqueid: 'VARCHAR(20)',
    callerid: 'VARCHAR(20)',
    channel: 'VARCHAR(100)',
    last_call_time: 'DATETIME',
    last_update_time: 'TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
    external_transferconf: "VARCHAR(120) DEFAULT ''",
  },
  indexes: [['user'], ['lead_id'], ['last_call_time'], ['last_update_time']],
};

export const sessionsRecent: Table = {
  name: 'vicidial_sessions_recent',
  columns: {
    lead_id: 'INT UNSIGNED NOT NULL',
    server_ip: 'VARCHAR(15) NOT NULL',
    call_date: 'DATETIME',
    user: 'VARCHAR(20)',
    campaign_id: 'VARCHAR(20)',
    conf_exten: 'VARCHAR(20)',
    call_type: 'VARCHAR(1)',
  },
  indexes: [['lead_id'], ['call_date']],
};

export const liveChannels: Table = {
  name: 'live_channels',
  columns: {
    channel: 'VARCHAR(100) NOT NULL',
    server_ip: 'VARCHAR(15) NOT NULL',
    channel_group: 'VARCHAR(30)',
    extension: 'VARCHAR(100)',
    channel_data: 'VARCHAR(100)',
  },
  indexes: [['server_ip', 'extension']],
};

export const manager: Table = {
  name: 'vicidial_manager',
  columns: {
    man_id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    uniqueid: "VARCHAR(20) DEFAULT ''",
    entry_date: 'DATETIME',
    status: "ENUM('NEW','QUEUE','SENT','UPDATED','DEAD') DEFAULT 'NEW'",
    response: "ENUM('Y','N') DEFAULT 'N'",
    server_ip: 'VARCHAR(15) NOT NULL',
    channel: "VARCHAR(100) DEFAULT ''",
    action: "VARCHAR(20) DEFAULT ''",
    callerid: "VARCHAR(20) DEFAULT ''",
    ...Object.fromEntries(
      ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].map((letter) => [`cmd_line_${letter}`, "VARCHAR(100) DEFAULT ''"]),
    ),
  },
  indexes: [['callerid'], ['uniqueid'], ['channel']],
};
