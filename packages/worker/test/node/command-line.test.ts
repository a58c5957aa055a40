import { parseJson } from '@cynodeai/runtime/std';
import { runCommand } from '@cynodeai/runtime/process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const entry = join(import.meta.dirname, '../../src/processes/node.ts');
const node = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(process.execPath, [entry, ...args], { env, timeoutMs: 20_000 });

describe('the command line of a node', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cynode-node-cli-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('prints its usage and its version', async () => {
    const help = await node(['--help']);
    expect([help.exitCode, help.stdout]).toEqual([0, expect.stringContaining('--config FILE')]);
    expect(help.stdout).toContain('NODE_REGISTRATION_PSK');
    expect((await node(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('refuses an option it does not know with its usage on stderr', async () => {
    const answer = await node(['--confg', 'x']);
    expect([answer.exitCode, answer.stdout]).toEqual([2, '']);
    expect(answer.stderr).toContain('--confg');
    expect(answer.stderr).toContain('Usage');
  });

  it('ends with one line that names every fault of its configuration', async () => {
    const file = join(dir, 'node.yaml');
    await writeFile(file, 'version: 1\nsandbox: { runtim: podman }\nnode: { id: "-" }\n');
    const answer = await node(['--config', file], { NODE_REGISTRATION_PSK: 'sesame-open' });
    expect(answer.exitCode).toBe(78);
    const lines = answer.stdout.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(parseJson(lines[0] ?? '')).toMatchObject({
      level: 'error',
      reason: expect.stringMatching(/sandbox\.runtim: unknown key|node\.id/),
    });
    expect(answer.stdout).not.toContain('sesame-open');
  });

  it('ends when nothing is configured and says what to set', async () => {
    const answer = await node(['--no-config']);
    expect(answer.exitCode).toBe(78);
    expect(answer.stdout).toMatch(/ORCHESTRATOR_URL.*NODE_SLUG.*NODE_REGISTRATION_PSK/);
  });
});
