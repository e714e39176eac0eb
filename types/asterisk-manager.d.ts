/** asterisk-manager 0.2.0: only the members that sidecar/ami-session.ts touches. */
declare module 'asterisk-manager' {
  import type { TcpNetConnectOpts } from 'node:net';

  type Listener = (...values: never[]) => void;

  namespace AMI {
    interface Manager {
      on(event: string, listener: Listener): void;
      removeListener(event: string, listener: Listener): void;
      removeAllListeners(event?: string): void;
      listeners(event: string): readonly unknown[];
      emit(event: string, ...values: readonly unknown[]): boolean;
      /** The first argument is handed to `net.createConnection` as it is, so an options object works. */
      connect(options: TcpNetConnectOpts, host: undefined, callback: () => void): void;
      /** `failure` is the refusing packet, as emitted on the action's id */
      login(callback: (failure?: unknown) => void): void;
      /** Writes the action; the callback hears what is emitted on `actionid`. Deletes `actionid` from the object. */
      action(fields: Record<string, unknown>, callback: (failure: unknown, answer: unknown) => void): string;
    }
  }

  /** Without a port nothing is opened yet. */
  function AMI(port: undefined, host: undefined, user: string, secret: string, events: boolean): AMI.Manager;
  export = AMI;
}
