import type { HttpClient } from '@cynodeai/runtime/call';
import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { elapsedMs, systemClock } from '@cynodeai/runtime/std';
import { agentTokens } from '../adapters/control-plane/agent-tokens.ts';
import { workflowClient } from '../adapters/control-plane/workflow-client.ts';
import { inferenceClient } from '../adapters/inference/inference-client.ts';
import { AgentTools } from '../adapters/mcp/agent-tools.ts';
import type { NodeDeps } from '../app/node-scene.ts';
import { runTask } from '../app/run-task.ts';
import type { TaskRunsDeps } from '../app/task-runs.ts';
import { workflowNodes } from '../app/workflow-nodes.ts';
import type { Analysts } from '../ports/analysts.ts';
import type { WorkflowLease } from '../ports/workflow.ts';
import type { AgentsConfig } from './agents-config.ts';

export interface TaskRunnerParts {
  readonly config: AgentsConfig;
  readonly instructions: NodeDeps['instructions'];
  /** Of this start of the process, and of no other. */
  readonly holderId: string;
  readonly client: HttpClient;
  readonly log: Log;
}

/** Rejects when the signal fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, signal);
  signal.throwIfAborted();
}

/** A step is tried so often at most, whatever the bounds of its task say. */
const maxAttempts = 100;

/** The way from a task that somebody tells of to its end: lease, graph, agents with their tools, models. */
export function taskRunner(parts: TaskRunnerParts): TaskRunsDeps['run'] {
  const { config, instructions, holderId, client, log } = parts;
  const { toolsUrl: url, CONTROL_PLANE_URL: baseUrl, WORKFLOW_RUNNER_BEARER_TOKEN: token } = config;
  const plane = { baseUrl, token, client };
  const control = workflowClient({ ...plane, holderId });
  const tokens = agentTokens(plane, elapsedMs);
  const managers = new Map<string, AgentTools>();
  const analysts: Analysts = {
    open: async (lease) => {
      const tools = new AgentTools({ url, token: () => tokens.analyst(lease) });
      return { tools, close: () => tools.close() };
    },
  };
  const toolsOf = ({ leaseId, contextId }: WorkflowLease): AgentTools => {
    const tools = new AgentTools({
      url,
      contextId,
      token: () => tokens.manager(),
      forget: (refused) => tokens.forget(refused),
    });
    managers.set(leaseId, tools);
    return tools;
  };
  const nodesOf = workflowNodes({
    toolsOf,
    analysts,
    inference: inferenceClient(plane),
    instructions,
    clock: systemClock,
    sleep: pause,
    elapsedMs,
    log,
  });
  return async (taskId, trigger, stop) => {
    // Loaded with the first task: the library of graphs takes time and memory that an install without work spares.
    const { langGraphEngine } = await import('../adapters/graph/langgraph-engine.ts');
    const engine = langGraphEngine({ maxAttempts });
    let held: WorkflowLease | undefined;
    const deps = {
      control,
      engine,
      nodesOf: (lease: WorkflowLease) => {
        held = lease;
        return nodesOf(lease);
      },
      sleep: pause,
      elapsedMs,
      log,
    };
    try {
      return await runTask(taskId, trigger, deps, stop);
    } finally {
      if (held !== undefined) {
        await managers.get(held.leaseId)?.close();
        managers.delete(held.leaseId);
      }
    }
  };
}
