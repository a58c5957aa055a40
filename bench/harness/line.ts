import type { Spread } from './statistics.ts';

/** What the numbers of a line are; `per_second` is better when greater, the others when smaller. */
export type Unit = 'ms' | 'per_second' | 'MB';

/** One way to do the work of a line: ours, or the anchor it is held against. */
export interface Contender {
  readonly name: string;
  /** Takes one sample in the unit of the line; throws when it did not do what it should have. */
  readonly sample: () => Promise<number>;
}

/** How the per-round numbers of ours and the anchor become one. */
export type Comparison = 'ratio' | 'difference' | 'value';

/** A promise about the compared number. */
export interface Target {
  readonly limit: number;
  readonly sense: 'at_most' | 'at_least';
}

/** What one contender did in one round; failed samples are counted, never left out silently. */
export interface RoundPart {
  /** Median of the good samples; absent when none was good. */
  readonly value?: number;
  readonly samples: readonly number[];
  readonly failures: readonly string[];
}

export interface Round {
  readonly first: 'ours' | 'anchor';
  readonly ours: RoundPart;
  readonly anchor?: RoundPart;
}

export interface ContenderSummary {
  readonly name: string;
  /** Of the per-round numbers. */
  readonly spread?: Spread;
  readonly samples: number;
  readonly failures: number;
  readonly firstFailure?: string;
}

/** One row of the report. */
export interface Outcome {
  readonly line: string;
  readonly title: string;
  readonly unit: Unit;
  readonly comparison: Comparison;
  readonly ours: ContenderSummary;
  readonly anchor?: ContenderSummary;
  /** Spread of the compared number over the rounds; absent when no round gave one. */
  readonly result?: Spread;
  readonly target?: Target;
  /** Absent without a target or a result. A line with failures does not reach its target. */
  readonly reached?: boolean;
  readonly rounds: readonly Round[];
  /** What a reader needs to judge the numbers. */
  readonly notes: readonly string[];
}

/** A line that could not be measured at all. */
export interface Unmeasured {
  readonly line: string;
  readonly title: string;
  readonly why: string;
}

/** How much to measure. */
export interface Effort {
  readonly rounds: number;
  /** Full effort, or just enough to see that a line works. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly say: (what: string) => void;
}
