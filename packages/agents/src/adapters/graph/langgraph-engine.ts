import type { GraphState } from '@cynodeai/contracts/agents';
import { type WorkflowNode, workflowNodes } from '@cynodeai/contracts/control-plane';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { type Bounds, nextNode } from '../../domain/next-node.ts';
import type { GraphEngine, GraphRun } from '../../ports/graph-engine.ts';
import type { KeptState } from '../../ports/workflow.ts';
import { CheckpointSaver } from './checkpoint-saver.ts';

const channels = Annotation.Root({
  state: Annotation<GraphState>(),
  last: Annotation<WorkflowNode>(),
});

type Channels = typeof channels.State;

/** Twenty steps of three tries with four nodes each, and those around them. */
const recursionLimit = 1000;

function compiled(run: GraphRun, bounds: Pick<Bounds, 'maxAttempts'>) {
  const graph = new StateGraph(channels) as StateGraph<
    typeof channels.spec,
    Channels,
    Partial<Channels>,
    string
  >;
  const targets = Object.fromEntries([...workflowNodes, END].map((name) => [name, name]));
  const route =
    (last: WorkflowNode | undefined) =>
    ({ state }: Channels): string => {
      const next = nextNode(last, state, bounds);
      return next === 'end' ? END : next;
    };
  for (const node of workflowNodes) {
    graph.addNode(node, async ({ state }: Channels, config: { signal?: AbortSignal }) => ({
      state: await run.runNode(node, state, config.signal ?? run.signal),
      last: node,
    }));
    graph.addConditionalEdges(node as never, route(node), targets as never);
  }
  graph.addConditionalEdges(START, route(undefined), targets as never);
  return graph.compile({ checkpointer: new CheckpointSaver(run.keep) });
}

/** Graphs on LangGraph; the way through them is `nextNode` alone. */
export function langGraphEngine(bounds: Pick<Bounds, 'maxAttempts'>): GraphEngine {
  return {
    run: async (run) => {
      const graph = compiled(run, bounds);
      const config = {
        configurable: { thread_id: run.taskId },
        recursionLimit,
        // A node begins only once the state behind the one before it is kept.
        durability: 'sync' as const,
        signal: run.signal,
      };
      const { from } = run;
      if (from !== undefined) {
        await graph.updateState(config, { state: from.state, last: from.lastNode }, from.lastNode);
      }
      const input = { state: { schema_version: 1 as const, task_id: run.taskId } };
      const { state, last } = await graph.invoke(from === undefined ? input : null, config);
      return { state, lastNode: last } satisfies KeptState;
    },
  };
}
