import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobRequest } from '../support/job-request.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

const noService = { upstream: () => undefined };
const jobMb = 24;

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-disk', {}, undefined, noService, { jobMb });
  });

  afterAll(() => test.close());

  const run = (script: string) => node.jobs.run(jobRequest(script, { timeout_seconds: 60 }));

  it.each([
    ['/workspace', 'dd if=/dev/zero of=big bs=1M; sleep 100'],
    [
      '/job/artifacts',
      'for n in 1 2 3 4; do dd if=/dev/zero of=f$n bs=64k & done; wait; sleep 100',
    ],
    ['/var/tmp', 'trap "" TERM; while :; do cat /dev/zero >> a; done'],
    ['/workspace', 'exec 3> a; rm a; dd if=/dev/zero bs=1M >&3; sleep 100'],
    ['/var/tmp', 'exec 3> a; rm a; dd if=/dev/zero bs=1M >&3; sleep 100'],
  ])('ends a job that fills %s, says why, and is as before: %s', async (folder, script) => {
    const result = await run(`cd ${folder}\n${script}`);
    expect(result).toMatchObject({ status: 'failed', exit_code: 137, error_type: 'disk_limit' });
    expect(result).not.toHaveProperty('artifacts');
    expect(result.stderr).toMatch(/cynode: the job was ended, because it had .* may have 24 MiB/);
    expect(await run('echo fine')).toMatchObject({ status: 'completed', stdout: 'fine\n' });
  });

  it('bounds /tmp, from which programs may be run', async () => {
    const full = await run('dd if=/dev/zero of=/tmp/big bs=1M');
    expect(full).toMatchObject({ status: 'failed', exit_code: 1 });
    expect(full.stderr).toContain('No space left on device');
    expect(full).not.toHaveProperty('error_type');
    const script = 'cp /bin/true /tmp/t && /tmp/t && stat -c %a /tmp && touch /tmp/x && echo ok';
    expect(await run(script)).toMatchObject({ stdout: '1777\nok\n' });
  });

  it('leaves a job alone that stays below its bound, and one with many names for one file', async () => {
    const script =
      'dd if=/dev/zero of=a bs=1M count=12; for n in 1 2 3 4 5 6 7 8; do ln a b$n; done; sleep 1; echo fine';
    expect(await run(script)).toMatchObject({ status: 'completed', stdout: 'fine\n' });
  });
});
