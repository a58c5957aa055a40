import { jobSecretsFeature } from '@cynodeai/contracts/control-plane';
import { folderFeature } from '@cynodeai/contracts/worker-api';
import { fakeNode } from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SandboxJobPayload } from '../../src/domain/jobs/job-payload.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { createTask, jobIn, sandboxPayload } from './support/tasks.ts';

let plane: TestControlPlane;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

const features = [folderFeature, jobSecretsFeature];
const attachment = {
  path: 'upload/a',
  mode: '0444',
  source: { kind: 'artifact', artifact_id: crypto.randomUUID() },
} as const;

const kinds: readonly (readonly [string, Partial<SandboxJobPayload>, string])[] = [
  ['task_artifacts', { input_files: [attachment] }, 'the attachment is gone'],
  ['folders', { folder: `sha256:${'0'.repeat(64)}` }, 'the folder of the task is gone'],
  ['job_secrets', { secrets: ['KEY'] }, 'the secret KEY is gone'],
];

it.each(kinds)('a job waits for %s while they cannot be read', async (table, more, words) => {
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
  const tries = () => plane.log.text().split('the start of a job could not be stored').length;
  const before = tries();
  await sql`alter table ${sql.table(table)} rename to away`.execute(plane.db);
  await using node = await fakeNode({
    slug: `node-${table.replaceAll('_', '-')}`,
    report: { sandbox: { supported: true, max_concurrency: 2, features } },
  });
  await node.join(plane.url);
  const ids = await createTask(plane.db, { payload: { ...sandboxPayload, ...more } });
  try {
    await waitFor(() => tries() > before + 1, { what: 'a second try' });
  } finally {
    await sql`alter table away rename to ${sql.table(table)}`.execute(plane.db);
  }
  // Once it can be read, it is known that nothing of that name was given.
  const { result } = await jobIn(plane.db, ids, 'failed');
  expect(result).toMatchObject({ error_message: expect.stringContaining(words) });
  expect(node.runs).toEqual([]);
});
