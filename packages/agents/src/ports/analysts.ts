import type { Tools } from './tools.ts';
import type { WorkflowLease } from './workflow.ts';

/** A Project Analyst of one task: with tools of its own, whose token is bound to that task and its user. */
export interface Analyst {
  readonly tools: Tools;
  close(): Promise<void>;
}

/** Makes an analyst for one verification; it shares nothing with the Project Manager. */
export interface Analysts {
  open(lease: WorkflowLease, signal: AbortSignal): Promise<Analyst>;
}
