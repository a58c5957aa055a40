import { agentsRoutes } from '@cynodeai/contracts/agents';
import { type HttpClient, callRoute } from '@cynodeai/runtime/call';
import type { Secret } from '@cynodeai/runtime/config';
import type { WorkflowRunner } from '../../ports/workflow.ts';

/** Connections to what runs workflows. */
export const runnerLanes = { runner: 4 } as const;

/** A nudge is answered at once; whoever does not is busy with something else. */
const nudgeMs = 5000;

export interface RunnerClientOptions {
  readonly baseUrl: string;
  readonly token: Secret;
  readonly client: HttpClient<keyof typeof runnerLanes>;
}

/** What runs workflows, over HTTP. See docs/reference/workflow.md#nudge. */
export function runnerClient({ baseUrl, token, client }: RunnerClientOptions): WorkflowRunner {
  return {
    nudge: async ({ taskId, trigger }, signal) => {
      await callRoute(
        agentsRoutes.runTask,
        { body: { task_id: taskId, trigger } },
        { baseUrl, client, lane: 'runner', bearer: token, signal, timeoutMs: nudgeMs },
      );
    },
  };
}
