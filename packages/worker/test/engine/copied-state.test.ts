import { dirname, join } from 'node:path';
import { mustRun } from '@cynodeai/runtime/process';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { podmanTool } from '../../src/adapters/container/podman/engine-tool.ts';
import { jobRequest } from '../support/job-request.ts';
import { containerNames } from '../support/leftovers.ts';
import { openTestEngine, testCeiling, type TestEngine } from '../support/test-engine.ts';

let test: TestEngine;
beforeAll(async () => (test = await openTestEngine()));
afterAll(() => test.close());

describe('a copy of a state folder', () => {
  it.each(['clean', 'reset'] as const)(
    'has no part in the containers of the original: %s',
    async (command) => {
      const node = await test.node('node-original');
      const request = jobRequest('sleep 600');
      const running = node.jobs.run(request);
      await waitFor(async () => (await containerNames(test)).length > 0);
      const copy = join(dirname(test.stateDir), `copy-${command}`);
      await mustRun('cp', ['-a', test.stateDir, copy], { timeoutMs: 120_000 });
      const source = { stateDir: copy, runDir: `${test.runDir}-${command}` };
      const tool = podmanTool({ ...source, ceiling: testCeiling });
      if (command === 'clean') await tool.clean(undefined);
      expect((await openEngine(source)).usable).toBeDefined();
      await tool.reset(undefined);
      expect(await containerNames(test)).toHaveLength(1);
      node.jobs.stop(request.job_id, 30);
      expect(await running).toMatchObject({ status: 'failed', exit_code: 143 });
    },
  );
});
