import { controlPlaneRoutes as routes } from '@cynodeai/contracts/control-plane';
import { HttpClient, callRoute } from '@cynodeai/runtime/call';
import type { FuzzTarget } from '@cynodeai/testing/fuzz';
import type { TestControlPlane } from '../../control-plane/support/control-plane.ts';
import { createTask } from '../../control-plane/support/tasks.ts';

/** Of what runs workflows. */
export const runnerToken = 'fuzz-token-of-what-runs-workflows';

const holder = { holder_id: 'fuzz', expires_in_sec: 3600 };

/** Right calls of what runs workflows, each good again and again: every one has a task of its own. */
export async function workflowSamples(plane: TestControlPlane): Promise<FuzzTarget['samples']> {
  const client = new HttpClient();
  const options = { baseUrl: plane.url, client, bearer: runnerToken, timeoutMs: 60_000 };
  const begun = async () => {
    const { taskId: task_id } = await createTask(plane.db);
    const body = { task_id, ...holder };
    const answer = await callRoute(routes.startWorkflow, { body }, options);
    return { task_id, lease_id: answer.body.lease_id };
  };
  const state = (task_id: string) => ({
    task_id,
    plan: { steps: [{ step_id: 'one', title: 'One', kind: 'model_answer' }], assumptions: ['a'] },
    current_step_index: 0,
    attempts_by_step: { '0': 1 },
    job_ids_by_step: { '0': task_id },
    planner_degraded: false,
    verification: {
      status: 'fail',
      findings: [{ severity: 'minor', criterion: 'c', message: 'm' }],
    },
  });
  const checkpoint = (lease: { readonly task_id: string; readonly lease_id: string }) =>
    ({ ...lease, last_node_id: 'verify_step_result', state: state(lease.task_id) }) as const;
  const kept = await begun();
  await callRoute(routes.saveCheckpoint, { body: checkpoint(kept) as never }, options);
  const samples = {
    'workflow.start': [
      {
        body: {
          task_id: (await begun()).task_id,
          ...holder,
          idempotency_key: 'k',
          trigger: 'user_api',
        },
      },
    ],
    'workflow.resume': [{ body: { task_id: kept.task_id } }],
    'workflow.checkpoint': [{ body: checkpoint(await begun()) }],
    'workflow.renew': [{ body: { ...(await begun()), expires_in_sec: 3600 } }],
    'agent_tokens.create': [
      { body: { agent_type: 'project_manager', audience: 'mcp' } },
      { body: { agent_type: 'project_analyst', audience: 'inference', ...(await begun()) } },
    ],
    'inference.create': [
      {
        body: {
          routing: {
            agent: 'project_manager',
            purpose: 'plan',
            task_id: kept.task_id,
            required: { model_ref: 'm:1' },
            override: { target: 'local', model: 'm:1' },
          },
          messages: [
            { role: 'user', content: 'x' },
            {
              role: 'assistant',
              content: '',
              tool_calls: [{ id: 'c', function: { name: 'f', arguments: { a: 1 } } }],
            },
            { role: 'tool', content: 'x', tool_name: 'f', tool_call_id: 'c' },
          ],
          tools: [
            { type: 'function', function: { name: 'f', description: 'd', parameters: { a: 1 } } },
          ],
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'plan', schema: { type: 'object' } },
          },
          max_tokens: 10,
          timeout_ms: 1000,
        },
      },
    ],
    'workflow.release': [{ body: { ...(await begun()), outcome: 'yielded' } }],
  };
  await client.close();
  return samples;
}
