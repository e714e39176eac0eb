/**
 * VICIdial's prompt language of call menus (vicidial-ccc 5.1, V10): parts joined by `|`, played or run
 * in order. `wait-moment|cm_sc_ccc_lookup_insert.agi,ccc_test---8199` is a sound, then a script.
 */
import { nameProblem, textProblem } from '../dial-string.js';

export type PromptPart =
  /** a sound; `interruptible`: a key of the caller stops it */
  | { readonly kind: 'play'; readonly file: string; readonly interruptible: boolean }
  /** the cross-cluster lookup; `argument` as in the prompt, `container---list id` */
  | { readonly kind: 'lookup'; readonly argument: string }
  | { readonly kind: 'script'; readonly script: string; readonly argument: string };

export interface Prompt {
  readonly parts: readonly PromptPart[];
  /** what is wrong with parts that were left out, one sentence each */
  readonly problems: readonly string[];
}

/** More parts than this are a mistake. */
export const promptPartsMax = 50;
/** The lookup under VICIdial's name and under ours (AGI-1). */
const lookupNames: ReadonlySet<string> = new Set(['cm_sc_ccc_lookup_insert.agi', 'ccc_lookup_insert.agi']);

/** True when a script (possibly behind `agi://host/`) is the cross-cluster lookup. */
export const isLookup = (script: string): boolean => lookupNames.has(script.slice(script.lastIndexOf('/') + 1));

/** Read a prompt field. An empty field has no parts. Bad parts are left out and named, so that a call can still go on. */
export function parsePrompt(text: string): Prompt {
  if (text.trim() === '') return { parts: [], problems: [] };
  const parts: PromptPart[] = [];
  const problems: string[] = [];
  const pieces = text.split('|');
  if (pieces.length > promptPartsMax) problems.push(`more than ${promptPartsMax} parts`);
  pieces.slice(0, promptPartsMax).forEach((piece, index) => {
    const part = parsePart(piece.trim());
    if (part === undefined) return;
    if (typeof part === 'string') problems.push(`part ${index + 1} "${visible(piece)}": ${part}`);
    else parts.push(part);
  });
  return { parts, problems };
}

/** A part, undefined for one that does nothing, or a sentence that says what is wrong. */
function parsePart(piece: string): PromptPart | string | undefined {
  if (piece === '') return 'it is empty';
  if (piece.startsWith('NOPLAY')) return undefined;
  const interruptible = !piece.startsWith('NOINT');
  if (/\.agi(?:,|$)/i.test(piece)) return interruptible ? parseScript(piece) : 'NOINT is for sounds, not for scripts';
  if (/\.agi/i.test(piece)) return 'a script is written as name.agi,arguments';
  const file = interruptible ? piece : piece.slice('NOINT'.length).trim();
  const problem = nameProblem('prompt', file);
  return problem ?? { kind: 'play', file, interruptible };
}

function parseScript(piece: string): PromptPart | string {
  const comma = piece.indexOf(',');
  const script = (comma < 0 ? piece : piece.slice(0, comma)).trim();
  const argument = comma < 0 ? '' : piece.slice(comma + 1);
  const problem = nameProblem('script', script) ?? textProblem(argument);
  if (problem !== undefined) return problem;
  return isLookup(script) ? { kind: 'lookup', argument } : { kind: 'script', script, argument };
}

const visible = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 60);

/**
 * The order in which a menu performs its parts. A lookup moves before the first other script, because
 * VICIdial's scripts take a foreign caller code for a local one (vicidial-ccc 5.1, caution; W-14).
 * Sounds that stand before that place stay where they are.
 */
export function lookupFirst(parts: readonly PromptPart[]): readonly PromptPart[] {
  const script = parts.findIndex((part) => part.kind === 'script');
  if (script < 0) return parts;
  const late = parts.slice(script).filter((part) => part.kind === 'lookup');
  const rest = parts.slice(script).filter((part) => part.kind !== 'lookup');
  return [...parts.slice(0, script), ...late, ...rest];
}
