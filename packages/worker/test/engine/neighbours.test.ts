import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { RunJobResult } from '@cynodeai/contracts/common';
import { silentLog } from '@cynodeai/runtime/observe';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlGroupOf } from '../../src/adapters/container/shared/control-group.ts';
import { sandboxLayout } from '../../src/domain/sandbox/layout.ts';
import { jobRequest } from '../support/job-request.ts';
import { engines, testFirstUid, type TestEngine, type TestNode } from '../support/test-engine.ts';

const ceiling = { memoryMb: 192, processes: 400, maxConcurrency: 3 };
const share = 100;

/** A common job: children, a pipe, files, and what the kernel counts for each user. */
const ordinary = `set -e; for i in 1 2 3 4 5; do seq 300 | sort -n | wc -l > count; done
  perl -e 'syscall(${process.arch === 'x64' ? 294 : 26}, 0) >= 0 or die "inotify: $!"'; cat count`;

/** Take all of something and hold it; each says on a line of its own how far it came. */
const hogs = {
  processes: String.raw`perl -e 'my $n = 0; while (defined(my $pid = fork)) { if (!$pid) { sleep 100; exit } $n++ } print "$n\n"; $| = 1; print "full\n"; sleep 100'`,
  inotify: `perl -e '$| = 1; my $n = 0; $n++ while syscall(${process.arch === 'x64' ? 294 : 26}, 0) >= 0; print "$n\\nfull\\n"; sleep 100'`,
} as const;

/** Under version 2 a machine inside another one may have no controllers: then nothing there can be bounded. */
async function hasControllers(): Promise<boolean> {
  const unified = await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8').catch(
    () => undefined,
  );
  return unified === undefined || ['memory', 'pids'].every((name) => unified.includes(name));
}

const controllers = await hasControllers();

