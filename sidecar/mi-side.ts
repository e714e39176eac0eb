/** The management interface put together: commands, subscribers' sockets, the door `/mi`. */
import { createAddressList } from '../core/address-list.js';
import type { RecordCommand } from '../core/access-ports.js';
import type { QueueEngine } from '../core/acd-ports.js';
import { createMi } from '../core/services/mi.js';
import type { CompatDoor, CompatDoorDeps } from './compat-door.js';
import type { Config } from './config.js';
import { bodyDefaults } from './form-body.js';
import { createMiSockets } from './mi-sockets.js';
import { packageVersion } from './package-files.js';
import { createMiDoor } from './routes/mi.js';
import type { Permit } from './routes/permission.js';

export interface MiSideDeps extends Pick<CompatDoorDeps, 'log' | 'meter' | 'clientAddress'> {
  readonly config: Config['opensips'];
  readonly engine: QueueEngine;
  readonly permit: Permit;
  reload(): Promise<void>;
  /** commands that change something are written down */
  readonly record: RecordCommand;
  /** the engine's clock */
  nowMs(): number;
}

export interface MiSide {
  readonly door: CompatDoor;
  close(): void;
}

export function createMiSide(deps: MiSideDeps): MiSide {
  const { config, engine, log, meter } = deps;
  const nowMs = () => deps.nowMs();
  const sockets = createMiSockets(config.miEventsAllow, { log, meter, nowMs });
  const { record } = deps;
  const mi = createMi({
    engine,
    sockets,
    record,
    reload: () => deps.reload(),
    nowMs,
    startedAtMs: nowMs(),
    version: packageVersion(),
    log,
  });
  const isTrusted = createAddressList(config.miAllow, 'addresses of the management interface');
  const door = createMiDoor(
    { mi, permit: deps.permit, isTrusted, clientAddress: deps.clientAddress, log, meter },
    { paths: ['/mi'], body: bodyDefaults },
  );
  return {
    door,
    close() {
      mi.close();
      sockets.close();
    },
  };
}
