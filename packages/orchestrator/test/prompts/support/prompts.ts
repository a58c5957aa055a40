import { fakeNode, type FakeNode, type FakeNodeOptions } from '@cynodeai/testing/doubles';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { at } from '@cynodeai/runtime/std';
import type { Kysely, Selectable } from 'kysely';
import { type ModelRequest, type ScriptedModel, waitFor } from '@cynodeai/testing';
import type { Database } from '../../../src/adapters/postgres/tables.ts';
import type { JobsTable } from '../../../src/adapters/postgres/tables/work.ts';
import { type TaskIds, createTask } from '../../control-plane/support/tasks.ts';

/** Model the orchestrator chooses for a node without a GPU. */
export const smallModel = 'qwen3.5:0.8b';

/** Body of a call of `model` with that prompt and no attachments. */
export function callBody(model: string, prompt: string): object {
  return {
    model,
    prompt,
    stream: true,
    think: false,
    truncate: false,
    options: { num_ctx: 4096 },
  };
}

/** The calls that a model took. */
export function callsOf({ requests }: ScriptedModel): readonly ModelRequest[] {
  return requests.filter(({ path }) => path === '/api/generate');
}

/** A prompt task as the gateway writes it. */
export function createPrompt(db: Kysely<Database>, prompt: string): Promise<TaskIds> {
  return createTask(db, {
    payload: { kind: 'inference', target: 'local', input_mode: 'prompt' },
    prompt,
  });
}

const servingSmallModel = {
  supported: true,
  mode: 'allow' as const,
  running: true,
  existing_service: true,
  models: [{ model_ref: smallModel, status: 'available' as const }],
};

/** A node whose model service has the model the orchestrator will choose. */
export async function inferenceNode(options: FakeNodeOptions): Promise<FakeNode> {
  const node = await fakeNode({
    ...options,
    report: {
      inference: servingSmallModel,
      ...options.report,
    },
  });
  node.models.set(smallModel, { status: 'available' });
  return node;
}

/** Waits until the Project Manager's model is the one of that node: only then does nothing more of it change by itself. */
export async function modelSettled(db: Kysely<Database>, slug: string): Promise<void> {
  await waitFor(
    async () => {
      const { value } = await db
        .selectFrom('orchestrator_state')
        .select('value')
        .where('key', '=', 'pm_model')
        .executeTakeFirstOrThrow();
      return at(value, 'local_node_slug') === slug && at(value, 'status') === 'available';
    },
    { what: `the model on ${slug}` },
  );
}

export type JobRow = Selectable<JobsTable>;

/** The jobs of a task in creation order, once there are that many. */
export async function jobsOf(
  db: Kysely<Database>,
  { taskId }: TaskIds,
  count: number,
): Promise<readonly JobRow[]> {
  return waitFor(
    async () => {
      const jobs = await db
        .selectFrom('jobs')
        .selectAll()
        .where('task_id', '=', taskId)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return jobs.length >= count ? jobs : undefined;
    },
    { what: `${count} jobs of a task` },
  );
}

/** Text of an input file as it reached a node. */
export function fileText(request: RunJobRequest | undefined, path: string): string {
  const file = request?.sandbox.input_files?.find((one) => one.path === path);
  return Buffer.from(file?.content_base64 ?? '', 'base64').toString('utf8');
}
