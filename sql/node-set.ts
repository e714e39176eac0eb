import type { MysqlNode, MysqlNodeOptions } from './mysql-node.js';
import { probe, probeEveryMs } from './probe.js';
import { chooseWriter } from './router.js';

export interface NodeSet {
  /** the server that takes the work; waits for the first round of probes, undefined when none is healthy */
  writer(): Promise<MysqlNode | undefined>;
  /** it answered an error that says it takes no work: look for another at once */
  suspect(node: MysqlNode): void;
  close(): Promise<void>;
}

export interface NodeSetOptions {
  readonly nowMs: () => number;
  readonly onWriter: (name: string | undefined) => void;
}

/** One server needs no choice and no probes; several are probed every 300 ms. */
export function createNodeSet(nodes: readonly MysqlNode[], probed: readonly MysqlNodeOptions[], options: NodeSetOptions): NodeSet {
  const [only] = nodes;
  if (nodes.length === 1 && only) {
    return { writer: () => Promise.resolve(only), suspect: () => undefined, close: () => only.close() };
  }
  return createProbedSet(nodes, probed, options);
}

function createProbedSet(nodes: readonly MysqlNode[], probed: readonly MysqlNodeOptions[], options: NodeSetOptions): NodeSet {
  const healthySinceMs: (number | undefined)[] = nodes.map(() => undefined);
  let current: number | undefined;
  let open = true;
  let roundsDone = 0;
  let timer: NodeJS.Timeout | undefined;

  function judge(): void {
    if (roundsDone === 0) return; // the answer of a less preferred server may come first
    const before = current;
    current = chooseWriter(
      healthySinceMs.map((since) => ({ healthySinceMs: since })),
      current,
      options.nowMs(),
    );
    if (current !== before) options.onWriter(current === undefined ? undefined : nodes[current]?.name);
  }

  function mark(i: number, healthy: boolean): void {
    if (healthy) healthySinceMs[i] ??= options.nowMs();
    else if (healthySinceMs[i] !== undefined) {
      healthySinceMs[i] = undefined;
      nodes[i]?.reset();
    }
    judge();
  }

  async function probeNode(i: number): Promise<void> {
    const at = probed[i];
    if (at) mark(i, await probe(at));
  }

  /** Each server is judged when its own answer is there: a dead one must not delay the news of a living one. */
  async function round(): Promise<void> {
    await Promise.all(nodes.map((_, i) => probeNode(i)));
    roundsDone++;
    judge();
    if (!open) return;
    timer = setTimeout(() => void round(), probeEveryMs);
    timer.unref();
  }

  const first = round();
  return {
    async writer() {
      if (current === undefined) await first;
      return current === undefined ? undefined : nodes[current];
    },
    suspect(node) {
      mark(nodes.indexOf(node), false);
    },
    async close() {
      open = false;
      clearTimeout(timer);
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
