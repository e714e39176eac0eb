/**
 * VICIdial's tables of the origin side: users, settings, proofs of calls, API logs (vicidial-ccc sections 3
 * and 8). Names, types and defaults as VICIdial has them. Created only when absent, never altered (DB-2).
 */
import type { Table } from './table.js';

export const vicidialUsers: Table = {
  name: 'vicidial_users',
  columns: {
    user_id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    user: 'VARCHAR(20) NOT NULL',
    pass: "VARCHAR(100) NOT NULL DEFAULT ''",
    full_name: 'VARCHAR(50)',
    user_level: 'TINYINT UNSIGNED DEFAULT 1',
    user_group: 'VARCHAR(20)',
    active: "ENUM('Y','N') DEFAULT 'Y'",
    view_reports: "ENUM('1','0') DEFAULT '0'",
    vdc_agent_api_access: "ENUM('0','1') DEFAULT '0'",
    api_list_restrict: "ENUM('1','0') DEFAULT '0'",
    api_allowed_functions: "VARCHAR(1000) DEFAULT ' ALL_FUNCTIONS '",
    pass_hash: "VARCHAR(500) DEFAULT ''",
    failed_login_count: 'TINYINT UNSIGNED DEFAULT 0',
    last_login_date: "DATETIME DEFAULT '2001-01-01 00:00:01'",
    last_ip: "VARCHAR(15) DEFAULT ''",
    failed_login_attempts_today: 'MEDIUMINT UNSIGNED DEFAULT 0',
    failed_login_count_today: 'SMALLINT UNSIGNED DEFAULT 0',
    failed_last_ip_today: "VARCHAR(50) DEFAULT ''",
    failed_last_type_today: "VARCHAR(20) DEFAULT ''",
    ignore_ip_list: "ENUM('0','1') DEFAULT '0'",
    two_factor_override: "ENUM('NOT_ACTIVE','ENABLED','DISABLED') DEFAULT 'NOT_ACTIVE'",
  },
  unique: [['user']],
};

export const vicidialUserGroups: Table = {
  name: 'vicidial_user_groups',
  columns: {
    user_group: 'VARCHAR(20) NOT NULL PRIMARY KEY',
    group_name: "VARCHAR(40) NOT NULL DEFAULT ''",
    allowed_campaigns: 'TEXT',
    admin_viewable_groups: 'TEXT',
    api_ip_list: "VARCHAR(30) DEFAULT ''",
  },
};

export const systemSettings: Table = {
  name: 'system_settings',
  columns: {
    use_non_latin: "ENUM('0','1') DEFAULT '0'",
    pass_hash_enabled: "ENUM('0','1') DEFAULT '0'",
    pass_key: "VARCHAR(100) DEFAULT ''",
    pass_cost: 'TINYINT UNSIGNED DEFAULT 2',
    allow_ip_lists: "ENUM('0','1','2') DEFAULT '0'",
    system_ip_blacklist: "VARCHAR(30) DEFAULT ''",
    two_factor_auth_hours: 'SMALLINT DEFAULT 0',
    two_factor_container: "VARCHAR(40) DEFAULT '---DISABLED---'",
    allow_web_debug: "ENUM('0','1','2','3','4','5','6') DEFAULT '0'",
    vdc_agent_api_active: "ENUM('0','1','2') DEFAULT '0'",
  },
};

export const ipListEntries: Table = {
  name: 'vicidial_ip_list_entries',
  columns: { ip_list_id: 'VARCHAR(30) NOT NULL', ip_address: 'VARCHAR(45) NOT NULL' },
  unique: [['ip_list_id', 'ip_address']],
  indexes: [['ip_address']],
};

export const twoFactorAuth: Table = {
  name: 'vicidial_two_factor_auth',
  columns: {
    auth_date: 'DATETIME',
    auth_exp_date: 'DATETIME',
    user: "VARCHAR(20) DEFAULT ''",
    auth_stage: "ENUM('0','1','2','3','4','5','6') DEFAULT '0'",
    auth_code: "VARCHAR(20) DEFAULT ''",
    auth_code_exp_date: 'DATETIME',
    auth_attempts: 'SMALLINT UNSIGNED DEFAULT 0',
  },
  indexes: [['auth_date'], ['auth_exp_date'], ['user']],
};

