import type { TaskPrune } from '@cynodeai/contracts/gateway';
import { GatewayClient } from '@cynodeai/api-client';
import { FakeGateway, alice, json } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import { pruneAll, pruneText } from '../src/commands/prune.ts';

const route = 'POST /v1/tasks/prune';

const step = (tasks: number, more: boolean): TaskPrune => ({
  tasks,
  jobs: tasks,
  files: 2,
  bytes: 1024 ** 2,
  dry_run: false,
  more,
});

async function pruned(gateway: FakeGateway): Promise<string[]> {
  const client = new GatewayClient({
    baseUrl: gateway.url,
    userAgent: 'test',
    token: async () => alice.token,
  });
  const texts: string[] = [];
  try {
    await pruneAll(client, { older_than_seconds: 60, dry_run: false }, (sum) =>
      texts.push(pruneText(sum)),
    );
  } catch (error) {
    texts.push(String(error));
  } finally {
    await client.close();
  }
  return texts;
}

describe('cynode prune', () => {
  it('asks until nothing more is left, and sums up', async () => {
    await using gateway = await FakeGateway.start();
    gateway.next(route, json(200, step(100, true)), json(200, step(1, false)));
    expect((await pruned(gateway)).at(-1)).toBe('removed 101 tasks, 101 jobs, 4 files (2.0 MiB)\n');
    expect(gateway.of(route).map((request) => request.json)).toEqual([
      { older_than_seconds: 60, dry_run: false },
      { older_than_seconds: 60, dry_run: false },
    ]);
  });

  it('tells what went before it failed', async () => {
    await using gateway = await FakeGateway.start();
    gateway.next(route, json(200, step(100, true)), json(503, {}));
    const [first, failure] = await pruned(gateway);
    expect(first).toBe('removed 100 tasks, 100 jobs, 2 files (1.0 MiB)\n');
    expect(failure).toContain('GatewayError');
  });

  it('says what would go', () => {
    const found = { ...step(1, false), files: 1, dry_run: true };
    expect(pruneText(found)).toBe('would remove 1 task, 1 job, 1 file (1.0 MiB)\n');
  });
});
