import type { AgentCall } from '@cynodeai/contracts/control-plane';
import type { PromptSettings } from '../domain/prompts/model-limits.ts';
import type { RoutingDecision } from '../domain/routing/decide-route.ts';
import type { RoutingSettings } from '../domain/routing/routing-settings.ts';

type RoutingRequest = AgentCall['routing'];

/** On whose behalf a model is asked, as it is recorded. */
export interface RoutingSubject {
  readonly taskId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly userId?: string | undefined;
  readonly runId?: string | undefined;
}

/** A decision to be recorded; no word of what is asked. */
export interface NewRoutingDecision {
  readonly id: string;
  readonly at: Date;
  /** The decision whose attempt failed before. */
  readonly parentId: string | undefined;
  readonly requestId: string;
  readonly request: RoutingRequest;
  readonly subject: RoutingSubject;
  readonly settings: RoutingSettings;
  readonly decision: RoutingDecision;
}

/** What came of a call that was decided. */
export type RoutingResult =
  'completed' | 'failed' | 'timeout' | 'too_long' | 'not_taken' | 'aborted';

/** Records of where model calls went. See docs/reference/inference.md#calls-of-agents. */
export interface RoutingDecisions {
  record(decision: NewRoutingDecision): Promise<void>;
  finish(id: string, result: RoutingResult, durationMs: number): Promise<void>;
}

/** What routing looks at beside nodes and selection. */
export interface RoutingReader {
  settings(
    agent: RoutingRequest['agent'],
  ): Promise<{ readonly routing: RoutingSettings; readonly calls: PromptSettings }>;
  /** Ids of the nodes that say that they have a model. */
  holders(modelRef: string): Promise<ReadonlySet<string>>;
  /** Whose task it is, and its last run; undefined when there is no such task. */
  subjectOf(taskId: string): Promise<RoutingSubject | undefined>;
}
