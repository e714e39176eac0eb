/** The command `tandem` as tests start it: in the whole run that of the package as it would be published, else the sources. */
import { fileURLToPath } from 'node:url';

export const binary = process.env['TANDEM_TEST_BINARY'] ?? fileURLToPath(new URL('../../bin/tandem.js', import.meta.url));
