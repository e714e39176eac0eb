/** Every example of docs/dialer-api.md is run as printed, in order; its answer has what the page shows. */
import { startDialerApi, type DialerApi } from './support/dialer-api.js';
import { testDocExamples } from './support/doc-examples.js';

describe('docs/dialer-api.md', function () {
  this.timeout(60_000);
  let api: DialerApi;
  before(async () => {
    api = await startDialerApi();
  });
  after(() => api.close());

  testDocExamples('dialer-api.md', () => api.root, 7);
});
