import type { SandboxJobPayload } from '../jobs/job-payload.ts';
import { compareSlugs } from '../nodes/node.ts';
import { type NodeFacts, freeSlots, isDispatchable, isInferenceCapable } from './node-facts.ts';

/** What a job asks of a node. */
export interface JobNeeds {
  readonly useInference: boolean;
  /** Its workspace is a folder that somebody sent. */
  readonly hasFolder?: boolean;
  /** Nodes that refused this very job by a rule of their own (REQ-WORKER-0122). */
  readonly refusedBy: readonly string[];
  /** It is given secrets. */
  readonly secrets?: boolean;
  /** It runs in a workspace that is kept between tasks. */
  readonly workspace?: WorkspaceNeed;
}

/** A workspace as far as the choice of a node goes. See docs/reference/workspaces.md#where-it-lies. */
export interface WorkspaceNeed {
  /** Two jobs of one workspace are never placed at once; absent where it does not matter. */
  readonly id?: string;
  /** The node its content lies on; absent while there is none. */
  readonly nodeId?: string | undefined;
}

/** What a stored job asks of a node. */
export function jobNeeds(payload: SandboxJobPayload, workspace?: WorkspaceNeed): JobNeeds {
  return {
    useInference: payload.use_inference,
    hasFolder: payload.folder !== undefined,
    refusedBy: payload.dispatch?.refused_by ?? [],
    ...(payload.secrets !== undefined && { secrets: true }),
    ...(payload.workspace !== undefined && { workspace: workspace ?? {} }),
  };
}

/** Why a job stays queued. */
export type WaitingReason =
  | 'no_dispatchable_node'
  | 'no_sandbox_node'
  | 'no_inference_capable_node'
  | 'no_folder_node'
  | 'no_node_for_secrets'
  | 'no_node_for_workspaces'
  | 'workspace_node_away'
  | 'workspace_busy'
  | 'refused_by_every_node'
  | 'no_free_slot';

export type Selection =
  | { readonly kind: 'selected'; readonly node: NodeFacts; readonly reasons: readonly string[] }
  | { readonly kind: 'waiting'; readonly reason: WaitingReason };

/**
 * Nodes that may run the job, busy ones included, or why there is none.
 * See docs/reference/leases.md#which-nodes-may-run-a-job.
 */
export function eligibleNodes(
  nodes: readonly NodeFacts[],
  needs: JobNeeds,
): readonly NodeFacts[] | WaitingReason {
  const dispatchable = nodes.filter(isDispatchable);
  if (dispatchable.length === 0) return 'no_dispatchable_node';
  const sandboxed = dispatchable.filter((node) => node.sandboxSupported !== false);
  if (sandboxed.length === 0) return 'no_sandbox_node';
  const capable = needs.useInference ? sandboxed.filter(isInferenceCapable) : sandboxed;
  if (capable.length === 0) return 'no_inference_capable_node';
  const fitting = needs.hasFolder
    ? capable.filter(({ takesFolders }) => takesFolders === true)
    : capable;
  if (fitting.length === 0) return 'no_folder_node';
  const trusted = needs.secrets ? fitting.filter((node) => node.jobSecrets) : fitting;
  if (trusted.length === 0) return 'no_node_for_secrets';
  const keeping = needs.workspace ? trusted.filter((node) => node.keepsWorkspaces) : trusted;
  if (keeping.length === 0) return 'no_node_for_workspaces';
  const only = needs.workspace?.nodeId;
  const there = only === undefined ? keeping : keeping.filter(({ nodeId }) => nodeId === only);
  if (there.length === 0) return 'workspace_node_away';
  const willing = there.filter((node) => !needs.refusedBy.includes(node.nodeId));
  return willing.length === 0 ? 'refused_by_every_node' : willing;
}

/** The nodes without those that did not answer lately, unless none that may take work would be left. */
export function withoutAvoided(
  nodes: readonly NodeFacts[],
  avoid: ReadonlySet<string>,
): readonly NodeFacts[] {
  const others = nodes.filter((node) => !avoid.has(node.nodeId));
  return others.some(isDispatchable) ? others : nodes;
}

function byLoadThenSlug(a: NodeFacts, b: NodeFacts): number {
  return a.running - b.running || compareSlugs(a.slug, b.slug);
}

/**
 * The node a job goes to: of the eligible ones with a free slot the one with the fewest running
 * jobs, then the smallest slug by bytes. Pure; the same facts always give the same node.
 * See docs/reference/leases.md#which-one-is-chosen.
 */
export function selectNode(nodes: readonly NodeFacts[], needs: JobNeeds): Selection {
  const eligible = eligibleNodes(nodes, needs);
  if (typeof eligible === 'string') return { kind: 'waiting', reason: eligible };
  const free = eligible.filter((node) => freeSlots(node) > 0);
  const [first, second] = free.toSorted(byLoadThenSlug);
  if (first === undefined) return { kind: 'waiting', reason: 'no_free_slot' };
  if (second === undefined) {
    return { kind: 'selected', node: first, reasons: ['only_free_node'] };
  }
  const decisive = first.running < second.running ? 'fewest_running_jobs' : 'smallest_slug';
  return { kind: 'selected', node: first, reasons: [decisive] };
}
