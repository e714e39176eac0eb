/** What the two Tandems of the real-call suites are provisioned with. */
import { encodeCallerCode } from '../../core/callercode.js';

const apiUser = '7100';
const apiPass = 'origin-pass-6Hd2';
export const localList = '8199';
export const leadsMax = 60;
const firstLeadId = 5_000_001;

export interface OriginLead {
  readonly leadId: number;
  readonly phone: string;
  readonly lastName: string;
  /** the code of its call, logged at the origin */
  readonly code: string;
}

/** A code of now for a lead of the origin. */
const codeFor = (leadId: number): string => encodeCallerCode('V', Date.now(), 'UTC', leadId);

export function makeLeads(): readonly OriginLead[] {
  return Array.from({ length: leadsMax }, (_, n) => {
    const leadId = firstLeadId + n;
    return { leadId, phone: String(9_998_887_000 + n), lastName: `Customer${n}`, code: codeFor(leadId) };
  });
}

/** What the origin knows: the API user of the destination, the leads, and the calls that prove the codes. */
export function originSite(leads: readonly OriginLead[]): object {
  return {
    user_groups: [{ id: 'ADMIN', campaigns: ['ALL-CAMPAIGNS'] }],
    users: [
      {
        user: apiUser,
        pass: apiPass,
        user_level: 8,
        user_group: 'ADMIN',
        view_reports: true,
        agent_api_access: true,
        functions: ['ccc_lead_info'],
      },
    ],
    lists: [{ list_id: 1001, name: 'origin list', campaign_id: 'TESTCAMP' }],
    leads: leads.map(({ leadId, phone, lastName }) => ({
      lead_id: leadId,
      list_id: '1001',
      phone_number: phone,
      first_name: 'Ada',
      last_name: lastName,
    })),
    calls: leads.map(({ leadId, code }) => ({ code, lead_id: leadId, age_seconds: 5 })),
  };
}

function containerUrl(port: number): string {
  const query = `source=test&function=ccc_lead_info&stage=pipe&user=${apiUser}&pass=${apiPass}&call_id=--A--call_id--B--`;
  return `http://127.0.0.1:${port}/vicidial/non_agent_api.php?${query}`;
}

/** Each outcome of the lookup rings another phone of beta: A goes to the queue (1011), B 1012, C 1013, D 1014. */
const outcomeOptions = {
  A: { queue: 'support' },
  B: { extension: '1012', context: 'phones' },
  C: { extension: '1013', context: 'phones' },
  D: { extension: '1014', context: 'phones' },
};

/** What the destination knows: how to ask the origin, and its menus. */
export function destinationSite(originPort: number, silentPort: number, closedPort: number): object {
  const menu = (id: string, argument: string) => ({
    id,
    prompt: `NOPLAY|cm_sc_ccc_lookup_insert.agi${argument}`,
    timeout_s: 2,
    options: outcomeOptions,
  });
  return {
    lists: [{ list_id: Number(localList), name: 'handed over', campaign_id: 'TESTCAMP' }],
    containers: [
      { id: 'ccc_test', url: containerUrl(originPort) },
      { id: 'ccc_silent', url: containerUrl(silentPort) },
      { id: 'ccc_refused', url: containerUrl(closedPort) },
    ],
    menus: [
      menu('ccc_menu', `,ccc_test---${localList}`),
      menu('ccc_menu_silent', `,ccc_silent---${localList}`),
      menu('ccc_menu_missing', ''),
      {
        id: 'welcome',
        prompt: 'beep',
        timeout_s: 8,
        repeats: 0,
        options: { 1: { queue: 'support' }, TIMEOUT: { queue: 'support' } },
      },
      {
        id: 'keys',
        prompt: 'beep',
        timeout_s: 8,
        repeats: 0,
        options: {
          1: { queue: 'support', prefix: 'SALES:' },
          2: { extension: '1012', context: 'phones' },
          TIMEOUT: { extension: '1013', context: 'phones' },
        },
      },
    ],
  };
}
