/** How single values of a queue entry are written and checked. Every refusal is TDM_BAD_VALUE. */
import { skillLevelMax } from '../acd/config.js';
import type { SkillNeed } from '../acd/config.js';
import { checkInteger, checkName, checkText, freeswitchVariables, nameProblem, textProblem } from '../dial-string.js';
import type { NameKind } from '../dial-string.js';
import { TandemError, hasCode } from '../errors.js';

export const needsMax = 16;
export const exportNamesMax = 30;
const skillLengthMax = 64;
const textBytesMax = 300;

const refuse = (what: string, why: string): never => {
  throw new TandemError('TDM_BAD_VALUE', [what, why]);
};

/** `spanish:5+billing+?vip`: wanted with the least level, 1 without one; `?` = preferred only. Small letters, as they are provisioned. */
export function readSkills(text: string): readonly SkillNeed[] {
  const needs = parts(text, 'skills', needsMax).map(skillNeed);
  if (new Set(needs.map(({ skill }) => skill)).size !== needs.length) refuse('skills', 'one is named twice');
  return needs;
}

function skillNeed(written: string): SkillNeed {
  const isPreferred = written.startsWith('?');
  const [skill = '', level = '1', ...more] = written.slice(isPreferred ? 1 : 0).split(':');
  if (skill === '' || more.length > 0 || /[=?"'\\]/.test(skill) || textProblem(skill, skillLengthMax) !== undefined)
    refuse('skills', 'must be like spanish:5+billing+?vip');
  return {
    skill: skill.toLowerCase(),
    levelMin: checkInteger('skill level', level, 1, skillLevelMax),
    isRequired: !isPreferred,
    relax: [],
  };
}

/** Names of channel variables, separated by `+`, `,`, `|` or spaces. A leading `_` says only how Asterisk inherits it. */
export function readNames(text: string): readonly string[] {
  const names = parts(text, 'export', exportNamesMax).map((name) => checkName('variable', name.replace(/^_{1,2}/, '')));
  return [...new Set(names)];
}

/** More of them than `max` are refused before each is looked at. */
function parts(text: string, what: string, max: number): readonly string[] {
  const list = text.split(/[+,;|\s]+/, max + 2).filter((part) => part !== '');
  if (list.length > max) refuse(what, `at most ${max}`);
  return list;
}

/** Keys of a telephone, each once; none is allowed. */
export function checkKeys(keys: string): string {
  if (!/^[0-9*#]{0,12}$/.test(keys) || new Set(keys).size !== keys.length) refuse('exit keys', 'must be keys 0-9, *, #, each once');
  return keys;
}

export function checkLanguage(language: string): string {
  if (!/^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,3}$/.test(language)) refuse('language', 'must be like en or pt-BR');
  return language;
}

/** As it may stand in a caller id: a number, or the user part of an address. */
export function checkNumber(number: string): string {
  if (!/^\+?[A-Za-z0-9*#._-]{0,40}$/.test(number)) refuse('number', 'only letters, digits and + * # . _ -, at most 40');
  return number;
}

export const checkText300 = (what: string, text: string, bytesMax: number = textBytesMax): string => checkText(what, text, bytesMax);

/** A name of this kind under the name by which the dialplan knows it. */
export function checkLabel(what: string, kind: NameKind, value: string): string {
  const problem = nameProblem(kind, value);
  return problem === undefined ? value : refuse(what, problem);
}

/** A value that both switches can carry to the agent's leg; one that cannot would spoil every offer. */
export function canTravel(name: string, value: string): boolean {
  try {
    freeswitchVariables({ [name]: value });
    return true;
  } catch (e) {
    if (hasCode(e, 'TDM_BAD_VALUE')) return false;
    throw e;
  }
}
