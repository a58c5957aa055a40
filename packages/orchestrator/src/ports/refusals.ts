import type { CountedRefusal, Refusal } from '../domain/audit/refusal.ts';

/** Takes note of what was refused; never waits and never loses one for want of room. */
export interface Refusals {
  count(refusal: Refusal): void;
}

/** The audit logs, as counted refusals go into them. */
export interface RefusalLog {
  /** Adds counts to their rows and makes those that are missing, all or none. */
  add(refusals: readonly CountedRefusal[]): Promise<void>;
}
