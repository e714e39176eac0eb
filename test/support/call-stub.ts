/** A whole `Call` made of sinon stubs: a new method of the interface is missed by the compiler, not at night. */
import type { SinonSandbox, SinonStub } from 'sinon';
import type { Call } from '../../core/call.js';

type Methods = { [K in keyof Call as Call[K] extends (...args: never[]) => unknown ? K : never]: Call[K] };
type Stubbed<F> = F extends (...args: infer A) => infer R ? SinonStub<A, R> : never;

export type CallStub = Omit<Call, keyof Methods> & { readonly [K in keyof Methods]: Stubbed<Methods[K]> };

/**
 * @param overrides facts of the call that matter to the test
 * @returns a live Asterisk call on which everything succeeds, no key is pressed and no variable is set
 */
export function callStub(sandbox: SinonSandbox, overrides: Partial<Omit<Call, keyof Methods>> = {}): CallStub {
  return {
    switchKind: 'asterisk',
    uniqueId: '1795289098.367',
    channel: 'IAX2/alpha-1234',
    callerIdName: 'V1211903090000012345',
    callerIdNumber: '9998887112',
    context: 'ccc_menu',
    extension: 's',
    args: [],
    query: new Map(),
    signal: new AbortController().signal,
    answer: sandbox.stub<[], Promise<void>>().resolves(),
    play: sandbox.stub<Parameters<Call['play']>, ReturnType<Call['play']>>().resolves({ digit: '', missing: false }),
    waitForDigit: sandbox.stub<[number], Promise<string>>().resolves(''),
    getVariable: sandbox.stub<[string], Promise<string | undefined>>().resolves(undefined),
    setVariable: sandbox.stub<[string, string], Promise<void>>().resolves(),
    setCallerId: sandbox.stub<[string, string], Promise<void>>().resolves(),
    execute: sandbox.stub<[string, string], Promise<void>>().resolves(),
    goto: sandbox.stub<Parameters<Call['goto']>, Promise<void>>().resolves(),
    hangup: sandbox.stub<[], Promise<void>>().resolves(),
    ...overrides,
  };
}