export const servers: Table = {
  name: 'servers',
  columns: {
    server_id: 'VARCHAR(10) NOT NULL PRIMARY KEY',
    server_description: "VARCHAR(255) DEFAULT ''",
    server_ip: 'VARCHAR(15) NOT NULL',
    active: "ENUM('Y','N') DEFAULT 'Y'",
    local_gmt: "VARCHAR(6) DEFAULT '-5.00'",
    agi_output: "ENUM('NONE','STDERR','FILE','BOTH') DEFAULT 'FILE'",
  },
  indexes: [['server_ip']],
};

export const logExtended: Table = {
  name: 'vicidial_log_extended',
  columns: {
    uniqueid: 'VARCHAR(50) NOT NULL PRIMARY KEY',
    server_ip: 'VARCHAR(15)',
    call_date: 'DATETIME',
    lead_id: 'INT UNSIGNED',
    caller_code: 'VARCHAR(30) NOT NULL',
    custom_call_id: 'VARCHAR(100)',
  },
  indexes: [['call_date'], ['lead_id'], ['caller_code']],
};

export const dialLog: Table = {
  name: 'vicidial_dial_log',
  columns: {
    caller_code: 'VARCHAR(30) NOT NULL',
    lead_id: 'INT UNSIGNED DEFAULT 0',
    server_ip: 'VARCHAR(15)',
    call_date: 'DATETIME',
    extension: "VARCHAR(100) DEFAULT ''",
    channel: "VARCHAR(100) DEFAULT ''",
    context: "VARCHAR(100) DEFAULT ''",
    timeout: 'MEDIUMINT UNSIGNED DEFAULT 0',
    outbound_cid: "VARCHAR(100) DEFAULT ''",
    sip_hangup_cause: 'SMALLINT UNSIGNED DEFAULT 0',
    sip_hangup_reason: "VARCHAR(50) DEFAULT ''",
    uniqueid: "VARCHAR(20) DEFAULT ''",
  },
  indexes: [['caller_code'], ['call_date'], ['lead_id']],
};

export const vicidialLists: Table = {
  name: 'vicidial_lists',
  columns: {
    list_id: 'BIGINT UNSIGNED NOT NULL PRIMARY KEY',
    list_name: "VARCHAR(30) DEFAULT ''",
    campaign_id: "VARCHAR(8) DEFAULT ''",
    active: "ENUM('Y','N') DEFAULT 'Y'",
  },
  indexes: [['campaign_id']],
};

export const apiLog: Table = {
  name: 'vicidial_api_log',
  columns: {
    api_id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    user: 'VARCHAR(20) NOT NULL',
    api_date: 'DATETIME',
    api_script: 'VARCHAR(10)',
    function: 'VARCHAR(20) NOT NULL',
    agent_user: 'VARCHAR(20)',
    value: 'VARCHAR(255)',
    result: 'VARCHAR(10)',
    result_reason: 'VARCHAR(255)',
    source: 'VARCHAR(20)',
    data: 'TEXT',
    run_time: "VARCHAR(20) DEFAULT '0'",
    webserver: 'SMALLINT UNSIGNED DEFAULT 0',
    api_url: 'INT UNSIGNED DEFAULT 0',
  },
  indexes: [['api_date']],
};

export const apiUrls: Table = {
  name: 'vicidial_api_urls',
  columns: {
    api_id: 'INT UNSIGNED NOT NULL PRIMARY KEY',
    api_date: 'DATETIME',
    remote_ip: 'VARCHAR(50)',
    url: 'MEDIUMTEXT',
  },
  indexes: [['api_date']],
};

export const webServers: Table = {
  name: 'vicidial_webservers',
  columns: {
    webserver_id: 'SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    webserver: "VARCHAR(125) DEFAULT ''",
    hostname: "VARCHAR(125) DEFAULT ''",
  },
  unique: [['webserver', 'hostname']],
};

export const urls: Table = {
  name: 'vicidial_urls',
  columns: {
    url_id: 'INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY',
    url: "VARCHAR(333) DEFAULT ''",
  },
  unique: [['url']],
};
