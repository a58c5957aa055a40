import { workspaceFeature } from '@cynodeai/contracts/worker-api';
import { type FakeNode, type FakeNodeOptions, fakeNode } from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { uuidv7 } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { postgresTransactWorkspaces } from '../../src/adapters/postgres/workspaces/workspace-store.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import {
  type TaskIds,
  cancelTask,
  createTask,
  jobIn,
  readTask,
  sandboxPayload,
} from './support/tasks.ts';

const sandbox = { supported: true, features: [workspaceFeature], max_concurrency: 4 };
let plane: TestControlPlane;
let nodes: FakeNode[] = [];

beforeAll(async () => {
  plane = await testControlPlane();
});
afterEach(async () => {
  for (const node of nodes) await node.close();
  nodes = [];
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
});
afterAll(() => plane[Symbol.asyncDispose]());

async function joined(options: Partial<FakeNodeOptions> = {}): Promise<FakeNode> {
  const node = await fakeNode({ slug: `n-${uuidv7()}`, report: { sandbox }, ...options });
  nodes.push(node);
  await node.join(plane.url);
  return node;
}

/** A workspace, as the first task that names it makes it; answers its id. */
async function workspace(name = `w-${uuidv7()}`): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO workspaces (owner_id, name) SELECT id, ${name} FROM users WHERE handle = 'system' RETURNING id
  `.execute(plane.db);
  return rows[0]?.id ?? '';
}

/** A task of a workspace, queued before any dispatcher can see it. */
async function taskIn(id: string): Promise<TaskIds> {
  const { name } = await placeOf(id);
  return createTask(plane.db, { payload: { ...sandboxPayload, workspace: name }, workspaceId: id });
}

const placeOf = (id: string) =>
  plane.db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const waits = (ids: TaskIds, reason: string, text: RegExp) =>
  waitFor(
    async () => {
      const { metadata } = await readTask(plane.db, ids);
      const said = String(metadata?.['waiting_text']);
      return metadata?.['waiting_reason'] === reason && text.test(said);
    },
    { what: `the reason ${reason} on the task` },
  );

/** Runs that end when the test says so, by job. */
function gate() {
  const open = new Map<string, () => void>();
  const onRun: FakeNodeOptions['onRun'] = async ({ job_id: id }, stopped) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    open.set(id, resolve);
    stopped.addEventListener('abort', () => resolve());
    await promise;
    return {};
  };
  const begun = ({ jobId }: TaskIds) => waitFor(async () => open.has(jobId), { what: 'the run' });
  return { onRun, begun, end: ({ jobId }: TaskIds) => open.get(jobId)?.() };
}

describe('a kept workspace', () => {
  it('lies where its first job was sent, and its next ones go there', async () => {
    const [a, b] = [await joined(), await joined()];
    const id = await workspace();
    for (let turn = 0; turn < 3; turn += 1) await jobIn(plane.db, await taskIn(id), 'completed');
    const { node_id, size_bytes, last_used_at } = await placeOf(id);
    expect([size_bytes, last_used_at]).toEqual([0, expect.any(Date)]);
    const [home, other] = a.runs.length > 0 ? [a, b] : [b, a];
    expect(home.runs.map(({ sandbox: { workspace: sent } }) => sent)).toEqual([
      { workspace_id: id, must_exist: false },
      { workspace_id: id, must_exist: true },
      { workspace_id: id, must_exist: true },
    ]);
    expect(other.runs).toEqual([]);
    const { node_slug } = await plane.db
      .selectFrom('nodes')
      .select('node_slug')
      .where('id', '=', node_id)
      .executeTakeFirstOrThrow();
    expect(node_slug).toBe(home.slug);
  });

  it('has one job at a time; the others wait in their order and say for whom', async () => {
    const { onRun, begun, end } = gate();
    const node = await joined({ onRun });
    const id = await workspace();
    const tasks = [await taskIn(id), await taskIn(id), await taskIn(id)];
    const free = await createTask(plane.db);
    await begun(free);
    end(free);
    for (const [index, task] of tasks.entries()) {
      await begun(task);
      for (const later of tasks.slice(index + 1)) {
        await waits(later, 'workspace_busy', /holds the workspace w-.*cynork task cancel/);
        await jobIn(plane.db, later, 'queued');
      }
      end(task);
      await jobIn(plane.db, task, 'completed');
    }
    expect(node.executed.filter((jobId) => tasks.some((task) => task.jobId === jobId))).toEqual(
      tasks.map(({ jobId }) => jobId),
    );
  });

  it('is free when the job that holds it is canceled', async () => {
    const { onRun, begun, end } = gate();
    await joined({ onRun });
    const id = await workspace();
    const first = await taskIn(id);
    await begun(first);
    const second = await taskIn(id);
    await waits(second, 'workspace_busy', /holds the workspace/);
    await cancelTask(plane.db, first);
    await begun(second);
    end(second);
    await jobIn(plane.db, second, 'completed');
  });

  it('waits for its node, which it names, and goes to no other', async () => {
    const home = await joined();
    const id = await workspace();
    await jobIn(plane.db, await taskIn(id), 'completed');
    await plane.db
      .updateTable('nodes')
      .set({ enabled: false })
      .where('node_slug', '=', home.slug)
      .execute();
    const other = await joined();
    const task = await taskIn(id);
    await waits(
      task,
      'workspace_node_away',
      new RegExp(`lies on node ${home.slug}, which is disabled`),
    );
    await jobIn(plane.db, await createTask(plane.db), 'completed');
    await jobIn(plane.db, task, 'queued');
    await plane.db
      .updateTable('nodes')
      .set({ enabled: true, status: 'inactive' })
      .where('node_slug', '=', home.slug)
      .execute();
    await waits(task, 'workspace_node_away', /which does not answer/);
    await home.join(plane.url);
    await jobIn(plane.db, task, 'completed');
    expect(home.runs).toHaveLength(2);
    expect(other.runs.some(({ sandbox: { workspace: sent } }) => sent !== undefined)).toBe(false);
  });

  it('is bound to no node that began nothing in it', async () => {
    const lacks = await joined({
      slug: `a-${uuidv7()}`,
      onRun: () => ({
        status: 'failed',
        exit_code: 125,
        error_type: 'image_unavailable',
        workspace_bytes: undefined,
      }),
    });
    const id = await workspace();
    const able = await joined({ slug: `b-${uuidv7()}` });
    await jobIn(plane.db, await taskIn(id), 'completed');
    expect([lacks.runs.length, able.runs.length]).toEqual([1, 1]);
    await waitFor(async () => !lacks.workspaces.has(id) || able.workspaces.has(id));
    await jobIn(plane.db, await taskIn(id), 'completed');
    expect(able.runs).toHaveLength(2);
  });

  it('needs a node of this version', async () => {
    await joined({ report: { sandbox: { supported: true, max_concurrency: 2 } } });
    const task = await taskIn(await workspace());
    await waitFor(async () => {
      const { metadata } = await readTask(plane.db, task);
      return metadata?.['waiting_reason'] === 'no_node_for_workspaces';
    });
    await joined();
    await jobIn(plane.db, task, 'completed');
  });

  it('goes from its node when it is deleted, also when that was away', async () => {
    const node = await joined();
    const [id, away, kept] = [await workspace(), await workspace(), await workspace()];
    for (const each of [id, away, kept]) await jobIn(plane.db, await taskIn(each), 'completed');
    const remove = (each: string) =>
      postgresTransactWorkspaces(plane.db)((transaction) => transaction.remove(each));
    await remove(id);
    await waitFor(async () => !node.workspaces.has(id), { what: 'the removal' });
    await node.kill();
    await remove(away);
    await node.restart();
    expect(node.workspaces.has(away)).toBe(true);
    await waitFor(
      async () => {
        await sql`SELECT pg_notify('cynode_workspaces', '')`.execute(plane.db);
        return !node.workspaces.has(away);
      },
      { what: 'the removal by a node that is back' },
    );
    expect([...node.workspaces]).toEqual([kept]);
  });
});
