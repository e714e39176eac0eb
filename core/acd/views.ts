/**
 * The engine's state for people and programs: queues, agents and members as plain data. Pure; costs at most one pass
 * over a queue's members. Words of both references stand beside our own.
 */
export { agentView, agentViews, type AgentView } from './agent-view.js';
export { callbacksView, memberView, messagesView, offerView, waitingView, type MemberView, type OfferView } from './member-view.js';
export { cursorPattern, pageDefault, pageMax, positionOf, type Page, type PageWish } from './paging.js';
export { queueView, queueViews, type QueueView } from './queue-view.js';
