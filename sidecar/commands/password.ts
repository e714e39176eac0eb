import { randomBytes } from 'node:crypto';

/** 20 letters and digits only, so that VICIdial's filters leave it as it is. */
export function makePassword(): string {
  let text = '';
  while (text.length < 20)
    text += randomBytes(24)
      .toString('base64')
      .replace(/[^A-Za-z0-9]/g, '');
  return text.slice(0, 20);
}
