/** Tables of an old VICIdial installation as it has them: MyISAM, latin1, zero dates, more columns than we know. */
export const oldVicidialTables: readonly string[] = [
  `CREATE TABLE vicidial_list (
     lead_id INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, entry_date DATETIME, modify_date TIMESTAMP, status VARCHAR(6), user VARCHAR(20),
     vendor_lead_code VARCHAR(20), source_id VARCHAR(50), list_id BIGINT(14) UNSIGNED NOT NULL DEFAULT '0', gmt_offset_now DECIMAL(4,2) DEFAULT '0.00',
     called_since_last_reset ENUM('Y','N','Y1','Y2','Y3','Y4','Y5','Y6','Y7','Y8','Y9','Y10') DEFAULT 'N', phone_code VARCHAR(10),
     phone_number VARCHAR(18) NOT NULL, title VARCHAR(4), first_name VARCHAR(30), middle_initial VARCHAR(1), last_name VARCHAR(30), address1 VARCHAR(100),
     address2 VARCHAR(100), address3 VARCHAR(100), city VARCHAR(50), state VARCHAR(2), province VARCHAR(50), postal_code VARCHAR(10), country_code VARCHAR(3),
     gender ENUM('M','F','U') DEFAULT 'U', date_of_birth DATE, alt_phone VARCHAR(12), email VARCHAR(70), security_phrase VARCHAR(100), comments VARCHAR(255),
     called_count SMALLINT(5) UNSIGNED DEFAULT '0', last_local_call_time DATETIME, rank SMALLINT(5) NOT NULL DEFAULT '0', owner VARCHAR(20) DEFAULT '',
     entry_list_id BIGINT(14) UNSIGNED NOT NULL DEFAULT '0', site_column VARCHAR(5) DEFAULT 'x', INDEX (phone_number), INDEX (list_id), INDEX (status)
   ) ENGINE=MyISAM DEFAULT CHARSET=latin1`,
  `CREATE TABLE vicidial_ccc_log (
     call_date DATETIME, remote_call_id VARCHAR(30) DEFAULT '', local_call_id VARCHAR(30) DEFAULT '', lead_id INT(9) UNSIGNED, uniqueid VARCHAR(20) DEFAULT '',
     channel VARCHAR(100) DEFAULT '', server_ip VARCHAR(60) DEFAULT '', list_id BIGINT(14) UNSIGNED, container_id VARCHAR(40) DEFAULT '',
     remote_lead_id INT(9) UNSIGNED, INDEX (call_date), INDEX (local_call_id), INDEX (lead_id)
   ) ENGINE=MyISAM DEFAULT CHARSET=latin1`,
  `CREATE TABLE vicidial_api_log (
     api_id INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, user VARCHAR(20) NOT NULL, api_date DATETIME, api_script VARCHAR(10),
     function VARCHAR(20) NOT NULL, agent_user VARCHAR(20), value VARCHAR(255), result VARCHAR(10), result_reason VARCHAR(255), source VARCHAR(20), data TEXT,
     run_time VARCHAR(20) DEFAULT '0', webserver SMALLINT(5) UNSIGNED DEFAULT '0', api_url INT(9) UNSIGNED DEFAULT '0', INDEX (api_date)
   ) ENGINE=MyISAM DEFAULT CHARSET=utf8`,
  `CREATE TABLE vicidial_api_urls (
     api_id INT(9) UNSIGNED PRIMARY KEY NOT NULL, api_date DATETIME, remote_ip VARCHAR(50), url MEDIUMTEXT
   ) ENGINE=MyISAM DEFAULT CHARSET=latin1`,
  `CREATE TABLE vicidial_users (
     user_id INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, user VARCHAR(20) NOT NULL, pass VARCHAR(100) NOT NULL, full_name VARCHAR(50),
     user_level TINYINT(3) UNSIGNED DEFAULT '1', user_group VARCHAR(20), phone_login VARCHAR(20), active ENUM('Y','N') DEFAULT 'Y',
     view_reports ENUM('1','0') DEFAULT '0', vdc_agent_api_access ENUM('0','1') DEFAULT '0', api_list_restrict ENUM('1','0') DEFAULT '0',
     api_allowed_functions VARCHAR(1000) DEFAULT ' ALL_FUNCTIONS ', pass_hash VARCHAR(500) DEFAULT '', failed_login_count TINYINT(3) UNSIGNED DEFAULT '0',
     last_login_date DATETIME DEFAULT '2001-01-01 00:00:01', last_ip VARCHAR(15) DEFAULT '', failed_login_attempts_today MEDIUMINT(8) UNSIGNED DEFAULT '0',
     failed_login_count_today SMALLINT(6) UNSIGNED DEFAULT '0', failed_last_ip_today VARCHAR(50) DEFAULT '', failed_last_type_today VARCHAR(20) DEFAULT '',
     ignore_ip_list ENUM('0','1') DEFAULT '0', two_factor_override ENUM('NOT_ACTIVE','ENABLED','DISABLED') DEFAULT 'NOT_ACTIVE', UNIQUE INDEX (user)
   ) ENGINE=MyISAM DEFAULT CHARSET=latin1`,
  `CREATE TABLE vicidial_settings_containers (
     container_id VARCHAR(40) PRIMARY KEY NOT NULL, container_notes VARCHAR(255) DEFAULT '', container_type VARCHAR(40) DEFAULT 'OTHER',
     user_group VARCHAR(20) DEFAULT '---ALL---', container_entry MEDIUMTEXT
   ) ENGINE=MyISAM DEFAULT CHARSET=cp1251`,
];
