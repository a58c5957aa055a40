/** One line of a family: what it is of, and how much. */
export interface Sample {
  /** From small closed sets only: never a name or an id of a person, a task or a job. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** What follows the name of the family, for the parts of a histogram. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** Everything that is told under one name. */
export interface MetricFamily {
  readonly name: `cynode_${string}`;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

/** Looks at something when it is asked to. */
export type Collector = () => Promise<readonly MetricFamily[]> | readonly MetricFamily[];

/** A family of one number. */
export function gauge(name: MetricFamily['name'], help: string, value: number): MetricFamily {
  return { name, help, type: 'gauge', samples: [{ value }] };
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

function labelsText(labels: Sample['labels'] = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const numberText = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
};

/** Families in the text form of Prometheus, version 0.0.4. See docs/reference/processes.md#metrics. */
export function metricsText(families: readonly MetricFamily[]): string {
  const lines = families.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(
      ({ suffix = '', labels, value }) =>
        `${name}${suffix}${labelsText(labels)} ${numberText(value)}`,
    ),
  ]);
  return `${lines.join('\n')}\n`;
}
