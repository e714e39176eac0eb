/** Every limit of the engine's memory and every wait that is no setting. */

/** Contacts ready to be dialled, of one campaign: twice the calls of the last minute (B1), within these. */
export const hopperMin = 50;
export const hopperMax = 5_000;
/** A hopper is read anew after this long, so that newer contacts with precedence get in. */
export const hopperAgeMsMax = 30_000;
/** When a reading brought nothing, the next one waits. */
export const hopperRestMs = 5_000;
export const fillMsMax = 10_000;

export const claimMsMax = 60_000;
/** Claims whose answer did not come in time: a late one is given back. */
export const lateClaimsMax = 1_000;
export const endedCallsMax = 5_000;
export const campaignsMax = 10_000;
export const callsMax = 20_000;
export const previewsMax = 5_000;
export const gatewaysMax = 2_000;
/** Contacts of one campaign that are looked at in one round. */
export const scanMax = 1_000;

/** A8: what a check said is good for this long; one without an answer counts as down. */
export const gatewayFreshMs = 2_000;
export const checkMsMax = 3_000;

/** The switch ends the ringing by itself; this much later we do. */
export const ringSlackMs = 2_000;
/** Between a command to hang up and the end of the call; then the switch is asked. */
export const hangUpMsMax = 10_000;
/** Answered, but not at its door in the dialplan. */
export const arrivalMsMax = 10_000;
/** The door reports the end of the wait and of the message; this much later they are taken as over. */
export const doorSlackMs = 5_000;
/** A call that waits is offered for at least this long, however late it came to its door. */
export const offerMsMin = 250;
/** A held agent's telephone may have to ring (B2: progressive and preview). */
export const heldAnswerMs = 20_000;
/** A command that was just sent may have no channel yet. */
export const originateMsMax = 3_000;
/** Whoever asks a switch repeats it; this is for an answer that got lost. */
export const listMsMax = 60_000;
/** A15 */
export const sweepEveryMs = 10 * 60_000;

/** A call that was lost before an answer may have rung all the same: its contact is not called sooner, whatever its rules say. */
export const lostAgainMs = 4 * 3_600_000;

/** B11: dialling by pace is held while events are later than this. */
export const lagMsMax = 2_000;

/** A16: agent requests that failed in a row; then none for this long, then one probe. */
export const requestFailuresMax = 3;
export const requestRestMs = 10_000;

/** Calls of a contact from which on ids are used again although a message about them may be on its way. */
export const idsSpentMax = 1_000;

/** One in so many calls judged a machine is given to an agent, who says what it was (B4). */
export const amdSampleEvery = 100;
/** A held agent is asked for again when one was lost to somebody else, and ringing goes on. */
export const reserveAgainMs = 2_000;
/** A reservation that is still needed is renewed this long before it ends. */
export const renewAheadMs = 3_000;
/** A queue that gave no agent is asked again after this. */
export const reserveRestMs = 1_000;
/** A machine's message, where the safe-harbour message has no length of its own. */
export const machineMessageMsMax = 60_000;
/** Next contacts of a campaign whose gateways are checked before a round. */
export const checkAheadMax = 50;
/** Campaigns of one pacer whose contacts are numbered apart: kinds of contact × this are the pacer's 64. */
export const groupCampaignsMax = 12;
/** Calls connected to agents are halved for all campaigns of a queue this often: weights look at the last hour or so. */
export const turnsHalfMs = 30 * 60_000;
/** A running campaign of which nobody could be called for this long is told of. */
export const emptyToldMs = 60_000;
/** Inbound callers are expected for this long after the last one. */
export const inboundMemoryMs = 15 * 60_000;
/** POWER needs two agents (B2). */
export const powerAgentsMin = 2;
/** Part of the ready agents that a predictive campaign holds for contacts that need a guaranteed one. */
export const heldShareMax = 0.25;
