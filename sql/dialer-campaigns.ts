/** Rows of dialer_campaigns: the campaign as JSON, its state beside it. `revision` guards against two people at once. */
import type { DialerStore } from '../core/dialer-ports.js';
import { campaignDefaults } from '../core/dialer/campaign-defaults.js';
import type { Campaign } from '../core/dialer/campaign.js';
import type { CampaignState } from '../core/dialer/words.js';
import { TandemError } from '../core/errors.js';
import { text } from './db.js';
import type { Row, Statements } from './db.js';
import type { AuditChain } from './dialer-audit.js';
import type { Control } from './dialer-control.js';
import { again, cut, jsonOf } from './dialer-sql.js';
import type { DialerBase } from './dialer-sql.js';

/** far above what one dialer serves */
const campaignsMax = 10_000;

type CampaignPort = Pick<DialerStore, 'campaigns' | 'campaign' | 'putCampaign' | 'removeCampaign' | 'setState'>;

export function createCampaigns(base: DialerBase, control: Control, audit: AuditChain): CampaignPort {
  const { db } = base;
  const [table, active, counts, lists] = [base.table('campaigns'), base.table('active'), base.table('counts'), base.table('lists')];
  const columns = 'id, name, state, revision, doc';
  const byId = `SELECT ${columns} FROM ${table} WHERE id = ?`;

  async function find(tx: Statements, id: string): Promise<Campaign | undefined> {
    const [row] = await tx.all(byId + base.forUpdate, [id]);
    return row && campaignOf(row);
  }

  async function write(tx: Statements, campaign: Campaign): Promise<Campaign> {
    const next = { ...campaign, revision: campaign.revision + 1 };
    const values = [cut(next.name, 150), next.state, next.revision, JSON.stringify(next)];
    if (campaign.revision === 0)
      await tx.run(`INSERT INTO ${table} (name, state, revision, doc, id) VALUES (?, ?, ?, ?, ?)`, [...values, next.id]);
    else await tx.run(`UPDATE ${table} SET name = ?, state = ?, revision = ?, doc = ? WHERE id = ?`, [...values, next.id]);
    return next;
  }

  async function refuseActive(statements: Pick<Statements, 'all'>, id: string): Promise<void> {
    const [row] = await statements.all(`SELECT COUNT(*) AS n FROM ${active} WHERE campaign_id = ?`, [id]);
    const n = Number(row?.['n'] ?? 0);
    if (n > 0) throw new TandemError('TDM_CONFLICT', [`campaign "${id}" has ${String(n)} calls`]);
  }

  return {
    campaigns: async () => (await db.all(`SELECT ${columns} FROM ${table} ORDER BY id LIMIT ${String(campaignsMax)}`)).map(campaignOf),
    async campaign(id) {
      const [row] = await db.all(byId, [id]);
      return row && campaignOf(row);
    },
    putCampaign: (campaign, entry) =>
      db.transaction(async (tx) => {
        const stored = await find(tx, campaign.id);
        const revision = stored?.revision ?? 0;
        if (revision !== campaign.revision)
          throw new TandemError('TDM_CONFLICT', [`campaign "${campaign.id}" has been changed to revision ${String(revision)}`]);
        const put = await write(tx, campaign);
        await audit.append(tx, [entry]);
        return put;
      }),
    async removeCampaign(id, entry) {
      await refuseActive(db, id);
      // Contacts first: those without a campaign would make one by themselves.
      await control.removeOfCampaign(id);
      return db.transaction(async (tx) => {
        await refuseActive(tx, id);
        const { rows } = await tx.run(`DELETE FROM ${table} WHERE id = ?`, [id]);
        if (rows === 0) return false;
        await tx.run(`DELETE FROM ${lists} WHERE campaign_id = ?`, [id]);
        await tx.run(`DELETE FROM ${counts} WHERE campaign_id = ? AND n = 0`, [id]);
        await audit.append(tx, [entry]);
        return true;
      });
    },
    setState: (id, state, entry) =>
      db.transaction(async (tx) => {
        const stored = await find(tx, id);
        if (!stored) return false;
        const startedAtMs = stored.startedAtMs ?? (state === 'running' ? entry.atMs : undefined);
        await write(tx, { ...stored, state, startedAtMs });
        await audit.append(tx, [entry]);
        return true;
      }, again),
  };
}

/** What an older release did not know has its default. */
function campaignOf(row: Row): Campaign {
  const doc = jsonOf<Partial<Campaign>>(row['doc'], {});
  return {
    ...campaignDefaults,
    mode: 'PROGRESSIVE',
    profile: '',
    ...doc,
    id: text(row['id']),
    name: text(row['name']),
    state: text(row['state']) as CampaignState,
    revision: Number(row['revision']),
  };
}
