/**
 * Kept-alive connections to the peers, one pool per peer and certificate setting (W-6, W-10). A TLS connection
 * is handed to a request only after the certificate was checked, so nothing is ever sent to a wrong server.
 */
import { readFileSync, statSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import type { AgentOptions, ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { PeerProfile } from '../core/ports.js';

export interface PeerAgentOptions {
  /** connections to one peer at once; further requests wait for a free one */
  readonly socketsMax: number;
  /** an unused connection is closed after this time */
  readonly idleMs: number;
  /** pools kept; the one not used for longest is given up */
  readonly agentsMax: number;
  /** longest TCP and TLS handshake, also of a connection that nobody waits for any more */
  readonly handshakeMsMax: number;
}

type TlsProfile = Pick<PeerProfile, 'verifyTls' | 'caFile' | 'pinSha256' | 'clientCertFile' | 'clientKeyFile'>;

const fileBytesMax = 1_048_576;
const filesCheckedMs = 1_000;
const plainTls: TlsProfile = {
  verifyTls: true,
  caFile: undefined,
  pinSha256: undefined,
  clientCertFile: undefined,
  clientKeyFile: undefined,
};

function readPem(path: string): Buffer {
  if (statSync(path).size > fileBytesMax) throw new Error(`${path} is larger than ${fileBytesMax} bytes`);
  return readFileSync(path);
}

function tlsOptions(profile: TlsProfile): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: profile.verifyTls,
    ...(profile.caFile === undefined ? {} : { ca: readPem(profile.caFile) }),
    ...(profile.clientCertFile === undefined ? {} : { cert: readPem(profile.clientCertFile) }),
    ...(profile.clientKeyFile === undefined ? {} : { key: readPem(profile.clientKeyFile) }),
  };
}

/** Why the server's certificate is not the pinned one; undefined when it is, or none is pinned. */
function pinProblem(socket: TLSSocket, pinSha256: string | undefined): Error | undefined {
  if (pinSha256 === undefined) return undefined;
  const seen = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  return seen === pinSha256.replaceAll(':', '').toLowerCase() ? undefined : new Error('certificate is not the pinned one');
}

class CheckedAgent extends HttpsAgent {
  private readonly tls: ConnectionOptions;
  private readonly pinSha256: string | undefined;
  private readonly handshakeMsMax: number;

  constructor(options: AgentOptions, profile: TlsProfile, handshakeMsMax: number) {
    super(options);
    this.tls = tlsOptions(profile);
    this.pinSha256 = profile.pinSha256;
    this.handshakeMsMax = handshakeMsMax;
  }

  /** No session is resumed: each connection checks the certificate anew. */
  override createConnection(options: ClientRequestArgs, done?: (error: Error | null, stream: Duplex) => void): undefined {
    const host = options.host ?? 'localhost';
    const socket = connect({
      ...this.tls,
      host,
      port: Number(options.port),
      ...(isIP(host) ? {} : { servername: host }),
    });
    const timer = setTimeout(() => socket.destroy(new Error('TLS handshake took too long')), this.handshakeMsMax);
    const failed = (error: Error) => {
      clearTimeout(timer);
      done?.(error, socket);
    };
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      const problem = pinProblem(socket, this.pinSha256);
      if (problem) socket.destroy();
      done?.(problem ?? null, socket);
    });
  }
}

interface Pool {
  readonly agent: HttpAgent;
  /** modification times of the files it was made from */
  readonly stamp: string;
  checkedAtMs: number;
}

/** Let requests in flight finish, keep nothing. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  dropIdle(agent);
}

/** Close the connections that nobody uses: they may be dead without our knowing. */
export function dropIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) sockets?.forEach((socket) => void socket.destroy());
}

export interface PeerAgents {
  /** Pool for an origin (`https://host:port`). Throws when a certificate file cannot be read. */
  get(peer: string, origin: string, profile: TlsProfile | undefined): HttpAgent;
  close(): void;
}

export function createPeerAgents(options: PeerAgentOptions, nowMs: () => number): PeerAgents {
  const pools = new Map<string, Pool>();

  function stampOf({ caFile, clientCertFile, clientKeyFile }: TlsProfile): string {
    return [caFile, clientCertFile, clientKeyFile].map((path) => (path === undefined ? '' : statSync(path).mtimeMs)).join();
  }

  function create(origin: string, tls: TlsProfile): HttpAgent {
    const { socketsMax, idleMs, handshakeMsMax } = options;
    const pool: AgentOptions = { keepAlive: true, maxSockets: socketsMax, maxFreeSockets: socketsMax, timeout: idleMs, scheduling: 'lifo' };
    return origin.startsWith('https:') ? new CheckedAgent(pool, tls, handshakeMsMax) : new HttpAgent(pool);
  }

  function forget(key: string): void {
    const pool = pools.get(key);
    pools.delete(key);
    if (pool) retire(pool.agent);
  }

  return {
    get(peer, origin, profile) {
      const tls = profile ?? plainTls;
      const key = [peer, origin, tls.verifyTls, tls.caFile, tls.pinSha256, tls.clientCertFile, tls.clientKeyFile].join('\n');
      let pool = pools.get(key);
      const now = nowMs();
      if (pool && Math.abs(now - pool.checkedAtMs) >= filesCheckedMs) {
        if (pool.stamp === stampOf(tls)) pool.checkedAtMs = now;
        else {
          forget(key);
          pool = undefined;
        }
      }
      pool ??= { agent: create(origin, tls), stamp: stampOf(tls), checkedAtMs: now };
      pools.delete(key);
      pools.set(key, pool); // the order of use
      const oldest = pools.size > options.agentsMax ? pools.keys().next() : undefined;
      if (oldest && !oldest.done) forget(oldest.value);
      return pool.agent;
    },
    close() {
      for (const { agent } of pools.values()) agent.destroy();
      pools.clear();
    },
  };
}
