import type { GraphState, Route } from '@cynodeai/contracts/agents';
import type { AgentTask } from '@cynodeai/contracts/mcp';
import type { Log } from '@cynodeai/runtime/observe';
import type { Clock } from '@cynodeai/runtime/std';
import { usualBounds } from '../domain/task-bounds.ts';
import type { Analysts } from '../ports/analysts.ts';
import type { Tools } from '../ports/tools.ts';
import type { WorkflowLease } from '../ports/workflow.ts';
import type { AnalystPlaces } from './analyst-places.ts';
import type { AskDeps } from './ask-model.ts';

/** What an agent is told of itself. */
export interface Instructions {
  /** Who it is; nothing can override it. */
  readonly baseline: string;
  /** What its role does and which tools it has. */
  readonly role: string;
}

export type AgentRole = 'project_manager' | 'project_analyst';

export interface NodeDeps extends AskDeps {
  readonly analysts: Analysts;
  readonly places: AnalystPlaces;
  readonly instructions: Readonly<Record<AgentRole, Instructions>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a node works with. */
export interface NodeScene {
  readonly deps: NodeDeps;
  readonly lease: WorkflowLease;
  /** The Project Manager's. */
  readonly tools: Tools;
  readonly state: GraphState;
  /** As it was when the node began. */
  readonly task: AgentTask;
  readonly signal: AbortSignal;
}

export type NodeWork = (scene: NodeScene) => Promise<GraphState>;

export const boundsOf = ({ bounds }: GraphState) => bounds ?? usualBounds;

/** The preferences that hold, as far as they were read. */
export const preferencesOf = ({ preferences_effective: held }: GraphState) => held ?? {};

export const stepsOf = ({ plan }: GraphState) => plan?.steps ?? [];

/** What the user asked for. */
export const promptOf = ({ prompt }: AgentTask): string => prompt ?? '';

/** Models that are remembered. */
const keptRoutes = 100;

export function withRoutes(state: GraphState, routes: readonly Route[]): GraphState {
  if (routes.length === 0) return state;
  return { ...state, routing: [...(state.routing ?? []), ...routes].slice(-keptRoutes) };
}

/** The step that is run now, with how often it was tried. @throws where the state has none */
export function presentStep({ plan, current_step_index: index = 0, attempts_by_step }: GraphState) {
  const step = plan?.steps[index];
  if (step === undefined) throw new Error(`the plan has no step ${index}`);
  return { step, index, attempt: attempts_by_step?.[String(index)] ?? 0 };
}

/** Commands of a step that failed and were replaced. */
export function triedCommands({ tried_commands: tried }: GraphState, index: number): string[][] {
  return tried?.[String(index)] ?? [];
}

/** The job of a step's last try. @throws where there is none */
export function presentJob({ job_ids_by_step: jobs }: GraphState, index: number): string {
  const jobId = jobs?.[String(index)];
  if (jobId === undefined) throw new Error(`step ${index} has no job`);
  return jobId;
}

/** Whether the task has used up its time. */
export function isOutOfTime(state: GraphState, clock: Clock): boolean {
  if (state.started_at === undefined) return false;
  const gone = clock.now().getTime() - Date.parse(state.started_at);
  return gone > boundsOf(state).max_wall_seconds * 1000;
}
