import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CommandError, mustRun, runCommand } from './run-command.ts';

/** A killed process may stay a zombie until its new parent reaps it; it runs no more then. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('runCommand', () => {
  it('passes arguments as they are and nothing of our environment', async () => {
    const result = await runCommand('sh', ['-c', 'printf "%s|" "$@"; env', 'sh', '$(id)', 'a b'], {
      env: { PATH: '/usr/bin:/bin', ONLY: 'this' },
    });
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toContain('$(id)|a b|');
    expect(result.stdout).toContain('ONLY=this');
    expect(result.stdout).not.toContain('HOME=');
  });

  it('feeds input, reports exit codes and missing programs', async () => {
    expect((await runCommand('cat', [], { input: 'hello' })).stdout).toBe('hello');
    expect((await runCommand('sh', ['-c', 'exit 7'])).exitCode).toBe(7);
    expect(await runCommand('/nonexistent/program', [])).toMatchObject({ exitCode: 127 });
    expect((await runCommand('pwd', [], { cwd: '/' })).stdout).toBe('/\n');
  });

  it('kills the whole process group at its deadline, also a grandchild that holds the pipe', async () => {
    const result = await runCommand('sh', ['-c', 'sleep 600 & echo $!; wait'], { timeoutMs: 300 });
    expect(result.timedOut).toBe(true);
    const grandchild = Number(result.stdout);
    expect(grandchild).toBeGreaterThan(1);
    expect(isRunning(grandchild)).toBe(false);
  });
});

describe('mustRun', () => {
  it('returns the output, or throws an error without the arguments', async () => {
    expect(await mustRun('echo', ['x'])).toBe('x\n');
    const failing = mustRun('sh', ['-c', 'echo bad >&2; exit 3', 'canary']);
    await expect(failing).rejects.toThrow(CommandError);
    await expect(failing).rejects.toThrow('sh exited with 3: bad');
    await expect(failing).rejects.not.toThrow(/canary/);
  });
});
