/** Files of messages that callers left (B51): the one check for each name that comes from a dialplan or a program. */
import { TandemError } from './errors.js';

/** Longest path, in characters. */
export const messageFileLengthMax = 200;

/** Beginning of `param` of messages: tells their records from those of callers. */
export const messageParam = 'message:';
export const isMessageParam = (param: string): boolean => param.startsWith(messageParam);

/** Each part of a name begins with a letter or digit, so that none is hidden, an option, or a step upwards. */
const namePattern = /^(?:\/[A-Za-z0-9][A-Za-z0-9_.-]*)+$/;
const folderPattern = /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9_.-]+)+$/;
const audioEnding = /\.(?:wav|wav49|WAV|gsm|ulaw|alaw|g722|sln|sln16|ogg|mp3)$/;

/** Why this is no folder for messages; undefined when it is one. */
export const messageFolderProblem = (folder: string): string | undefined =>
  folderPattern.test(folder) && folder.length <= messageFileLengthMax / 2 ? undefined : 'must be a plain path such as /var/spool/tandem';

/** The whole path of a file inside `folder`, given whole or from there. Throws TDM_BAD_VALUE. */
export function messageFile(given: string, folder: string): string {
  const path = given.startsWith('/') ? given : `${folder}/${given}`;
  if (path.length > messageFileLengthMax) throw bad(`it is longer than ${String(messageFileLengthMax)} characters`);
  if (!path.startsWith(`${folder}/`)) throw bad(`it is not in ${folder}`);
  if (!namePattern.test(path.slice(folder.length))) throw bad('only letters, digits, `_`, `.`, `-` between its `/`');
  return path;
}

/** As Asterisk names a sound: it chooses the format by itself. */
export const withoutEnding = (file: string): string => file.replace(audioEnding, '');

const bad = (why: string): TandemError => new TandemError('TDM_BAD_VALUE', ['message file', why]);
