/** Names of OpenSIPS's tables and columns, changeable by the module's own parameter names (O58 to O81). */

/** parameter of the module `call_center` to its default */
export const opensipsNames = {
  cc_agents_table: 'cc_agents',
  cca_agentid_column: 'agentid',
  cca_location_column: 'location',
  cca_msrp_location_column: 'msrp_location',
  cca_msrp_max_sessions_column: 'msrp_max_sessions',
  cca_skills_column: 'skills',
  cca_logstate_column: 'logstate',
  cca_wrapuptime_column: 'wrapup_time',
  cca_wrapupend_column: 'wrapup_end_time',
  cc_flows_table: 'cc_flows',
  ccf_flowid_column: 'flowid',
  ccf_priority_column: 'priority',
  ccf_skill_column: 'skill',
  ccf_cid_column: 'prependcid',
  ccf_max_wrapup_column: 'max_wrapup_time',
  ccf_dissuading_hangup_column: 'dissuading_hangup',
  ccf_dissuading_onhold_th_column: 'dissuading_onhold_th',
  ccf_dissuading_ewt_th_column: 'dissuading_ewt_th',
  ccf_dissuading_qsize_th_column: 'dissuading_qsize_th',
  ccf_m_welcome_column: 'message_welcome',
  ccf_m_queue_column: 'message_queue',
  ccf_m_dissuading_column: 'message_dissuading',
  ccf_m_flow_id_column: 'message_flow_id',
} as const;

export type OpensipsName = keyof typeof opensipsNames;
export type OpensipsNames = Readonly<Record<OpensipsName, string>>;

export const isOpensipsName = (name: string): name is OpensipsName => Object.hasOwn(opensipsNames, name);

/** Other parameters of the module, and what becomes of them. */
export const opensipsParameters = {
  wrapup_time: 'queue_settings.wrap_up_s',
  reject_on_no_agents: 'join_when',
  chat_dispatch_policy: 'chat_policy',
  internal_call_dispatching: 'is switched while Tandem runs: PUT /api/v1/dispatching',
  db_url: 'names the database of the tables',
  acc_db_url: 'records of calls are segments in the database of the setting database_url',
  rt_db_url: 'state is in the database of the setting database_url',
  queue_pos_param: 'positions are announced: announce.position of a queue',
  b2b_logic_ctx_param: 'the parameter of a call is the argument param of queue_entry',
} as const;

/** What may be a table or column of somebody else's database. */
export const isIdentifier = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_$]{0,63}$/.test(name);

/**
 * The lines `modparam("call_center", "name", "value")` of an OpenSIPS script; later ones count. Comments are skipped;
 * `modparam("a|call_center|b", ...)` counts too, as it does there.
 */
export function readModparams(script: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const plain = script
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .split('\n')
    .map((line) => line.replace(/^\s*#(?!!).*$/, ''))
    .join('\n');
  for (const [, modules = '', name = '', quoted, bare] of plain.matchAll(
    /modparam\(\s*"([^"]*)"\s*,\s*"([^"]*)"\s*,\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+))\s*\)/g,
  ))
    if (modules.split('|').includes('call_center')) found.set(name, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  return found;
}
