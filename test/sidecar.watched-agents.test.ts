import assert from 'node:assert/strict';
import { agentDefaults } from '../core/acd/config-defaults.js';
import type { AgentConfig } from '../core/acd/config.js';
import { agentId } from '../core/acd/ids.js';
import { accountsOf, createWatchedAgents, devicesOf } from '../sidecar/watched-agents.js';
import { createHandTimers } from './support/hand-timers.js';
import { acdConfig, queueEngineStub } from './support/queue-engine-stub.js';

const agent = (more: Partial<AgentConfig>): AgentConfig => ({ ...agentDefaults(agentId('anna')), ...more });

describe('watched telephones', () => {
  it('B22: the device of a contact, of the login from another telephone, or the one that is named', () => {
    assert.deepEqual(devicesOf(agent({ contact: '1001' }), undefined), ['PJSIP/1001']);
    assert.deepEqual(devicesOf(agent({ contact: '1001' }), 'PJSIP/1002'), ['PJSIP/1002']);
    assert.deepEqual(devicesOf(agent({ contact: '1001', device: 'SIP/9' }), 'PJSIP/1002'), ['SIP/9']);
    assert.deepEqual(devicesOf(agent({ contact: '1001', device: '' }), undefined), []);
    assert.deepEqual(devicesOf(agent({ contact: '1001', device: '1001@default' }), undefined), []);
    assert.deepEqual(devicesOf(agent({}), undefined), []);
    assert.deepEqual(devicesOf(agent({ contact: 'user/1001@default' }), undefined), []);
  });

  it('B22: accounts of FreeSWITCH likewise, in small letters', () => {
    assert.deepEqual(accountsOf(agent({ contact: 'user/Anna@Default' }), undefined), ['anna@default']);
    assert.deepEqual(accountsOf(agent({ contact: 'PJSIP/1', contactFreeswitch: 'user/1001' }), undefined), ['1001@default']);
    assert.deepEqual(accountsOf(agent({ contact: 'user/1' }), 'user/2@x'), ['2@x']);
    assert.deepEqual(accountsOf(agent({ device: 'B@x' }), undefined), ['b@x']);
    assert.deepEqual(accountsOf(agent({ contact: 'user/1', device: 'PJSIP/1' }), undefined), []);
  });

  it('are worked out once, and again when an agent was provisioned or came from another telephone', () => {
    const timers = createHandTimers();
    const stub = queueEngineStub(
      acdConfig(
        [{ id: 'support' }],
        [
          { id: 'anna', contact: 'PJSIP/1' },
          { id: 'bob', contact: 'PJSIP/1' },
        ],
      ),
    );
    let changes = 0;
    const watched = createWatchedAgents(stub, timers, () => {
      changes++;
    });

    const first = watched.devices();
    assert.deepEqual([...first], [['PJSIP/1', ['anna', 'bob']]]);
    assert.equal(watched.devices(), first);
    stub.notify({ type: 'agent-configured', agent: agentId('anna'), change: 'changed' });
    stub.notify({ type: 'agent-configured', agent: agentId('bob'), change: 'changed' });
    timers.advance(1_000);
    assert.equal(changes, 1, 'together');
    assert.notEqual(watched.devices(), first);

    stub.happen({ type: 'login-asked', agent: 'anna', contact: 'PJSIP/7', standby: undefined, onDemand: false });
    stub.notify({ type: 'agent-changed', agent: agentId('anna') } as never);
    timers.advance(1_000);
    assert.equal(changes, 2);
    assert.deepEqual(watched.devices().get('PJSIP/7'), ['anna']);
    stub.notify({ type: 'agent-changed', agent: agentId('anna') } as never);
    timers.advance(1_000);
    assert.equal(changes, 2, 'the same telephone');
    watched.close();
  });

  it('nobody is watched while another process owns the queues', () => {
    const stub = queueEngineStub(acdConfig([{ id: 'support' }], [{ id: 'anna', contact: 'PJSIP/1' }]));
    stub.isMine = false;
    const watched = createWatchedAgents(stub, createHandTimers(), () => undefined);

    assert.equal(watched.devices().size, 0);
    stub.isMine = true;
    assert.equal(watched.devices().size, 1);
    watched.close();
  });
});
