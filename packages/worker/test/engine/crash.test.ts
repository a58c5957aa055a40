import { Child, waitFor } from '@cynodeai/testing/harness';
import { randomUUID } from 'node:crypto';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, describe } from 'vitest';
import type { SandboxRunSpec } from '../../src/ports/sandbox-engine.ts';
import { containerNames, processesNaming, untilClean } from '../support/leftovers.ts';
import { engines, type TestEngine } from '../support/test-engine.ts';
import { testImage } from '../support/test-image.ts';

describe.each(engines)('$name', ({ open }) => {
  const program = fileURLToPath(new URL('../support/node-process.ts', import.meta.url));
  const stubborn = "trap '' TERM; (trap '' TERM; sleep 1000) & touch up; while :; do sleep 1; done";
  let test: TestEngine;

  beforeAll(async () => {
    test = await open();
  });

  afterAll(() => test.close());

  it('what an earlier run of a job left in the way is removed, and the job is not said to have failed', async () => {
    const spec: SandboxRunSpec = {
      name: `cynode-sandbox-${randomUUID()}`,
      image: testImage,
      command: ['sleep', String(10_000_000 + process.pid)],
      env: {},
      labels: { 'io.cynodeai.node_slug': 'node-a' },
      mounts: [],
      workdir: '/',
      timeoutSeconds: 60,
    };
    const sink = { write: () => {} };
    const sinks = { stdout: sink, stderr: sink };
    const lost = test.engine.run(spec, sinks);
    // A container that only gets going would tell of its process while the second one looks for its own.
    await waitFor(
      async () =>
        (await processesNaming(spec.command.join('\0'))).some((line) => line.startsWith('sleep')),
      { what: 'the first runs' },
    );
    await expect(test.engine.run(spec, sinks)).rejects.toMatchObject({ code: 'not_run' });
    await lost.catch(() => {});
    expect(await containerNames(test)).toStrictEqual([]);
    const again = await test.engine.run({ ...spec, command: ['true'] }, sinks);
    expect(again).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  function startNode(slug: string, timeoutSeconds: number, script: string): Child {
    const args = [...test.processArguments, slug, String(timeoutSeconds), script];
    return Child.ofScript(program, args);
  }

  /** Ids of jobs whose script has got going. */
  async function runningJobs(): Promise<string[]> {
    const root = join(test.stateDir, 'mounts');
    const ids = await readdir(root).catch(() => []);
    const up = await Promise.all(
      ids.map((id) =>
        access(join(root, id, 'workspace', 'up')).then(
          () => [id],
          () => [],
        ),
      ),
    );
    return up.flat();
  }

  it('the end of a run that nobody followed is there for who comes back, as is what it wrote', async () => {
    const known = await runningJobs();
    const child = startNode('node-a', 50, 'touch up; sleep 2; echo out; echo err >&2; exit 3');
    const id = await waitFor(
      async () => (await runningJobs()).find((job) => !known.includes(job)),
      { what: 'the job runs' },
    );
    child.kill();
    await child.exit;
    const name = `cynode-sandbox-${id}`;
    await waitFor(async () => !(await containerNames(test)).includes(name), {
      what: 'the job has ended',
    });
    const successor = await test.reopen();
    const kept = await successor.kept();
    expect(kept).toContain(name);
    await successor.removeLeftovers('node-a', (one) => kept.has(one));
    const said = { stdout: '', stderr: '' };
    const into = (stream: 'stdout' | 'stderr') => ({
      write: (chunk: Uint8Array) => void (said[stream] += Buffer.from(chunk).toString()),
    });
    const sinks = { stdout: into('stdout'), stderr: into('stderr') };
    // Its time is over by now: that it ended before is what counts.
    const exit = await successor.adopt({ name, timeoutSeconds: 50 }, sinks);
    expect(exit).toMatchObject({ kind: 'exited', exitCode: 3 });
    expect(exit.endedAt.getTime() - exit.startedAt.getTime()).toBeGreaterThan(1900);
    expect(said).toEqual({ stdout: 'out\n', stderr: 'err\n' });
    successor.forget(name);
    await (await test.node('node-a')).workspace.removeStrays();
  }, 90_000);

  it('a killed node leaves sandboxes that end by themselves, and its successor removes its own only (REQ-WORKER-0251)', async () => {
    const names: Record<string, string> = {};
    for (const [slug, seconds] of [
      ['node-a', 50],
      ['node-b', 1],
    ] as const) {
      const known = await runningJobs();
      const child = startNode(slug, seconds, stubborn);
      const id = await waitFor(
        async () => (await runningJobs()).find((job) => !known.includes(job)),
        { what: `the job of ${slug} runs` },
      );
      names[slug] = `cynode-sandbox-${id}`;
      child.kill();
      await child.exit;
    }
    const killedAt = Date.now();
    expect((await containerNames(test)).toSorted()).toStrictEqual(Object.values(names).toSorted());

    const successor = await test.node('node-a');
    expect(await test.engine.removeLeftovers('node-a')).toStrictEqual([names['node-a']]);
    expect(await containerNames(test)).toStrictEqual([names['node-b']]);
    expect(await successor.workspace.removeStrays()).toHaveLength(1);
    expect(await readdir(successor.mountRoot)).toHaveLength(1);

    // One second of its own and thirty of the engine's limit.
    await waitFor(async () => (await containerNames(test)).length === 0, {
      what: 'the sandbox of node-b is gone',
      within: 40_000,
    });
    expect(Date.now() - killedAt).toBeLessThan(36_000);
    const other = await test.node('node-b');
    expect(await test.engine.removeLeftovers('node-b')).toStrictEqual([]);
    expect(await other.workspace.removeStrays()).toHaveLength(1);
    await untilClean(test);
  }, 120_000);
});
