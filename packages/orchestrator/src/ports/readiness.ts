import type { ReadinessFacts } from '../domain/readiness/evaluate-readiness.ts';

/** Reads what readiness is judged by; one attempt, no side effects. */
export interface ReadinessProbe {
  /** Rejects when the database cannot be reached. */
  facts(): Promise<ReadinessFacts>;
}
