import { messageOf } from '@cynodeai/runtime/std';
import type {
  Comparison,
  Contender,
  ContenderSummary,
  Effort,
  Outcome,
  Round,
  RoundPart,
  Target,
  Unit,
} from './line.ts';
import { median, spreadOf } from './statistics.ts';

export interface ComparedLine {
  readonly line: string;
  readonly title: string;
  readonly unit: Unit;
  readonly comparison: Comparison;
  readonly ours: Contender;
  readonly anchor?: Contender;
  /** Samples of each contender in a round. */
  readonly samples: number;
  /** Samples of each contender before the first round that do not count. */
  readonly warmUp?: number;
  readonly target?: Target;
  readonly notes?: readonly string[];
}

async function roundPart(
  contender: Contender,
  count: number,
  signal: AbortSignal,
): Promise<RoundPart> {
  const samples: number[] = [];
  const failures: string[] = [];
  for (let i = 0; i < count; i += 1) {
    signal.throwIfAborted();
    try {
      samples.push(await contender.sample());
    } catch (error) {
      signal.throwIfAborted();
      failures.push(messageOf(error));
    }
  }
  const value = median(samples);
  return { ...(value !== undefined && { value }), samples, failures };
}

function compared(comparison: Comparison, { ours, anchor }: Round): number | undefined {
  if (ours.value === undefined) return undefined;
  if (comparison === 'value') return ours.value;
  if (anchor?.value === undefined) return undefined;
  return comparison === 'ratio' ? ours.value / anchor.value : ours.value - anchor.value;
}

function summary(name: string, parts: readonly RoundPart[]): ContenderSummary {
  const failures = parts.flatMap((part) => part.failures);
  const spread = spreadOf(parts.flatMap((part) => part.value ?? []));
  return {
    name,
    ...(spread && { spread }),
    samples: parts.reduce((sum, part) => sum + part.samples.length, 0),
    failures: failures.length,
    ...(failures[0] !== undefined && { firstFailure: failures[0] }),
  };
}

/** Whether a target is met; a failed sample counts against it. */
function isReached(target: Target, value: number, failures: number): boolean {
  if (failures > 0) return false;
  return target.sense === 'at_most' ? value <= target.limit : value >= target.limit;
}

/** Sums up the rounds of a line: the median over the rounds of what each round says by itself. */
export function outcomeOf(line: ComparedLine, rounds: readonly Round[]): Outcome {
  const ours = summary(
    line.ours.name,
    rounds.map((round) => round.ours),
  );
  const anchor =
    line.anchor &&
    summary(
      line.anchor.name,
      rounds.flatMap((round) => round.anchor ?? []),
    );
  const result = spreadOf(rounds.flatMap((round) => compared(line.comparison, round) ?? []));
  const failures = ours.failures + (anchor?.failures ?? 0);
  return {
    line: line.line,
    title: line.title,
    unit: line.unit,
    comparison: line.comparison,
    ours,
    ...(anchor && { anchor }),
    ...(result && { result }),
    ...(line.target && { target: line.target }),
    ...(line.target && result && { reached: isReached(line.target, result.median, failures) }),
    rounds,
    notes: line.notes ?? [],
  };
}

/**
 * Measures ours and the anchor in turn, the other one first in every second round, so that what changes on the
 * machine meanwhile hits both.
 */
export async function compare(line: ComparedLine, effort: Effort): Promise<Outcome> {
  const { ours, anchor } = line;
  const { rounds: wanted, signal, say } = effort;
  const part = (contender: Contender): Promise<RoundPart> =>
    roundPart(contender, line.samples, signal);
  say(`${line.line}: warming up`);
  for (let i = 0; i < (line.warmUp ?? 1); i += 1) {
    await roundPart(ours, 1, signal);
    if (anchor) await roundPart(anchor, 1, signal);
  }
  const rounds: Round[] = [];
  for (let i = 0; i < wanted; i += 1) {
    say(`${line.line}: round ${i + 1} of ${wanted}`);
    if (anchor === undefined) {
      rounds.push({ first: 'ours', ours: await part(ours) });
    } else if (i % 2 === 0) {
      const anchorPart = await part(anchor);
      rounds.push({ first: 'anchor', anchor: anchorPart, ours: await part(ours) });
    } else {
      const oursPart = await part(ours);
      rounds.push({ first: 'ours', ours: oursPart, anchor: await part(anchor) });
    }
  }
  return outcomeOf(line, rounds);
}
