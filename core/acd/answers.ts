/** Short forms of answers to wishes. */
import type { AcdRefusal, Answer } from './events.js';

export const done = (detail = 'ok'): Answer => ({ ok: true, detail });
export const refused = (code: AcdRefusal, detail: string): Answer => ({ ok: false, code, detail });
export const unknown = (kind: 'agent' | 'queue' | 'member', name: string): Answer => refused('TDM_NOT_FOUND', `${kind} ${name}`);
