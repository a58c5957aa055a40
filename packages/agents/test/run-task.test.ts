import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TemporaryDirectory, temporaryDirectory, waitFor } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Plane, startPlane } from './support/plane.ts';

const runner = fileURLToPath(new URL('fixtures/played-runner.ts', import.meta.url));

let folder: TemporaryDirectory;
let plane: Plane;
let taskId: string;
let witness: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
  plane = await startPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await folder.remove();
});
beforeEach(async () => {
  taskId = await plane.addTask();
  witness = join(folder.path, taskId);
});

const start = (pauseMs = 0): Child =>
  Child.ofScript(runner, [taskId, witness, String(pauseMs)], {
    env: plane.env,
  });

/** What runs have noted, without who. */
function noted(): string[] {
  try {
    return readFileSync(witness, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.replace(/^\d+ /, ''));
  } catch {
    return [];
  }
}

const ends = (): string[] => noted().filter((line) => line.startsWith('end '));

/** Nodes of the course that the played nodes take: two steps, each fails once. */
const each = ['dispatch_step', 'collect_result', 'verify_step_result'];
const course = [
  'load_task_context',
  'plan_steps',
  ...each,
  ...each,
  ...each,
  ...each,
  'finalize_summary',
].map((node) => `end ${node}`);

async function expireLease(): Promise<void> {
  await plane.db.query(
    `UPDATE task_workflow_leases SET expires_at = now() WHERE task_id = $1 AND holder_id IS NOT NULL`,
    [taskId],
  );
}

it('runs a graph through the control plane, one checkpoint, and gives the lease back', async () => {
  await start().exit;
  expect(noted().at(-1)).toBe('ended completed');
  expect(ends()).toEqual(course);
  const { rows } = await plane.db.query(
    `SELECT c.last_node_id, l.holder_id, r.status,
       (SELECT count(*)::int FROM workflow_checkpoints k WHERE k.task_id = $1) AS kept
     FROM workflow_checkpoints c JOIN task_workflow_leases l USING (task_id)
     JOIN runs r ON r.id = l.run_id WHERE c.task_id = $1`,
    [taskId],
  );
  expect(rows).toEqual([
    { last_node_id: 'finalize_summary', holder_id: null, status: 'completed', kept: 1 },
  ]);
});

it('killed inside each of its nodes, the next goes on with that node: nothing that was kept is done again', async () => {
  const begins = (): number => noted().filter((line) => line.startsWith('begin ')).length;
  for (let round = 0; round < course.length - 1; round += 1) {
    const before = begins();
    const child = start(150);
    // One node to its end, and into the one behind it.
    await waitFor(() => begins() === before + 2, { what: `round ${round} is in its second node` });
    child.kill('SIGKILL');
    await child.exit;
    await expireLease();
  }
  expect(ends()).toEqual(course.slice(0, -1));
  await start().exit;
  expect(ends()).toEqual(course);
  const { rows } = await plane.db.query(
    'SELECT count(*)::int AS runs, count(parent_run_id)::int AS behind FROM runs WHERE task_id = $1',
    [taskId],
  );
  expect(rows).toEqual([{ runs: course.length, behind: course.length - 1 }]);
});

it('told of one task twice at once does it once', async () => {
  const both = [start(30), start(30)];
  await Promise.all(both.map((child) => child.exit));
  expect(ends()).toEqual(course);
  const endings = noted().filter((line) => line.startsWith('ended '));
  expect(endings.toSorted()).toEqual(['ended completed', 'ended not_ours']);
});
