/** Gateways of a campaign with their state; who may change the whole site pauses one, for all campaigns over it. */
import type { JSX } from 'preact';
import { ask, session } from '../lib/api.ts';
import { campaignLive, mayDialControl } from '../lib/dialer.ts';
import type { GatewayNow } from '../lib/dialer-wire.ts';
import { strings } from '../strings.ts';
import { ActionButton } from './action.tsx';
import { Empty } from './basics.tsx';

const words = strings.dialer.campaign;

/** Those of some queues see them, and leave them to others. */
const mayPause = (): boolean => mayDialControl() && typeof session.value === 'object' && session.value.queues === undefined;

const isGood = (state: string): boolean => state === 'up' || state === 'unknown';

export function Gateways(): JSX.Element {
  const gateways = campaignLive.value?.live?.gateways ?? [];
  return (
    <section class="card" aria-labelledby="gateways">
      <h2 id="gateways">{words.gateways}</h2>
      {gateways.length === 0 ? (
        <Empty>{words.noGateways}</Empty>
      ) : (
        <table class="table">
          <thead>
            <tr>
              {[words.gateway, words.gatewayState, words.gatewayCalls].map((text) => (
                <th scope="col" key={text}>
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {gateways.map((gateway) => (
              <Line key={`${gateway.switch} ${gateway.gateway}`} way={gateway} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Line({ way }: { readonly way: GatewayNow }): JSX.Element {
  const isPaused = way.state === 'paused';
  const label = strings.dialer.actions[isPaused ? 'resume' : 'pause'];
  const path = `/dialer/gateways/${encodeURIComponent(way.switch)}/${encodeURIComponent(way.gateway)}`;
  return (
    <tr data-gateway={way.gateway}>
      <th scope="row">
        {way.gateway}
        {way.switch !== '' && <small class="muted">{way.switch}</small>}
      </th>
      <td>
        <span class="row">
          <span class={isGood(way.state) ? '' : 'problem'}>{words.gatewayStates[way.state] ?? way.state}</span>
          {mayPause() && (
            <ActionButton
              label={label}
              kind="small"
              description={strings.actions.of(label, way.gateway)}
              run={() => ask('PUT', path, { paused: !isPaused })}
            />
          )}
        </span>
      </td>
      <td>{way.calls}</td>
    </tr>
  );
}
