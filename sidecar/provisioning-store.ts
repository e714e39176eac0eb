/** The store's provisioning in the words of the plan: rows by table. */
import type { CurrentRows } from '../core/provisioning/plan.js';
import type { Store } from '../sql/store.js';
import type { ProvisioningStore } from './provision.js';

export function createProvisioningStore({ provisioning }: Pick<Store, 'provisioning'>): ProvisioningStore {
  return {
    async read(wanted): Promise<CurrentRows> {
      const state = await provisioning.read(wanted);
      return {
        vicidial_users: state.users,
        vicidial_user_groups: state.userGroups,
        vicidial_settings_containers: state.containers,
        vicidial_lists: state.lists,
        vicidial_list: state.leads,
        vicidial_ip_list_entries: state.ipLists,
        system_settings: state.systemSettings,
        servers: state.servers,
        vicidial_log_extended: state.extendedLog,
        vicidial_dial_log: state.dialLog,
        tandem_accounts: state.accounts,
        tandem_user_secrets: state.userSecrets,
        tandem_user_rights: state.userRights,
        tandem_peers: state.peers,
        tandem_menus: state.menus,
        tandem_queues: state.queues,
        tandem_agents: state.agents,
        tandem_tiers: state.tiers,
        tandem_callers: state.callers,
        tandem_queue_settings: state.queueSettings,
        tandem_pause_reasons: state.pauseReasons,
      };
    },
    write: (changes) => provisioning.write(changes),
  };
}
