import { type GraphState, graphStateSchema } from '@cynodeai/contracts/agents';
import type { WorkflowNode } from '@cynodeai/contracts/control-plane';
import { parseJson } from '@cynodeai/runtime/std';
import { memoryLog } from '@cynodeai/testing';
import { type WorkflowNodesDeps, workflowNodes } from '../../src/app/workflow-nodes.ts';
import { type NextNode, nextNode } from '../../src/domain/next-node.ts';
import type { WorkflowLease } from '../../src/ports/workflow.ts';
import { type FakeWorld, taskId } from './fake-world.ts';
import type { ScriptedInference } from './scripted-inference.ts';

const lease: WorkflowLease = {
  taskId,
  leaseId: '018f0000-0000-7000-8000-0000000000b1',
  runId: '018f0000-0000-7000-8000-0000000000b2',
  contextId: '018f0000-0000-7000-8000-0000000000b3',
  livesMs: 15_000,
};

export const instructions = {
  project_manager: { baseline: 'You are the manager.', role: 'Plan.' },
  project_analyst: { baseline: 'You are the analyst.', role: 'Judge.' },
};

/** What a walk came to. */
export interface Walked {
  readonly state: GraphState;
  readonly ran: readonly WorkflowNode[];
}

export interface WalkOptions {
  /** Of the nodes, by their number in the walk: the process dies behind it, before its state is kept. */
  readonly crashBehind?: number;
  readonly deps?: Partial<WorkflowNodesDeps>;
}

/** A process that runs nodes, whose pauses move the clock. */
export function nodesOf(
  world: FakeWorld,
  inference: ScriptedInference,
  deps: Partial<WorkflowNodesDeps> = {},
) {
  let elapsedMs = 0;
  let open = 0;
  const log = memoryLog();
  const run = workflowNodes({
    toolsOf: () => world.toolsOf('project_manager'),
    analysts: {
      open: async () => {
        open += 1;
        return {
          tools: world.toolsOf('project_analyst'),
          close: async () => {
            open -= 1;
          },
        };
      },
    },
    inference,
    instructions,
    clock: world.clock,
    sleep: async (ms) => {
      elapsedMs += ms;
      world.clock.advance(ms);
    },
    elapsedMs: () => elapsedMs,
    log,
    ...deps,
  })(lease);
  return { run, log, openAnalysts: () => open, elapsedMs: () => elapsedMs };
}

/** Walks a task's graph to its end, each state through a wire. */
export async function walk(
  world: FakeWorld,
  inference: ScriptedInference,
  { crashBehind, deps }: WalkOptions = {},
): Promise<Walked> {
  const never = new AbortController().signal;
  let process = nodesOf(world, inference, deps);
  let state: GraphState = { schema_version: 1, task_id: taskId };
  let last: WorkflowNode | undefined;
  const ran: WorkflowNode[] = [];
  for (;;) {
    const node: NextNode = nextNode(last, state, { maxAttempts: Number.MAX_SAFE_INTEGER });
    if (node === 'end') return { state, ran };
    if (ran.length === crashBehind) {
      await process.run(node, state, never);
      process = nodesOf(world, inference, deps);
    }
    const next = await process.run(node, state, never);
    state = graphStateSchema.parse(parseJson(JSON.stringify(next)));
    last = node;
    ran.push(node);
    if (process.openAnalysts() > 0) throw new Error('an analyst was not closed');
  }
}
