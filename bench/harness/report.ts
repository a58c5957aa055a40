import type { ContenderSummary, Outcome, Target, Unit, Unmeasured } from './line.ts';
import type { MachineFacts } from './machine.ts';
import type { Spread } from './statistics.ts';

/** Everything a run found out. */
export interface Report {
  readonly version: 1;
  readonly rounds: number;
  readonly machine: MachineFacts;
  readonly outcomes: readonly Outcome[];
  readonly unmeasured: readonly Unmeasured[];
}

const unitNames: Readonly<Record<Unit, string>> = { ms: ' ms', per_second: '/s', MB: ' MB' };

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const amount = (value: number, unit: string): string => `${digits(value)}${unit}`;

function resultUnit({ comparison, unit }: Outcome): string {
  return comparison === 'ratio' ? ' x' : unitNames[unit];
}

function spreadText(spread: Spread | undefined, unit: string): string {
  if (spread === undefined) return 'no number';
  const { median, min, max } = spread;
  if (min === max) return amount(median, unit);
  return `${amount(median, unit)} (${digits(min)} to ${digits(max)})`;
}

function contenderText(contender: ContenderSummary | undefined, unit: Unit): string {
  if (contender === undefined) return '-';
  return `${contender.name}: ${spreadText(contender.spread, unitNames[unit])}`;
}

function targetText(target: Target | undefined, unit: string): string {
  if (target === undefined) return '-';
  return `${target.sense === 'at_most' ? '<=' : '>='} ${target.limit}${unit}`;
}

function verdict({ target, reached }: Outcome): string {
  if (target === undefined) return '-';
  if (reached === undefined) return 'not measured';
  return reached ? 'yes' : 'NO';
}

function failuresText(outcome: Outcome): string {
  const { ours, anchor } = outcome;
  const failed = ours.failures + (anchor?.failures ?? 0);
  const all = failed + ours.samples + (anchor?.samples ?? 0);
  return `${failed} of ${all}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => `| ${row.join(' | ')} |`).map((line) => [line]);
  const rule = `| ${(rows[0] ?? []).map(() => '---').join(' | ')} |`;
  return [...head, rule, ...body.flat()].join('\n');
}

function failureNotes({ ours, anchor, line }: Outcome): string[] {
  return [ours, anchor].flatMap((contender) =>
    contender?.firstFailure === undefined
      ? []
      : [`- ${line}: ${contender.failures} failed (${contender.name}): ${contender.firstFailure}`],
  );
}

/** The report as people read it; medians over the rounds, smallest and greatest round in parentheses. */
export function markdown({ machine, outcomes, unmeasured, rounds }: Report): string {
  const rows = outcomes.map((outcome) => [
    `${outcome.line}: ${outcome.title}`,
    contenderText(outcome.ours, outcome.unit),
    contenderText(outcome.anchor, outcome.unit),
    spreadText(outcome.result, resultUnit(outcome)),
    targetText(outcome.target, resultUnit(outcome)),
    verdict(outcome),
    failuresText(outcome),
  ]);
  const head = ['Line', 'Ours', 'Anchor', 'Result', 'Target', 'Reached', 'Failed'];
  const notes = [
    ...outcomes.flatMap((outcome) => outcome.notes.map((note) => `- ${outcome.line}: ${note}`)),
    ...outcomes.flatMap(failureNotes),
    ...unmeasured.map(({ line, why }) => `- ${line}: NOT MEASURED: ${why}`),
  ];
  const { cpu, cores, memoryMb, system, kernel, node, podman, root, load } = machine;
  return `${[
    `${cores} cores (${cpu}), ${memoryMb} MB, ${system}, kernel ${kernel}, Node ${node}, Podman ${podman}, ${root ? 'root' : 'unprivileged'}; load before the run ${load.toFixed(1)}; ${rounds} rounds.`,
    table([head, ...rows]),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ].join('\n\n')}\n`;
}
