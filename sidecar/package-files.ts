/** Files that ship beside the code, found from the sources (`sidecar/`) and from the compiled form (`dist/sidecar/`). */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);
const root = existsSync(new URL('../package.json', here)) ? new URL('../', here) : new URL('../../', here);

export const packageFolder = fileURLToPath(root);

/** Content of a file by its path in the package, e.g. `docs/openapi.json`. */
export function readPackageFile(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** The version in package.json. */
export function packageVersion(): string {
  return (JSON.parse(readPackageFile('package.json')) as { version: string }).version;
}
