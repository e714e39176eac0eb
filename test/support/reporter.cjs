'use strict';
// Mocha's own spec report on the terminal, and the result of each test as JSON in the file named by
// TANDEM_TEST_REPORT, from which test/run counts and the feature table is checked.
const { writeFileSync } = require('node:fs');
const { relative, join } = require('node:path');
const { Spec } = require('mocha').reporters;

const root = join(__dirname, '..', '..');

module.exports = class Report extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const tests = [];
    const note = (state) => (test, error) =>
      tests.push({
        file: test.file ? relative(root, test.file) : '',
        title: test.title,
        fullTitle: test.fullTitle(),
        state,
        ms: test.duration ?? 0,
        ...(error ? { error: String(error.message ?? error) } : {}),
      });
    runner.on('pass', note('passed'));
    runner.on('fail', note('failed'));
    runner.on('pending', note('skipped'));
    runner.on('retry', note('again'));
    runner.once('end', () => {
      if (process.env.TANDEM_TEST_REPORT) writeFileSync(process.env.TANDEM_TEST_REPORT, JSON.stringify(tests));
    });
  }
};
