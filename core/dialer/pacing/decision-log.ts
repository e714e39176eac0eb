/** The last decisions with what they were taken from, in one block of numbers of a fixed size. */
import type { Decision, PacingRule } from './types.js';

const rules: readonly PacingRule[] = [
  'no-agents',
  'few-agents',
  'start',
  'silence',
  'careful',
  'guard',
  'risk',
  'lines',
  'agents-cap',
  'calls-per-second',
];
const fields = [
  'now',
  'place',
  'ready',
  'talk',
  'wrap',
  'ringing',
  'waiting',
  'risk',
  'theta',
  'goal',
  'answerShare',
  'ringSeconds',
  'abandoned',
  'connected',
] as const satisfies readonly (keyof Decision)[];
const width = fields.length + 1;

export class DecisionLog {
  private readonly numbers: Float64Array;
  private readonly kept: number;
  private written = 0;

  constructor(kept: number) {
    this.kept = kept;
    this.numbers = new Float64Array(kept * width);
  }

  add(decision: Decision): void {
    const from = (this.written++ % this.kept) * width;
    this.numbers[from] = rules.indexOf(decision.rule);
    fields.forEach((field, i) => (this.numbers[from + 1 + i] = decision[field]));
  }

  /** oldest first */
  last(countMax: number): Decision[] {
    const count = Math.max(0, Math.min(countMax, this.written, this.kept));
    return Array.from({ length: count }, (_, i) => this.read((this.written - count + i) % this.kept));
  }

  private read(at: number): Decision {
    const from = at * width;
    const numbers = Object.fromEntries(fields.map((field, i) => [field, this.numbers[from + 1 + i]]));
    return { ...numbers, rule: rules[this.numbers[from] ?? 0] ?? 'no-agents' } as Decision;
  }
}
