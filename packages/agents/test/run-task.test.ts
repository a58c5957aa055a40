import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type TestDatabase,
  createTestDatabase,
  reservePort,
  type TemporaryDirectory,
  temporaryDirectory,
  waitFor,
} from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const orchestrator = fileURLToPath(
  new URL('../../orchestrator/src/processes/main.ts', import.meta.url),
);
const runner = fileURLToPath(new URL('fixtures/played-runner.ts', import.meta.url));
const token = randomBytes(24).toString('hex');

let database: TestDatabase;
let folder: TemporaryDirectory;
let plane: Child;
let db: Client;
let url: string;
let taskId: string;
let witness: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await temporaryDirectory();
  const port = await reservePort();
  url = `http://127.0.0.1:${port}`;
  plane = Child.ofScript(orchestrator, ['control-plane'], {
    env: {
      PATH: '/usr/bin:/bin',
      DATABASE_URL: database.url,
      JWT_SECRET: randomBytes(32).toString('hex'),
      NODE_REGISTRATION_PSK: randomBytes(32).toString('hex'),
      ORCHESTRATOR_SECRETS_KEY: randomBytes(32).toString('base64'),
      BOOTSTRAP_ADMIN_PASSWORD: 'a-long-enough-password',
      ORCHESTRATOR_PUBLIC_URL: url,
      CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
      ARTIFACT_STORAGE_DIR: join(folder.path, 'artifacts'),
      DISPATCHER_ENABLED: 'false',
      WORKFLOW_RUNNER_BEARER_TOKEN: token,
    },
  });
  await waitFor(async () => (await fetch(`${url}/healthz`)).ok, { what: 'the control plane' });
  db = new Client({ connectionString: database.url });
  await db.connect();
});
afterAll(async () => {
  await db.end();
  plane.kill('SIGTERM');
  await plane.exit;
  await database.close();
  await folder.remove();
});
beforeEach(async () => {
  const { rows } = await db.query<{ readonly id: string }>(
    `INSERT INTO tasks (created_by, prompt) SELECT id, 'do it' FROM users WHERE handle = 'system' RETURNING id`,
  );
  taskId = rows[0]?.id ?? '';
  witness = join(folder.path, taskId);
});

const start = (pauseMs = 0): Child =>
  Child.ofScript(runner, [taskId, witness, String(pauseMs)], {
    env: {
      PATH: '/usr/bin:/bin',
      CONTROL_PLANE_URL: url,
      WORKFLOW_RUNNER_BEARER_TOKEN: token,
    },
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
  await db.query(
    `UPDATE task_workflow_leases SET expires_at = now() WHERE task_id = $1 AND holder_id IS NOT NULL`,
    [taskId],
  );
}

it('runs a graph through the control plane, one checkpoint, and gives the lease back', async () => {
  await start().exit;
  expect(noted().at(-1)).toBe('ended completed');
  expect(ends()).toEqual(course);
  const { rows } = await db.query(
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
  const { rows } = await db.query(
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
