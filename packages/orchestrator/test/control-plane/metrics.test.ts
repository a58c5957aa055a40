import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway } from '../user-gateway/support/gateway.ts';
import { addUser } from '../user-gateway/support/users.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { createTask } from './support/tasks.ts';

let plane: TestControlPlane;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

const metricsOf = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

it('the control plane tells what waits, for how long, what is held, and the room for files', async () => {
  const createdAt = new Date(Date.now() - 3_600_000);
  for (const prompt of ['canary-of-a-task', 'true'])
    await createTask(plane.db, { prompt, createdAt });
  const text = await metricsOf(plane.url);
  expect(valueOf(text, 'cynode_jobs{state="queued"}')).toBe(2);
  expect(valueOf(text, 'cynode_queue_length')).toBe(2);
  expect(valueOf(text, 'cynode_queue_oldest_seconds')).toBeGreaterThan(3590);
  expect(valueOf(text, 'cynode_queue_oldest_seconds')).toBeLessThan(3800);
  expect(valueOf(text, 'cynode_leases')).toBe(0);
  expect(valueOf(text, 'cynode_metrics_failed')).toBe(0);
  expect(valueOf(text, 'cynode_disk_free_bytes{folder="artifacts"}')).toBeGreaterThan(0);
  expect(text).not.toContain('canary');
});

it('the gateway tells its disks and names nobody', async () => {
  await using gateway = await startTestGateway();
  await addUser(gateway, 'ada-canary');
  await fetch(`${gateway.url}/v1/tasks/canary`);
  const text = await metricsOf(gateway.url);
  expect(valueOf(text, 'cynode_disk_used_ratio{folder="artifacts"}')).toBeGreaterThan(0);
  expect(valueOf(text, 'cynode_http_requests_total{operation="tasks.get",status="4xx"}')).toBe(1);
  expect(text).not.toMatch(/canary|\/tmp|ada/);
});
