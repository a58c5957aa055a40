import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackFiles } from '@cynodeai/runtime/archive';
import { silentLog } from '@cynodeai/runtime/observe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileArtifacts } from '../../src/adapters/artifacts/file-artifacts.ts';
import { jobRequest } from '../support/job-request.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

const refOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe.each(engines)('what a job leaves, $name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-artifacts');
  });
  afterAll(() => test.close());

  const run = async (script: string) => {
    const request = jobRequest(`cd /job/artifacts; ${script}`, { timeout_seconds: 60 });
    return { request, result: await node.jobs.run(request) };
  };
  const kept = async (jobId: string): Promise<Readonly<Record<string, string>>> => {
    const files: Record<string, string> = {};
    const { chunks } = await node.jobs.artifacts(jobId);
    for await (const { name, executable, chunks: bytes } of unpackFiles(chunks)) {
      files[name] = `${(await buffer(bytes)).toString()}${executable ? '*' : ''}`;
    }
    return files;
  };

  it('is kept with folders, hashes and the right to run it until the result is acknowledged', async () => {
    const { request, result } = await run(
      `mkdir -p out/deep; printf report > out/report.txt; printf run > out/deep/run.sh; chmod 700 out/deep/run.sh; : > empty; exit 3`,
    );
    expect(result).toMatchObject({ status: 'failed', exit_code: 3 });
    const type = 'application/octet-stream';
    expect(result.artifacts).toEqual([
      { name: 'empty', content_type: type, size_bytes: 0, ref: refOf('') },
      {
        name: 'out/deep/run.sh',
        content_type: expect.stringMatching(/sh$|octet/),
        size_bytes: 3,
        ref: refOf('run'),
        executable: true,
      },
      { name: 'out/report.txt', content_type: 'text/plain', size_bytes: 6, ref: refOf('report') },
    ]);
    const files = { empty: '', 'out/deep/run.sh': 'run*', 'out/report.txt': 'report' };
    expect(await kept(request.job_id)).toEqual(files);
    expect(await kept(request.job_id)).toEqual(files);
    expect(node.jobs.get(request.job_id).result).toEqual(result);

    node.jobs.acknowledge(request);
    await expect(node.jobs.artifacts(request.job_id)).rejects.toThrow('the node keeps no files');
    expect(await readdir(join(test.stateDir, 'artifacts/node-artifacts'))).toEqual([]);
  });

  it('is nothing where it left nothing, or put something else in the place of the folder', async () => {
    for (const script of [
      'true',
      'cd ..; mv artifacts old; ln -s /etc artifacts',
      'cd ..; mv artifacts old; echo > artifacts',
    ]) {
      const { request, result } = await run(script);
      expect(result.status).toBe('completed');
      expect(result).not.toHaveProperty('artifacts');
      await expect(node.jobs.artifacts(request.job_id)).rejects.toThrow('the node keeps no files');
    }
  });

  it('is never what a link leads to, and what cannot be kept is named with its reason', async () => {
    const { request, result } = await run(
      `ln -s /etc/passwd link; ln -s .. up; perl -e 'socket(S, 1, 1, 0); bind(S, pack("Sa*", 1, "socket\\0"))'; printf a > 'back\\slash'; printf b > "$(printf 'new\nline')"
       printf c > "$(printf 'not\\377utf')"; dd if=/dev/zero of=sparse bs=1 count=1 seek=1T; printf d > plain; ln plain hard; printf e > closed; chmod 0 closed; mkdir locked; printf f > locked/f; chmod 0 locked`,
    );
    const named = Object.fromEntries(
      (result.artifacts ?? []).map(({ name, error, ref }) => [name, error ?? ref]),
    );
    expect(named).toEqual({
      link: 'it is a link, not a file',
      up: 'it is a link, not a file',
      socket: 'it is a socket, not a file',
      'back\\slash': 'its path is longer than 512 bytes or has a backslash',
      'new\nline': refOf('b'),
      'not\uFFFDutf': 'its name is not UTF-8',
      sparse: 'it is larger than 10 MiB',
      plain: refOf('d'),
      hard: refOf('d'),
      closed: refOf('e'),
      'locked/f': refOf('f'),
    });
    expect(Object.keys(await kept(request.job_id)).toSorted()).toEqual([
      'closed',
      'hard',
      'locked/f',
      'new\nline',
      'plain',
    ]);
    node.jobs.acknowledge(request);
  });

  it('is bounded in count, in depth and together', async () => {
    const { request, result } = await run(
      `for n in 1 2 3 4 5 6 7; do dd if=/dev/zero of=f$n bs=1M count=10; done 2>/dev/null
       mkdir many; cd many; i=0; while [ $i -lt 10100 ]; do : > $i; i=$((i+1)); done`,
    );
    const all = result.artifacts ?? [];
    expect(all).toHaveLength(10_000);
    expect(result.artifacts_omitted).toBe(107);
    expect(all.filter(({ error }) => error !== undefined)).toMatchObject([
      { name: 'f7', error: 'all files together are larger than 64 MiB' },
    ]);
    node.jobs.acknowledge(request);
  });

  it('is swept only where it is this node’s own, and no result names it', async () => {
    const folder = join(test.stateDir, 'artifacts');
    const { request } = await run('printf a > a');
    const keeper = (nodeSlug: string) =>
      fileArtifacts({ folder, nodeSlug, openTree: async () => {}, log: silentLog });
    await writeFile(join(folder, 'backup.tar'), 'mine');
    await writeFile(join(folder, 'node-artifacts', 'backup.tar'), 'mine');
    expect(await keeper('other').removeStrays(() => false)).toBe(0);
    expect(await keeper('node-artifacts').removeStrays((id) => id === request.job_id)).toBe(0);
    expect(await keeper('node-artifacts').removeStrays(() => false)).toBe(1);
    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual([
      'backup.tar',
      'node-artifacts',
      'node-artifacts/backup.tar',
    ]);
    await rm(join(folder, 'node-artifacts', 'backup.tar'));
    node.jobs.acknowledge(request);
  });

  it('has a place, or the node says which it lacks', async () => {
    const folder = join(test.stateDir, 'no-folder');
    await writeFile(folder, '');
    const keeper = fileArtifacts({
      folder,
      nodeSlug: 'n',
      openTree: async () => {},
      log: silentLog,
    });
    await expect(keeper.check()).rejects.toThrow(/no-folder\/n, cannot be used, make it writable/);
    expect((await keeper.collect('job', folder)).artifacts).toMatchObject([
      { error: 'what the job left cannot be read' },
    ]);
  });

  it('is kept of a job whose time is over', async () => {
    const request = jobRequest('printf half > /job/artifacts/half; sleep 100', {
      timeout_seconds: 1,
    });
    const result = await node.jobs.run(request);
    expect(result).toMatchObject({
      status: 'timeout',
      artifacts: [{ name: 'half', ref: refOf('half') }],
    });
    node.jobs.acknowledge(request);
  });
});
