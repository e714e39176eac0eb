/** Words for `tandem explain campaign` and `tandem explain contact`. */
import type { CampaignLive, CampaignWhy, ContactWhy } from '../dialer-ports.js';

export function explainCampaign(_why: CampaignWhy, _live: CampaignLive | undefined, _nowMs: number): readonly string[] {
  throw new Error('explainCampaign is being built');
}

export function explainContact(_why: ContactWhy, _nowMs: number): readonly string[] {
  throw new Error('explainContact is being built');
}
