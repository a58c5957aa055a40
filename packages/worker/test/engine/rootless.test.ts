import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { parseJson } from '@cynodeai/runtime/std';
import { type CommandResult, mustRun, runCommand } from '@cynodeai/runtime/process';
import { proberScript, readOutcomes } from '../support/call-prober.ts';
import { allowed, attempts, golden } from '../support/golden-calls.ts';
import { processesNaming } from '../support/leftovers.ts';

const checkout = fileURLToPath(new URL('../../../..', import.meta.url));
/** A user without an entry in the user database and without subordinate ids, as on a strange machine. */
const stranger = 64_123;
const triedSchema = z.object({
  result: z.object({ status: z.string(), stdout: z.string(), stderr: z.string() }),
});
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cynode-rl-'));
  await chmod(base, 0o755);
  for (const dir of ['home', 'run', 'checkout', 'node']) {
    await mkdir(join(base, dir), { mode: 0o755 });
  }
  if (process.getuid?.() !== 0) return;
  for (const dir of ['home', 'run']) await chown(join(base, dir), stranger, stranger);
});

afterAll(() => rm(base, { recursive: true, force: true }));

/**
 * Runs a worker program as a user without rights. Root's own checkout and Node may lie where that user cannot
 * look, so both are shown to it in a mount namespace of its own.
 */
async function asUser(program: string, args: readonly string[]): Promise<CommandResult> {
  const home = join(base, 'home');
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    TMPDIR: home,
    CYNODE_STATE_DIR: join(home, 'state'),
    CYNODE_RUN_DIR: join(base, 'run', 'e'),
  };
  if (process.getuid?.() !== 0) {
    const path = join(checkout, program);
    return runCommand(process.execPath, [path, ...args], { env, cwd: home });
  }
  const script =
    'mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && cd "$HOME" && exec "$@"';
  const drop = ['setpriv', `--reuid=${stranger}`, `--regid=${stranger}`, '--clear-groups'];
  const node = join(base, 'node', 'node');
  const path = join(base, 'checkout', program);
  const nodeDir = dirname(process.execPath);
  const shown = [checkout, join(base, 'checkout'), nodeDir, join(base, 'node')];
  return runCommand(
    'unshare',
    ['--mount', '--', 'sh', '-c', script, 'sh', ...shown, ...drop, node, path, ...args],
    { env, timeoutMs: 100_000 },
  );
}

it('works for a user without rights and without subordinate ids, from probe to reset (REQ-WORKER-0251)', async () => {
  const engine = 'packages/worker/src/processes/engine.ts';
  const probe = await asUser(engine, ['probe']);
  expect(probe.stderr).toBe('');
  expect(parseJson(probe.stdout)).toMatchObject({
    facts: {
      runtime: 'podman',
      rootless: true,
      rootlessSupported: true,
      features: expect.arrayContaining(['seccomp', 'no_ceiling', 'one_user_for_all_jobs']),
      ceiling: { kind: 'none', reason: expect.stringContaining('only root') },
    },
  });

  const state = join(base, 'home', 'state');
  const run = join(base, 'run', 'e');
  const scripts = [
    'echo $(id -u):$(id -g) $(grep CapEff /proc/self/status) $(ls /sys/class/net) $(cat /proc/self/oom_score_adj); echo x > f; mkdir -m 0 locked',
    "trap '' TERM; (trap '' TERM; sleep 1000) & sleep 1000",
  ];
  const jobs = await asUser('packages/worker/test/support/node-process.ts', [
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
        stdout: '0:0 CapEff: 0000000000000000 lo 1000\n',
        stderr: '',
      },
    },
    { result: { status: 'timeout', stderr: '' } },
  ]);

  const trying = await asUser('packages/worker/test/support/node-process.ts', [
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

  const asking = await asUser('packages/worker/test/support/node-process.ts', [
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

  const listing = await asUser(engine, ['clean', '--slug', 'node-r']);
  expect(listing).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(await asUser(engine, ['reset'])).toMatchObject({ exitCode: 0, stderr: '' });
  const left = await runCommand('find', [join(base, 'home'), join(base, 'run'), '-name', 'engine']);
  expect(left.stdout).toBe('');
  expect(await processesNaming(base)).toStrictEqual([]);
  const user = await runCommand('ps', ['-u', String(stranger), '-o', 'stat=,args=']);
  if (process.getuid?.() === 0) {
    expect(
      user.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Z')),
    ).toStrictEqual([]);
  }
  await mustRun('test', ['!', '-e', run]);
}, 240_000);
