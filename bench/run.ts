/**
 * `npm run bench [name ...]`: every measurement, or the named ones, as one Markdown table. Each compares itself with a
 * baseline of the same run; quote the figures with machine, load and method (docs/benchmarks.md).
 */
import { cpus, loadavg, release } from 'node:os';
import { agiSessions } from './agi-sessions.js';
import { amiEvents } from './ami-events.js';
import { boardViewers } from './board-viewers.js';
import { crm } from './crm.js';
import { dialerAsterisk } from './dialer-asterisk.js';
import { dialerLists } from './dialer-lists.js';
import { dialerEngine } from './dialer-engine.js';
import { dialerPacing } from './dialer-pacing.js';
import { dialerRules } from './dialer-rules.js';
import { dialerStore } from './dialer-store.js';
import { eslSessions } from './esl-sessions.js';
import { eventFeed } from './event-feed.js';
import { eventSocket } from './event-socket.js';
import { handover } from './handover.js';
import { leadApi } from './lead-api.js';
import { queueAsterisk } from './queue-asterisk.js';
import { queueCommands } from './queue-commands.js';
import { queueEngine } from './queue-engine.js';
import { queueLatency } from './queue-latency.js';
import { reports } from './reports.js';
import { statusAnswers } from './status-answers.js';
import type { Figure } from './support/figure.js';

const benches: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  'agi-sessions': agiSessions,
  'esl-sessions': eslSessions,
  'ami-events': amiEvents,
  handover,
  'lead-api': leadApi,
  'queue-engine': queueEngine,
  'queue-latency': queueLatency,
  'queue-asterisk': queueAsterisk,
  'board-viewers': boardViewers,
  reports,
  'event-feed': eventFeed,
  'event-socket': eventSocket,
  crm,
  'dialer-engine': dialerEngine,
  'dialer-pacing': dialerPacing,
  'dialer-store': dialerStore,
  'dialer-rules': dialerRules,
  'dialer-lists': dialerLists,
  'dialer-asterisk': dialerAsterisk,
  'queue-commands': queueCommands,
  'status-answers': statusAnswers,
};

const rounded = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** small ratios, of us to a slow reference, with two figures that count */
const ratioText = (ratio: number): string => (ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2));

const wanted = process.argv.slice(2);
for (const name of wanted) if (!(name in benches)) throw new Error(`no bench "${name}"; there are ${Object.keys(benches).join(', ')}`);

console.log(
  `${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}, load ${loadavg()
    .map((l) => l.toFixed(1))
    .join(' ')} before the run\n`,
);
console.log('| what | value | baseline | ratio | note |\n| --- | --- | --- | --- | --- |');
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length && !wanted.includes(name)) continue;
  for (const { name: what, value, unit, baseline, note } of await run()) {
    const ratio = baseline === undefined ? '' : ratioText(value / baseline);
    console.log(
      `| ${what} | ${rounded(value)} ${unit} | ${baseline === undefined ? '' : `${rounded(baseline)} ${unit}`} | ${ratio} | ${note ?? ''} |`,
    );
  }
}
