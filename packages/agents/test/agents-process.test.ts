import { fileURLToPath } from 'node:url';
import { reservePort, waitFor } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Plane, startPlane } from './support/plane.ts';

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const agentsMain = script('../src/processes/main.ts');
const demoModel = script('../../demo-model/src/processes/main.ts');

let model: Child;
let plane: Plane;
let port: number;
beforeAll(async () => {
  const modelPort = await reservePort();
  model = Child.ofScript(demoModel, [], {
    env: { PATH: '/usr/bin:/bin', LISTEN_ADDR: `127.0.0.1:${modelPort}` },
  });
  port = await reservePort();
  plane = await startPlane({
    DISPATCHER_ENABLED: 'true',
    DISPATCH_POLL_INTERVAL: '1s',
    OLLAMA_BASE_URL: `http://127.0.0.1:${modelPort}`,
    INFERENCE_MODEL: 'cynode-demo:latest',
    WORKFLOW_RUNNER_URL: `http://127.0.0.1:${port}`,
  });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  model.kill('SIGTERM');
  await model.exit;
});

const start = (more: Readonly<Record<string, string>> = {}): Child =>
  Child.ofScript(agentsMain, ['agents'], {
    env: { ...plane.env, LISTEN_ADDR: `127.0.0.1:${port}`, ...more },
  });

async function ask(prompt: string): Promise<string> {
  const taskId = await plane.addTask(prompt);
  await plane.db.query(
    `UPDATE tasks SET metadata = '{"workflow": {"requested_at": "2026-01-01T00:00:00Z"}}' WHERE id = $1`,
    [taskId],
  );
  await plane.db.query(`SELECT pg_notify('cynode_workflows', $1)`, [taskId]);
  return taskId;
}

const rowOf = async (taskId: string) => {
  const { rows } = await plane.db.query(
    `SELECT t.status, t.closed, t.summary,
       (SELECT array_agg(j.result ->> 'stdout') FROM jobs j WHERE j.task_id = t.id) AS said,
       (SELECT array_agg(v.status || ' ' || v.agent_type) FROM task_verifications v WHERE v.task_id = t.id) AS verified,
       (SELECT count(*)::int FROM model_routing_decisions d WHERE d.task_id = t.id) AS routed
     FROM tasks t WHERE t.id = $1`,
    [taskId],
  );
  return rows[0] as Record<string, unknown>;
};
const ended = (taskId: string) =>
  waitFor(
    async () => {
      const row = await rowOf(taskId);
      return row['closed'] === true ? row : undefined;
    },
    { what: 'the task has ended' },
  );

it('plans, runs, verifies and ends a task in plain words, told of it by the control plane', async () => {
  const child = start();
  const taskId = await ask('What is 17 * 23?');
  const row = await ended(taskId);
  expect(row).toMatchObject({
    status: 'completed',
    said: ['17 * 23 = 391'],
    verified: ['pass project_analyst'],
  });
  // Where the plan, the answer's verdict went is recorded.
  expect(row['routed']).toBe(2);
  expect(row['summary']).toContain('Completed: every step passed its verification.');
  const unknown = await ended(await ask('Tell me a joke.'));
  expect(unknown).toMatchObject({ status: 'failed', verified: ['fail project_analyst'] });
  expect(unknown['summary']).toContain('connect a real model');
  child.kill('SIGTERM');
  expect(await child.exit).toMatchObject({ code: 0 });
  for (const stream of [child.stdout, child.stderr]) expect(stream).not.toContain(plane.token);
});

it('gives a task back at a stop, and goes on with it at once', async () => {
  const taskIds: string[] = [];
  for (const sum of ['1 + 1', '2 + 2', '3 + 3']) taskIds.push(await ask(`What is ${sum}?`));
  for (let stops = 0; stops < 2; stops += 1) {
    const child = start();
    await waitFor(async () => {
      const { rows } = await plane.db.query(
        `SELECT 1 FROM task_workflow_leases WHERE task_id = ANY($1) AND holder_id IS NOT NULL
         UNION ALL SELECT 1 FROM tasks WHERE id = ANY($1) AND closed`,
        [taskIds],
      );
      return rows.length > 0;
    });
    child.kill('SIGTERM');
    await child.exit;
  }
  const child = start();
  for (const taskId of taskIds) {
    const row = await ended(taskId);
    expect(row).toMatchObject({ status: 'completed', verified: ['pass project_analyst'] });
    expect(row['said']).toHaveLength(1);
  }
  child.kill('SIGTERM');
  await child.exit;
});

it('does not start where it is told of a database, and says what is wrong', async () => {
  const child = start({ DATABASE_URL: 'postgres://u:geheim@h/d', PGHOST: 'h' });
  expect(await child.exit).toMatchObject({ code: 78 });
  expect(child.stderr + child.stdout).toContain(
    'DATABASE_URL, PGHOST: what runs agents must not know',
  );
  expect(child.stderr + child.stdout).not.toContain('geheim');
});
