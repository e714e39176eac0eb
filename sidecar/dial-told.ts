/** A dialling switch whose orders somebody hears a moment before it: the call journal, so that it knows whose call comes. */
import type { OriginateOrder } from '../core/dialer/engine-words.js';
import type { DialSwitch } from '../core/dialer-ports.js';

export const toldBefore = (port: DialSwitch, told: (order: OriginateOrder) => void): DialSwitch => ({
  id: port.id,
  kind: port.kind,
  isUp: () => port.isUp(),
  originate(order) {
    told(order);
    port.originate(order);
  },
  hangUp: (callId, reason) => port.hangUp(callId, reason),
  checkGateway: (gateway) => port.checkGateway(gateway),
  liveCalls: () => port.liveCalls(),
  callsPerSecondMax: () => port.callsPerSecondMax(),
  hasExtension: (context, extension) => port.hasExtension(context, extension),
  hasSound: (file) => port.hasSound(file),
  onState: (listener) => port.onState(listener),
  close: () => port.close(),
});
