/** VICIdial's tables of the destination side: leads, hand-over logs, containers (vicidial-ccc sections 4 and 8). */
import type { Table } from './table.js';

export const vicidialList: Table = {
  name: 'vicidial_list',
  columns: {
    lead_id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    entry_date: 'DATETIME',
    modify_date: 'TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
    status: 'VARCHAR(6)',
    user: 'VARCHAR(20)',
    vendor_lead_code: 'VARCHAR(20)',
    source_id: 'VARCHAR(50)',
    list_id: 'BIGINT UNSIGNED NOT NULL DEFAULT 0',
    gmt_offset_now: "DECIMAL(4,2) DEFAULT '0.00'",
    called_since_last_reset: "ENUM('Y','N','Y1','Y2','Y3','Y4','Y5','Y6','Y7','Y8','Y9','Y10','D') DEFAULT 'N'",
    phone_code: 'VARCHAR(10)',
    phone_number: 'VARCHAR(18) NOT NULL',
    title: 'VARCHAR(4)',
    first_name: 'VARCHAR(30)',
    middle_initial: 'VARCHAR(1)',
    last_name: 'VARCHAR(30)',
    address1: 'VARCHAR(100)',
    address2: 'VARCHAR(100)',
    address3: 'VARCHAR(100)',
    city: 'VARCHAR(50)',
    state: 'VARCHAR(2)',
    province: 'VARCHAR(50)',
    postal_code: 'VARCHAR(10)',
    country_code: 'VARCHAR(3)',
    gender: "ENUM('M','F','U') DEFAULT 'U'",
    date_of_birth: 'DATE',
    alt_phone: 'VARCHAR(12)',
    email: 'VARCHAR(70)',
    security_phrase: 'VARCHAR(100)',
    comments: 'VARCHAR(255)',
    called_count: 'SMALLINT UNSIGNED DEFAULT 0',
    last_local_call_time: 'DATETIME',
    rank: 'SMALLINT NOT NULL DEFAULT 0',
    owner: "VARCHAR(20) DEFAULT ''",
    entry_list_id: 'BIGINT UNSIGNED NOT NULL DEFAULT 0',
  },
  indexes: [
    ['phone_number'],
    ['list_id'],
    ['called_since_last_reset'],
    ['status'],
    ['gmt_offset_now'],
    ['postal_code'],
    ['last_local_call_time'],
    ['rank'],
    ['owner'],
  ],
};

export const settingsContainers: Table = {
  name: 'vicidial_settings_containers',
  columns: {
    container_id: 'VARCHAR(40) NOT NULL PRIMARY KEY',
    container_notes: "VARCHAR(255) DEFAULT ''",
    container_type: "VARCHAR(40) DEFAULT 'OTHER'",
    user_group: "VARCHAR(20) DEFAULT '---ALL---'",
    container_entry: 'MEDIUMTEXT',
  },
};

export const urlLog: Table = {
  name: 'vicidial_url_log',
  columns: {
    url_log_id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    uniqueid: 'VARCHAR(50) NOT NULL',
    url_date: 'DATETIME',
    url_type: "VARCHAR(10) DEFAULT ''",
    response_sec: 'SMALLINT UNSIGNED DEFAULT 0',
    url: 'TEXT',
    url_response: 'TEXT',
  },
  indexes: [['uniqueid'], ['url_date']],
};

const cccColumns = {
  call_date: 'DATETIME',
  remote_call_id: "VARCHAR(30) DEFAULT ''",
  local_call_id: "VARCHAR(30) DEFAULT ''",
  lead_id: 'INT UNSIGNED',
  uniqueid: "VARCHAR(20) DEFAULT ''",
  channel: "VARCHAR(100) DEFAULT ''",
  server_ip: "VARCHAR(60) DEFAULT ''",
  list_id: 'BIGINT UNSIGNED',
  container_id: "VARCHAR(40) DEFAULT ''",
  remote_lead_id: 'INT UNSIGNED',
} as const;

export const cccLog: Table = {
  name: 'vicidial_ccc_log',
  columns: cccColumns,
  indexes: [['call_date'], ['local_call_id'], ['lead_id']],
};

export const cccLogArchive: Table = {
  name: 'vicidial_ccc_log_archive',
  columns: cccColumns,
  unique: [['uniqueid', 'call_date', 'lead_id']],
  indexes: [['call_date'], ['local_call_id'], ['lead_id']],
};
