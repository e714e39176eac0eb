/** A link on a fake manager, with everything around it recorded. `close` ends both. */
import sinon from 'sinon';
import { createAmiLink, type AmiLink, type AmiLinkDeps } from '../../sidecar/ami.js';
import type { AmiLinkOptions } from '../../sidecar/ami-options.js';
import type { AmiPacket } from '../../sidecar/ami-packet.js';
import { createFakeAmi, type FakeAmi, type FakeAmiOptions } from './fake-ami.js';

export interface AmiHarness {
  readonly ami: FakeAmi;
  readonly link: AmiLink;
  readonly log: Record<'debug' | 'info' | 'warn' | 'error', sinon.SinonStub>;
  readonly meter: Record<'count' | 'observe' | 'set', sinon.SinonStub>;
  /** every event delivered, in order */
  readonly events: AmiPacket[];
  /** states passed through, in order */
  readonly states: string[];
  close(): Promise<void>;
}

export interface AmiHarnessOptions {
  readonly server?: FakeAmiOptions;
  readonly link?: Partial<AmiLinkOptions>;
  readonly deps?: Partial<AmiLinkDeps>;
}

/** The link is not started yet. */
export async function createAmiHarness(options: AmiHarnessOptions = {}): Promise<AmiHarness> {
  const ami = await createFakeAmi(options.server);
  const log = { debug: sinon.stub(), info: sinon.stub(), warn: sinon.stub(), error: sinon.stub() };
  const meter = { count: sinon.stub(), observe: sinon.stub(), set: sinon.stub() };
  const settings = { name: 'alpha', host: '127.0.0.1', port: ami.port, user: 'tandem', secret: 'fake-ami-secret', ...options.link };
  let link: AmiLink;
  try {
    link = createAmiLink(settings, { log, meter, ...options.deps });
  } catch (error) {
    await ami.close(); // settings refused: nobody else knows of this server
    throw error;
  }
  const events: AmiPacket[] = [];
  const states: string[] = [];
  link.on('*', (event) => events.push(event));
  link.onState((now) => {
    if (states.at(-1) !== now.state) states.push(now.state);
  });
  return {
    ami,
    link,
    log,
    meter,
    events,
    states,
    async close() {
      link.stop();
      await ami.close();
    },
  };
}

/** Resolves when an event of this name is delivered. */
export function nextEvent(link: AmiLink, name: string): Promise<AmiPacket> {
  return new Promise((resolve) => {
    const off = link.on(name, (event) => {
      off();
      resolve(event);
    });
  });
}

/** Resolves when the link enters this state. */
export function nextState(link: AmiLink, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const off = link.onState((now) => {
      if (now.state !== wanted) return;
      off();
      resolve();
    });
  });
}
