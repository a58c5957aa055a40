import { folderFeature } from '@cynodeai/contracts/worker-api';
import { waitToPass } from '@cynodeai/testing';
import { fakeNode } from '@cynodeai/testing/doubles';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { type TaskIds, createTask, sandboxPayload } from './support/tasks.ts';

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

const reporting = (...features: string[]) => ({
  sandbox: { supported: true, features, max_concurrency: 2 },
});

async function waitsFor({ taskId }: TaskIds): Promise<Record<string, unknown>> {
  const { metadata } = await plane.db
    .selectFrom('tasks')
    .select('metadata')
    .where('id', '=', taskId)
    .executeTakeFirstOrThrow();
  return metadata ?? {};
}

it('a job says that no node has at once what it needs, each of which some node has', async () => {
  await using folders = await fakeNode({ slug: 'folders', report: reporting(folderFeature) });
  await using secrets = await fakeNode({ slug: 'secrets', report: reporting('job_secrets') });
  await folders.join(plane.url);
  await secrets.join(plane.url);
  const folder = `sha256:${'0'.repeat(64)}`;
  const both = await createTask(plane.db, {
    payload: { ...sandboxPayload, folder, secrets: ['KEY'] },
  });
  const third = await createTask(plane.db, {
    payload: { ...sandboxPayload, secrets: ['KEY'], use_inference: true },
  });
  // Whichever node is known first, this is what comes to stand there.
  await waitToPass(async () => {
    expect(await waitsFor(both)).toMatchObject({
      waiting_reason: 'no_node_for_secrets',
      waiting_text: expect.stringContaining(
        'no node has a place for folders and a place for secrets at once',
      ) as unknown,
    });
    expect(await waitsFor(third)).toMatchObject({
      waiting_reason: 'no_inference_capable_node',
      waiting_text: null,
    });
  });
  expect([...folders.runs, ...secrets.runs]).toEqual([]);
});
