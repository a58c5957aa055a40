import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunJobRequest, RunJobResult } from '@cynodeai/contracts';
import { jobRequest } from '../support/job-request.ts';
import {
  openTestEngine,
  type TestEngine,
  type TestNode,
} from '../support/test-engine.ts';

let test: TestEngine;
let node: TestNode;

beforeAll(async () => {
  test = await openTestEngine();
  node = await test.node('node-a');
});

afterAll(() => test.close());

async function run(request: RunJobRequest): Promise<RunJobResult> {
  const result = await node.jobs.run(request);
  await node.jobs.release(request.job_id);
  return result;
}

describe('a job in a sandbox', () => {
  it('gives back both streams and the exit code (REQ-WORKER-0104, REQ-WORKER-0143)', async () => {
    const request = jobRequest('echo out; echo err >&2; exit 42');
    const result = await run(request);
    expect(result).toMatchObject({
      version: 1,
      task_id: request.task_id,
      job_id: request.job_id,
      status: 'failed',
      exit_code: 42,
      stdout: 'out\n',
      stderr: 'err\n',
      truncated: { stdout: false, stderr: false },
    });
    const span = Date.parse(result.ended_at) - Date.parse(result.started_at);
    expect(span).toBeGreaterThanOrEqual(0);
    expect(span).toBeLessThan(5000);
  });

  it('is completed by exit code 0 and passes arguments without a shell', async () => {
    const result = await run(
      jobRequest(['env', 'A=$(id)', 'sh', '-c', 'echo "$A" "$0"', '--privileged']),
    );
    expect(result).toMatchObject({
      status: 'completed',
      exit_code: 0,
      stdout: '$(id) --privileged\n',
    });
  });
});
