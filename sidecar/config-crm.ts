/** The settings of the CRM connector. */
import type { Reader } from './config.js';

export function crmConfig(read: Reader) {
  const file = read.text('crm_file');
  return { file: file === '' ? undefined : file, host: read.text('crm_host'), port: read.int('crm_port') };
}

export type CrmConfig = ReturnType<typeof crmConfig>;
