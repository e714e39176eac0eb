/** What can be set when a pacer is made; nothing has to be. */
export interface PacerOptions {
  readonly name?: string;
  /** wanted seconds between decisions */
  readonly tick?: number;
  /** calls in flight for each signed-in agent, at most */
  readonly linesPerAgentMax?: number;
  /** with fewer signed-in agents, one call for each ready one */
  readonly minPredictiveAgents?: number;
  /** the share of the cap that is aimed at */
  readonly goalShare?: number;
  /** decisions kept to be shown; 3600 are an hour of one a second */
  readonly decisionsKept?: number;
}

export type Settings = Required<PacerOptions>;

const bounds: Readonly<Record<Exclude<keyof Settings, 'name'>, readonly [number, number]>> = {
  tick: [0.05, 60],
  linesPerAgentMax: [1, 100],
  minPredictiveAgents: [0, 1_000],
  goalShare: [0.1, 1],
  decisionsKept: [1, 100_000],
};

/** @throws {RangeError} that names every option that cannot be */
export function settingsOf(options: PacerOptions): Settings {
  const settings: Settings = {
    name: 'predictive',
    tick: 1,
    linesPerAgentMax: 12,
    minPredictiveAgents: 3,
    goalShare: 0.98,
    decisionsKept: 3_600,
    ...options,
  };
  const wrong = (Object.keys(bounds) as (keyof typeof bounds)[])
    .filter((name) => !(settings[name] >= bounds[name][0] && settings[name] <= bounds[name][1]))
    .map((name) => `${name} must be a number from ${bounds[name][0]} to ${bounds[name][1]}`);
  if (wrong.length > 0) throw new RangeError(`pacer: ${wrong.join('; ')}`);
  return { ...settings, decisionsKept: Math.floor(settings.decisionsKept) };
}
