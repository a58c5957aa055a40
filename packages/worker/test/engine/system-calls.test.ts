import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '@cynodeai/runtime/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { elfProgram, entryAddress } from '../../src/adapters/container/shared/tiny-image.ts';
import {
  attemptsFile,
  attemptsText,
  type Outcome,
  proberCommand,
  readOutcomes,
  refusedOutcomes,
} from '../support/call-prober.ts';
import { allowed, amd64, attempts, golden, numbers } from '../support/golden-calls.ts';
import { jobRequest } from '../support/job-request.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';
import { testImage } from '../support/test-image.ts';

const refusalOf = (outcome: Outcome | undefined): Outcome | undefined =>
  outcome !== undefined && refusedOutcomes.includes(outcome) ? outcome : undefined;

/** The same attempts in a container of this engine that differs from a sandbox in nothing but its filter. */
async function withoutFilter(test: TestEngine): Promise<ReadonlyMap<string, Outcome>> {
  const dir = await mkdtemp(join(tmpdir(), 'cynode-calls-'));
  try {
    await writeFile(join(dir, attemptsFile), attemptsText(attempts), { mode: 0o644 });
    await mustRun('chmod', ['755', dir]);
    const { stateDir, runDir, command, engine } = test;
    const opened = test.kind === 'podman' ? await openEngine({ stateDir, runDir }) : undefined;
    const stdout = await mustRun(
      command.program,
      [
        ...command.flags,
        'run',
        '--rm',
        '--network=none',
        '--cap-drop=ALL',
        '--security-opt=no-new-privileges',
        '--security-opt=seccomp=unconfined',
        `--volume=${dir}:/workspace:ro`,
        ...(opened?.usable?.profile.ulimits ?? []).map((limit) => `--ulimit=${limit}`),
        `--user=${engine.facts.rootless ? '0:0' : '65532:65532'}`,
        '--workdir=/workspace',
        testImage,
        ...proberCommand,
      ],
      { env: command.env, timeoutMs: 120_000 },
    );
    return readOutcomes(stdout);
  } finally {
    await rm(dir, { recursive: true });
  }
}

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;
  let inside: ReadonlyMap<string, Outcome>;
  let unfiltered: ReadonlyMap<string, Outcome>;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-calls');
    const content = Buffer.from(attemptsText(attempts)).toString('base64');
    const files = [{ path: attemptsFile, content_base64: content }];
    const result = await node.jobs.run(jobRequest(proberCommand, { input_files: files }));
    expect(result).toMatchObject({ status: 'completed', stderr: '' });
    inside = readOutcomes(result.stdout);
    unfiltered = await withoutFilter(test);
  });

  afterAll(() => test.close());

  it('gives every attempt an outcome', () => {
    expect([...inside.keys()]).toStrictEqual(attempts.map(({ label }) => label));
    expect([...unfiltered.keys()]).toStrictEqual([...inside.keys()]);
  });

  it('refuses what the golden list says, and nothing else (REQ-WORKER-0251)', () => {
    for (const { label, errno } of golden) {
      const outcome = inside.get(label);
      if (errno !== undefined) {
        expect([label, outcome]).toStrictEqual([label, errno]);
        continue;
      }
      // Only the kernel itself may refuse, because it does not have the call or the right is missing.
      expect([label, refusalOf(outcome)]).toStrictEqual([label, refusalOf(unfiltered.get(label))]);
    }
  });

  it('does it by the filter, not only for want of a right', () => {
    for (const label of ['unshare', 'setns', 'keyctl', 'clone3', 'clone:user', 'socket:40']) {
      expect([label, refusedOutcomes.includes(unfiltered.get(label) ?? 0)]).toStrictEqual([
        label,
        false,
      ]);
    }
  });

  it('lets a process have children, but none in a namespace of its own', () => {
    expect(allowed(inside, 'clone:')).toStrictEqual(['none']);
  });

  it('opens sockets of four families, and of netlink what tells addresses', () => {
    expect(allowed(inside, 'socket:')).toStrictEqual(['1', '2', '10', '16']);
    expect(allowed(inside, 'socketpair:')).toStrictEqual(['1', '2', '10', '16']);
    expect(allowed(inside, 'netlink:')).toStrictEqual(['0']);
  });

  it('lets no protocol be named for which the kernel would load a module', () => {
    const protocols = allowed(inside, 'inet:').map((label) => label.split(':')[1]);
    expect(new Set(protocols)).toStrictEqual(new Set(['0', '1', '6', '17', '58']));
  });

  it('tells a process its execution domain, and lets it fix no addresses', () => {
    expect(allowed(inside, 'personality:')).toStrictEqual(['asked']);
  });

  it('is no way around by the numbers of 32-bit programs', async () => {
    if (!amd64) return;
    const calls = {
      socket: 359,
      socketcall: 102,
      unshare: 310,
      mount: 21,
      keyctl: 288,
      getpid: 20,
    };
    const files = Object.entries(calls).map(([path, number]) => ({
      path,
      content_base64: call32(number).toString('base64'),
      mode: '0755' as const,
    }));
    const script = `for call in ${Object.keys(calls).join(' ')}; do ./$call; echo $call $?; done`;
    const { stdout } = await node.jobs.run(jobRequest(script, { input_files: files }));
    const killed = Object.keys(calls).map((name) => `${name} 159\n`);
    expect(stdout).toBe(killed.join(''));
    // Calls of the x32 kind have a bit of their own in the number.
    const x32 = [{ label: 'x32', number: 0x40_00_00_00 + numbers.socket, args: [40, 1, 0] }];
    const content = Buffer.from(attemptsText(x32)).toString('base64');
    const input = [{ path: attemptsFile, content_base64: content }];
    const tried = await node.jobs.run(jobRequest(proberCommand, { input_files: input }));
    expect([1, 38, 'killed']).toContain(readOutcomes(tried.stdout).get('x32'));
  });
});

/**
 * A program that makes one call by its 32-bit number, with the family of vsock, a stream and protocol 0 both in
 * registers and where `socketcall` reads them, and ends with the negated answer.
 */
function call32(number: number): Buffer {
  const code = (family: number, rest: number): Buffer => {
    const head = Buffer.from(
      'b800000000bb00000000b900000000ba00000000cd8089c7f7dfb83c0000000f05',
      'hex',
    );
    head.writeUInt32LE(number, 1);
    head.writeUInt32LE(family, 6);
    head.writeUInt32LE(rest, 11);
    return head;
  };
  const socketcall = 102;
  const length = code(0, 0).length;
  const block = Buffer.alloc(12);
  block.writeUInt32LE(40, 0);
  block.writeUInt32LE(1, 4);
  const body =
    number === socketcall ? code(1, entryAddress + length) : code(number === 359 ? 40 : 0, 1);
  return elfProgram(62, Buffer.concat([body, block]));
}
