/** Who may ask what (vicidial-ccc 3.3 steps 4, 5 and 9, W-7, W-8). Pure checks over the user's row. */
import type { ApiUser } from '../ports.js';

/**
 * `api_allowed_functions` names the function, spaces around, or ALL_FUNCTIONS. An account bound to a
 * peer cluster must have it named: "everything" is no permission for another company (W-8).
 */
export function mayUseFunction(user: ApiUser, name: string): boolean {
  if (user.apiAllowedFunctions.includes(` ${name} `)) return true;
  return user.account === undefined && user.apiAllowedFunctions.includes('ALL_FUNCTIONS');
}

/** The rights for reading leads over the API (step 5). */
export function mayReadLeads(user: ApiUser): boolean {
  return user.agentApiAccess && user.viewReports && user.userLevel > 6 && user.active;
}

/** True when the campaign of the lead's list must be known before the lead may be shown (step 9). */
export function isListRestricted(user: ApiUser): boolean {
  return user.apiListRestrict && !user.allowedCampaigns.includes('-ALL-CAMPAIGNS-');
}

/** The user's group may see this campaign; `allowed_campaigns` is separated by spaces and ends in ` -`. */
export function mayReadCampaign(user: ApiUser, campaign: string | undefined): boolean {
  if (campaign === undefined || campaign === '' || campaign === '-') return false;
  return user.allowedCampaigns.split(' ').includes(campaign);
}

/** The account's own list limit (W-8); accounts without one may read every list. */
export function accountMayReadList(user: ApiUser, listId: string): boolean {
  const lists = user.account?.lists;
  return lists === undefined || lists.includes(Number(listId));
}
