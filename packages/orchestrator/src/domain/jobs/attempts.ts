import { backoffMs } from '@cynodeai/runtime/std';

const retry = { firstMs: 2000, maxMs: 60_000, jitter: 0.2 } as const;

/** Pause in ms after claim `attempt` (1, 2, …): min(60, 2^attempt) s ± 20 %, drawn by `random` from 0 to 1. */
export function retryDelayMs(attempt: number, random: number): number {
  return backoffMs(attempt, random, retry);
}

const passing = { firstMs: 1500, maxMs: 10_000, jitter: 0.2 } as const;

/** Pause in ms after a model service did not take call `attempt` (1, 2, …) for a reason that passes by itself. */
export function passingDelayMs(attempt: number, random: number): number {
  return backoffMs(attempt, random, passing);
}

export interface AttemptFacts {
  /** Claims so far. */
  readonly attempt: number;
  /** Claims among them that started nothing: not taken by a node, or a run under way was adopted. */
  readonly freeAttempts: number;
  readonly maxAttempts: number;
}

/** Whether the job may be started once more. */
export function mayStartAgain({ attempt, freeAttempts, maxAttempts }: AttemptFacts): boolean {
  return attempt - freeAttempts < maxAttempts;
}

/** Nodes that may end while they run one job: a job that ends a node would end the next one too. */
const mayEndNodes = 1;

/**
 * Whether a job may be started again after `nodeDeaths` of its runs were lost with their node. Whoever allows very many
 * attempts expects nodes to end for reasons of their own, and gets a quarter of them.
 */
export function mayRiskNode(nodeDeaths: number, maxAttempts: number): boolean {
  return nodeDeaths <= Math.max(mayEndNodes, Math.floor(maxAttempts / 4));
}

/** What becomes of a job whose lease is over. */
export type Expiry =
  { readonly kind: 'requeue'; readonly delayMs: number } | { readonly kind: 'exhausted' };

/** Back into the queue while attempts are left. See docs/reference/leases.md#leases-and-retries. */
export function judgeExpiry(facts: AttemptFacts, random: number): Expiry {
  if (!mayStartAgain(facts)) return { kind: 'exhausted' };
  return { kind: 'requeue', delayMs: retryDelayMs(facts.attempt, random) };
}
