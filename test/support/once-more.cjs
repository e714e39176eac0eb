'use strict';
// Required by test/run: tests of real calls, browsers and processes depend on how busy the machine is, so that one that fails
// is run once more (and listed). What runs in this process alone must pass the first time.
const { relative, join } = require('node:path');

const root = join(__dirname, '..');
const dependsOnTheMachine = /^real\/|^wallboard\.|process/;

module.exports.mochaHooks = {
  beforeEach() {
    const { file } = this.currentTest;
    if (file && dependsOnTheMachine.test(relative(root, file))) this.currentTest.retries(1);
  },
};