/** A test that only such a machine can hold: elsewhere there is none, rather than one that is skipped. */
const where = (holds: boolean, title: string): readonly string[] => (holds ? [title] : []);

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open(silentLog, ceiling);
    node = await test.node('node-n');
  });

  afterAll(() => test.close());

  /** A job that has come to its end of things, and the way to end it. */
  async function full(script: string) {
    const request = jobRequest(`{ ${script}; } > out 2>&1`);
    const ended = node.jobs.run(request);
    const out = join(node.mountRoot, request.job_id, 'workspace', 'out');
    await waitFor(async () => (await readFile(out, 'utf8').catch(() => '')).includes('full'), {
      what: 'the hog has taken all it gets',
    });
    return {
      taken: Number.parseInt(await readFile(out, 'utf8'), 10),
      owner: (await stat(out)).uid,
      end: async (): Promise<RunJobResult> => {
        node.jobs.stop(request.job_id, 0);
        return ended;
      },
    };
  }

  it.each(
    where(
      !controllers,
      'a node says that nothing bounds its sandboxes where the kernel has no controllers, and why',
    ),
  )('%s', async () => {
    expect(test.engine.facts).toMatchObject({
      ceiling: { kind: 'none', reason: expect.stringMatching(/has no controller for|by systemd/) },
      features: expect.arrayContaining(['no_ceiling', 'user_per_job']),
    });
  });

  it.each(
    where(
      controllers,
      'a node says what all sandboxes together may take, and the kernel says the same',
    ),
  )('%s', async () => {
    expect(test.engine.facts).toMatchObject({
      ceiling: {
        kind: 'set',
        memoryMb: 192,
        memoryMbPerJob: 96,
        processes: 400,
        processesPerJob: share,
      },
      features: expect.arrayContaining(['ceiling', 'user_per_job']),
    });
    const group = controlGroupOf(test.stateDir);
    const files =
      test.engine.facts.cgroupVersion === 'v2'
        ? [`${group}/memory.max`, `${group}/pids.max`]
        : [`memory/${group}/memory.limit_in_bytes`, `pids/${group}/pids.max`];
    const texts = await Promise.all(
      files.map((file) => readFile(`/sys/fs/cgroup/${file}`, 'utf8')),
    );
    expect(texts.map(Number)).toStrictEqual([192 * 1024 ** 2, 400]);
  });

  it('a sandbox is the first the kernel ends when memory is short', async () => {
    const { stdout } = await node.jobs.run(
      jobRequest('cat /proc/self/oom_score_adj /proc/1/oom_score_adj'),
    );
    expect(stdout).toBe('1000\n1000\n');
  });

  it('every job has a user of its own, with a name and a home, who owns its files', async () => {
    const script =
      'id -u; id -g; id -un; echo $HOME; stat -c %u /workspace /job /job/artifacts upload/a; touch upload/b';
    const files = [{ path: 'upload/a', content_base64: '' }];
    const results = await Promise.all(
      [1, 2, 3].map(() => node.jobs.run(jobRequest(script, { input_files: files }))),
    );
    const users = results.map(({ stdout, stderr }) => {
      expect(stderr).toBe('');
      const [uid = '', gid, name, home, ...owners] = stdout.trim().split('\n');
      expect([gid, name, home]).toStrictEqual([uid, 'sandbox', '/workspace']);
      expect(owners).toStrictEqual([uid, uid, uid, uid]);
      return Number(uid);
    });
    expect(new Set(users).size).toBe(3);
    for (const uid of users) {
      expect(uid).toBeGreaterThanOrEqual(testFirstUid);
      expect(uid).toBeLessThan(testFirstUid + sandboxLayout.jobUsers);
    }
  });

  it('files that came before the job are its own, too', async () => {
    const request = jobRequest('stat -c %U%a a/b; echo more >> a/b');
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x');
    }
    await node.jobs.stage(request.job_id, { path: 'a/b' }, bytes());
    expect(await node.jobs.run(request)).toMatchObject({ stdout: 'sandbox644\n', stderr: '' });
  });

  it.each((['processes', 'inotify'] as const).filter((kind) => controllers || kind === 'inotify'))(
    'two jobs that take all the %s they get leave a third one its own',
    async (kind) => {
      const taking = await Promise.all([full(hogs[kind]), full(hogs[kind])]);
      for (const turn of [1, 2]) {
        const result = await node.jobs.run(jobRequest(ordinary));
        expect({ ...result, turn }).toMatchObject({ exit_code: 0, stdout: '300\n', stderr: '' });
      }
      // Each came to its own end of things, not to one they have in common.
      for (const { taken } of taking) expect(taken).toBeGreaterThan(share / 2);
      expect(taking[0]?.owner).not.toBe(taking[1]?.owner);
      for (const one of taking) expect(await one.end()).toMatchObject({ status: 'failed' });
    },
  );

  it.each(
    where(
      controllers,
      'a sandbox that starts beside very many small ones of one that takes all the memory runs all the same',
    ),
  )('%s', async () => {
    const hog = full(
      `perl -e '$| = 1; print "full\n"; for (1 .. 5) { fork } while (1) { my $child = fork; if (!$child) { my @all; push @all, "x" x 1e6 while 1 } waitpid $child, 0 }'`,
    );
    const taking = await hog;
    const results = await Promise.all(
      [1, 2].map(async () => {
        const all: RunJobResult[] = [];
        for (let turn = 0; turn < 6; turn += 1)
          all.push(await node.jobs.run(jobRequest('echo ok')));
        return all;
      }),
    );
    for (const result of results.flat()) {
      expect(result).toMatchObject({ exit_code: 0, stdout: 'ok\n', stderr: '' });
    }
    await taking.end();
  });

  it.each(
    where(
      controllers,
      'a job that takes all the memory is killed and says why; its neighbour goes on',
    ),
  )('%s', async () => {
    const holding = await full('echo full; sleep 100');
    const hog = node.jobs.run(jobRequest(`perl -e 'my $all = "x" x 1e9; print length $all'`));
    const beside = await node.jobs.run(jobRequest(ordinary));
    expect(await hog).toMatchObject({
      status: 'failed',
      exit_code: 137,
      oom_killed: true,
      stderr: expect.stringContaining('memory'),
    });
    expect(beside).toMatchObject({ exit_code: 0, stdout: '300\n' });
    expect(beside).not.toHaveProperty('oom_killed');
    const again = await node.jobs.run(jobRequest('kill -9 $$'));
    expect(again).toMatchObject({ exit_code: 137 });
    expect(again).not.toHaveProperty('oom_killed');
    expect(await holding.end()).toMatchObject({ status: 'failed' });
  });
});
