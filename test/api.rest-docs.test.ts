/** Every example of docs/rest-api.md is run as printed; its answer has what the page shows. */
import { testDocExamples } from './support/doc-examples.js';
import { startQueueApi, type QueueApi } from './support/queue-api.js';

describe('docs/rest-api.md', function () {
  this.timeout(30_000);
  let api: QueueApi;
  before(async () => {
    api = await startQueueApi({ queues: { support: {}, sales: {} }, agents: { anna: { contact: 'PJSIP/1' } }, tiers: ['support anna'] });
    api.desk.call('support');
  });
  after(() => api.close());

  testDocExamples('rest-api.md', () => api.base.replace('/api/v1', ''), 9);
});
