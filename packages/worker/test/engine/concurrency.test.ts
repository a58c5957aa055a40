import { afterAll, beforeAll, expect, it, describe } from 'vitest';
import { jobRequest } from '../support/job-request.ts';
import { untilClean } from '../support/leftovers.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-many');
  });

  afterAll(() => test.close());

  it('eight mixed jobs at once each end in their own state and leave nothing', async () => {
    const kinds = [
      { script: 'echo fine', expected: { status: 'completed', exit_code: 0, stdout: 'fine\n' } },
      { script: 'exit 7', expected: { status: 'failed', exit_code: 7 } },
      {
        script: 'head -c 20000000 /dev/zero',
        expected: { status: 'completed', truncated: { stdout: true, stderr: false } },
      },
      {
        script: "trap '' TERM; (trap '' TERM; sleep 1000) & while :; do sleep 1; done",
        timeout: 2,
        expected: { status: 'timeout' },
      },
    ] as const;
    const runs = [...kinds, ...kinds].map(async (kind) => {
      const timeout = 'timeout' in kind ? { timeout_seconds: kind.timeout } : {};
      const request = jobRequest(kind.script, timeout);
      const result = await node.jobs.run(request);
      expect(result).toMatchObject(kind.expected);
    });
    expect(node.jobs.running).toBe(8);
    await Promise.all(runs);
    expect(node.jobs.running).toBe(0);
    await untilClean(test);
  });
});
