import { randomUUID } from 'node:crypto';
import { uuidv7 } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobRequest } from '../support/job-request.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

const mib = 1024 * 1024;

describe.each(engines)('a workspace that is kept, $name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    const wish = { workspaceBytes: 48 * mib };
    node = await test.node('node-kept', { maxTimeoutSeconds: 200 }, undefined, undefined, wish);
  });
  afterAll(async () => {
    for (const id of await node.jobs.workspaces()) await node.jobs.removeWorkspace(id);
    await test.close();
  });

  const inIt = (id: string, script: string, mustExist = false, more: object = {}) =>
    jobRequest(script, { workspace: { workspace_id: id, must_exist: mustExist }, ...more });

  it('holds what a job left for the next, which owns it', async () => {
    const id = randomUUID();
    const first = await node.jobs.run(
      inIt(
        id,
        'mkdir -p deep/er && echo one > deep/er/file && chmod 700 deep && ln -s file deep/link',
      ),
    );
    expect(first).toMatchObject({ status: 'completed', stderr: '' });
    expect(first.workspace_bytes).toBeGreaterThan(0);
    const second = await node.jobs.run(
      inIt(id, 'pwd; cat deep/er/file; echo two >> deep/er/file; rm deep/link; ls -A', true),
    );
    expect([second.stdout, second.stderr]).toEqual(['/workspace\none\ndeep\n', '']);
    const third = await node.jobs.run(inIt(id, 'cat deep/er/file; touch deep/new', true));
    expect([third.stdout, third.stderr]).toEqual(['one\ntwo\n', '']);
    expect(await node.jobs.workspaces()).toContain(id);
    await node.jobs.removeWorkspace(id);
    expect(await node.jobs.workspaces()).not.toContain(id);
  });

  it('gets the files of each job over what is there', async () => {
    const id = randomUUID();
    const files = (content: string) => ({
      input_files: [{ path: 'upload/f', content_base64: Buffer.from(content).toString('base64') }],
    });
    const run = (script: string, content: string) =>
      node.jobs.run(
        jobRequest(script, {
          workspace: { workspace_id: id, must_exist: false },
          ...files(content),
        }),
      );
    await run('ln -sfn /etc/passwd upload/f; echo mine > upload/g', 'first');
    const second = await run('cat upload/f upload/g; echo more >> upload/f', 'second ');
    expect([second.stdout, second.stderr]).toEqual(['second mine\n', '']);
  });

  it('has one job at a time, and is not removed under it', async () => {
    const id = randomUUID();
    const endless = inIt(id, 'echo partial > half; sleep 60');
    const running = node.jobs.run(endless);
    await waitFor(() => node.jobs.get(endless.job_id).status === 'in_progress');
    await expect(node.jobs.run(inIt(id, 'true', true))).rejects.toMatchObject({
      code: 'node_at_capacity',
    });
    await expect(node.jobs.removeWorkspace(id)).rejects.toMatchObject({ code: 'job_conflict' });
    await waitFor(async () => {
      const other = await node.jobs.run(inIt(randomUUID(), 'true'));
      return other.status === 'completed';
    });
    node.jobs.stop(endless.job_id, 0);
    expect((await running).status).toBe('failed');
    const next = await node.jobs.run(inIt(id, 'ls; echo more >> half', true));
    expect([next.status, next.stderr]).toEqual(['completed', '']);
  });

  it('ends the job that makes it too large, and is as it was left', async () => {
    const id = randomUUID();
    // Where others give room back meanwhile, it is a minute until a job is measured all the same.
    const fill = 'while :; do dd if=/dev/zero bs=1048576 count=1 2>/dev/null >> b; sleep 0.1; done';
    const first = await node.jobs.run(
      inIt(id, 'dd if=/dev/zero of=a bs=1048576 count=40 2>/dev/null'),
    );
    expect(first.workspace_bytes).toBeGreaterThanOrEqual(40 * mib);
    const second = await node.jobs.run(inIt(id, fill, true, { timeout_seconds: 150 }));
    expect(second).toMatchObject({ status: 'failed', exit_code: 137, error_type: 'disk_limit' });
    expect(second.stderr).toMatch(/its workspace is kept and may have 48 MiB.*NODE_WORKSPACE_MB/);
    const third = await node.jobs.run(inIt(id, 'rm -f b; ls', true));
    expect([third.stdout, third.status]).toEqual(['a\n', 'completed']);
  }, 240_000);

  it('is missed when it is lost', async () => {
    const result = await node.jobs.run(inIt(randomUUID(), 'true', true));
    expect(result).toMatchObject({
      status: 'failed',
      exit_code: 125,
      error_type: 'workspace_lost',
    });
    expect(result.stderr).toContain('cynork workspaces delete');
    expect(result.workspace_bytes).toBeUndefined();
  });

  it('stays where a job ends in any way, and is nobody else’s', async () => {
    const id = randomUUID();
    for (const script of [
      'echo x > kept; exit 3',
      'cat kept; kill -9 $$',
      'cat kept; chmod 000 .',
    ]) {
      const { stderr } = await node.jobs.run(inIt(id, script));
      expect(stderr).toBe('');
    }
    const own = await node.jobs.run({ ...inIt(randomUUID(), 'ls -A'), job_id: uuidv7() });
    expect(own.stdout).toBe('');
    const last = await node.jobs.run(inIt(id, 'cat kept', true));
    expect(last.stdout).toBe('x\n');
  });
});
