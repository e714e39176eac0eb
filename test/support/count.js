// Prints "N passed, N failed, N skipped" over the given report files and sets the exit code.
// First argument: 1 when a step before (types, lint) failed; it counts as one failure.
import { readFileSync } from 'node:fs';

const [stepFailed, ...files] = process.argv.slice(2);
const tests = files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')));
const count = (state) => tests.filter((test) => test.state === state).length;
const slow = tests.filter((test) => test.ms > 5000).sort((a, b) => b.ms - a.ms);
for (const test of slow.slice(0, 10)) console.log(`slow: ${Math.round(test.ms / 100) / 10} s  ${test.fullTitle}`);
for (const test of tests.filter((t) => t.state === 'failed')) console.log(`failed: ${test.file}: ${test.fullTitle}: ${test.error ?? ''}`);
for (const test of tests.filter((t) => t.state === 'again')) console.log(`once more: ${test.file}: ${test.fullTitle}: ${test.error ?? ''}`);
for (const test of tests.filter((t) => t.state === 'skipped')) console.log(`skipped: ${test.file}: ${test.fullTitle}`);

const passed = count('passed');
const skipped = count('skipped');
let failed = count('failed');
if (failed === 0 && (stepFailed === '1' || passed === 0)) failed = 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || (process.env.CI === 'true' && skipped > 0) ? 1 : 0;
