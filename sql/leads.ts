import { leadFields } from '../core/leads/lead.js';
import type { Leads } from '../core/ports.js';
import type { Db } from './db.js';
import { leadText } from './lead-row.js';

const sql = `SELECT ${leadFields.map((field) => `\`${field}\``).join(', ')} FROM vicidial_list WHERE lead_id = ?`;

/** Rows of vicidial_list by their id, as the page of an agent shows them. */
export function createLeads(db: Db): Leads {
  return {
    async find(leadId) {
      const [row] = await db.all(sql, [leadId]);
      return row && leadText(row);
    },
  };
}
