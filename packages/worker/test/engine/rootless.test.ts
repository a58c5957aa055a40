import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseJson } from '@cynodeai/runtime/std';
import { mustRun, runCommand } from '@cynodeai/runtime/process';
import { proberScript, readOutcomes } from '../support/call-prober.ts';
import { allowed, attempts, golden } from '../support/golden-calls.ts';
import { processesNaming } from '../support/leftovers.ts';
import { processShare } from '../../src/domain/sandbox/ceiling.ts';
import { Stranger } from '../support/stranger.ts';
import { testCeiling } from '../support/test-engine.ts';

const triedSchema = z.object({
  result: z.object({ status: z.string(), stdout: z.string(), stderr: z.string() }),
});

it('works for a user without rights and without subordinate ids, from probe to reset (REQ-WORKER-0251)', async () => {
  await using user = await Stranger.create();
  const { base, stateDir: state, runDir: run } = user;
  const engine = 'packages/worker/src/processes/engine.ts';
  const most = Number(await readFile('/proc/sys/kernel/pid_max', 'utf8'));
  // A share of half of the machine, or of what the caller itself may have at most.
  const limits = await readFile('/proc/self/limits', 'utf8');
  const hard = Number(/^Max processes\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? most);
  const half = Math.min(Math.floor(most / 2), hard);
  const share = processShare(half, testCeiling.maxConcurrency);
  const probe = await user.run(engine, ['probe']);
  expect(probe.stderr).toBe('');
  expect(parseJson(probe.stdout)).toMatchObject({
    facts: {
      runtime: 'podman',
      rootless: true,
      rootlessSupported: true,
      features: expect.arrayContaining(['seccomp', 'no_ceiling', 'user_namespace_per_job']),
      ceiling: { kind: 'none', reason: expect.stringContaining('only root') },
    },
  });

  const scripts = [
    'echo $(id -u):$(id -g) $(grep CapEff /proc/self/status) $(ls /sys/class/net) $(cat /proc/self/oom_score_adj) $(grep "Max processes" /proc/self/limits | tr -s " " | cut -d " " -f 3); echo x > f; mkdir -m 0 locked; cd /job/artifacts; echo x > f; mkdir out; echo x > out/f; chmod 0 f out',
    "trap '' TERM; (trap '' TERM; sleep 1000) & sleep 1000",
  ];
  const jobs = await user.run('packages/worker/test/support/node-process.ts', [
    'podman',
    state,
    run,
    'node-r',
    '3',
    ...scripts,
  ]);
  expect(jobs.stderr).toBe('');
  const results = jobs.stdout
    .trim()
    .split('\n')
    .map((line): unknown => parseJson(line));
  expect(results).toMatchObject([
    {
      facts: { rootless: true },
      result: {
        status: 'completed',
        stdout: `0:0 CapEff: 0000000000000000 lo 1000 ${share}\n`,
        stderr: '',
        artifacts: [
          { name: 'f', ref: expect.stringContaining('sha256:') },
          { name: 'out/f', ref: expect.stringContaining('sha256:') },
        ],
      },
    },
    { result: { status: 'timeout', stderr: '' } },
  ]);

  const trying = await user.run('packages/worker/test/support/node-process.ts', [
    'podman',
    state,
    run,
    'node-r',
    '60',
    proberScript(attempts),
  ]);
  expect(trying.stderr).toBe('');
  const { result } = triedSchema.parse(parseJson(trying.stdout));
  expect(result).toMatchObject({ status: 'completed', stderr: '' });
  const outcomes = readOutcomes(result.stdout);
  for (const { label, errno } of golden.filter((one) => one.errno !== undefined)) {
    expect([label, outcomes.get(label)]).toStrictEqual([label, errno]);
  }
  expect(allowed(outcomes, 'clone:')).toStrictEqual(['none']);
  expect(allowed(outcomes, 'socket:')).toStrictEqual(['1', '2', '10', '16']);

  const asking = await user.run('packages/worker/test/support/node-process.ts', [
    'podman',
    state,
    run,
    'node-r',
    '10',
    'inference: curl -sS $OLLAMA_BASE_URL/api/version; echo; ls /sys/class/net; curl -s -m 2 http://1.1.1.1/ || echo closed',
  ]);
  expect(asking.stderr).toBe('');
  expect(parseJson(asking.stdout)).toMatchObject({
    result: { status: 'completed', stdout: 'a model\nlo\nclosed\n', stderr: '' },
  });

  const listing = await user.run(engine, ['clean', '--slug', 'node-r']);
  expect(listing).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(await user.run(engine, ['reset'])).toMatchObject({ exitCode: 0, stderr: '' });
  const left = await runCommand('find', [user.home, dirname(run), '-name', 'engine']);
  expect(left.stdout).toBe('');
  expect(await processesNaming(base)).toStrictEqual([]);
  expect(await user.processes()).toStrictEqual([]);
  await mustRun('test', ['!', '-e', run]);
}, 240_000);
