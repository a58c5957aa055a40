import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory, waitFor } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('fixtures/stops-slowly.ts', import.meta.url));

interface Watched {
  readonly told: () => string;
  /** Its process id, once it waits. */
  readonly waits: () => Promise<number>;
  readonly stops: () => Promise<string>;
  /** Lets it end. */
  readonly ends: () => Promise<void>;
}

function watch(folder: string): Watched {
  const path = join(folder, 'told');
  const told = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const line = (pattern: RegExp): Promise<string> =>
    waitFor(() => pattern.exec(told())?.[1], { what: String(pattern) });
  return {
    told,
    waits: async () => Number(await line(/^waits (\d+)\n/)),
    stops: () => line(/^stops: (\w+)\n/m),
    ends: async () => {
      writeFileSync(join(folder, 'go'), '');
      await line(/^(ended)\n/m);
    },
  };
}

const words = (folder: string): string => `'${process.execPath}' '${program}' '${folder}'`;

/** Who leads the session of the terminal, and so is the only one the kernel tells. */
const leaders: Readonly<Record<string, (command: string) => string>> = {
  'is itself': (command) => `exec ${command}`,
  'is a shell that dies of it': (command) => `${command}; true`,
  'is a shell that tells nobody': (command) => `trap '' HUP; (trap - HUP; ${command}); true`,
  'is a shell, and it reads and writes elsewhere but for its errors': (command) =>
    `trap '' HUP; (trap - HUP; ${command} </dev/null >/dev/null); true`,
  'is an interactive shell, which hangs up once more': (command) => `bash --norc -ic "${command}"`,
};

describe('a program whose terminal is closed', () => {
  it.each(Object.entries(leaders))('hears of it when the leader %s', async (_who, led) => {
    await using folder = await temporaryDirectory();
    const watched = watch(folder.path);
    const args = ['-qfc', led(words(folder.path)), '/dev/null'];
    await using terminal = new Child('script', args, {
      env: { PATH: '/usr/bin:/bin', SHELL: '/bin/sh' },
    });
    const pid = await watched.waits();
    await using atLast = new AsyncDisposableStack();
    atLast.defer(() => {
      // It has ended, unless something went wrong.
      if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
    });
    terminal.process.kill('SIGKILL');
    expect(await watched.stops()).toBe('hung_up');
    // Whoever else hangs up is nobody in a hurry.
    for (let count = 0; count < 3; count += 1) process.kill(pid, 'SIGHUP');
    await watched.ends();
  });

  it('goes on under nohup, and stops as ever when it is interrupted', async () => {
    await using folder = await temporaryDirectory();
    const watched = watch(folder.path);
    await using child = Child.ofScript(program, [folder.path, 'nohup']);
    const pid = await watched.waits();
    process.kill(pid, 'SIGHUP');
    process.kill(pid, 'SIGHUP');
    process.kill(pid, 'SIGTERM');
    expect(await watched.stops()).toBe('terminated');
    await watched.ends();
    expect(await child.ended).toBe(0);
  });
});

describe('a program that is told to stop', () => {
  it.each([
    ['SIGINT', 'SIGINT', 'interrupted'],
    ['SIGHUP', 'SIGINT', 'hung_up'],
    ['SIGTERM', 'SIGTERM', 'terminated'],
  ] as const)('by %s ends at once when a person insists by %s', async (first, second, code) => {
    await using folder = await temporaryDirectory();
    const watched = watch(folder.path);
    await using child = Child.ofScript(program, [folder.path]);
    const pid = await watched.waits();
    process.kill(pid, first);
    expect(await watched.stops()).toBe(code);
    process.kill(pid, second);
    expect(await child.ended).toBe(130);
    expect(watched.told()).not.toContain('ended');
  });

  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)(
    'by %s does not take further hang-ups for that',
    async (first) => {
      await using folder = await temporaryDirectory();
      const watched = watch(folder.path);
      await using child = Child.ofScript(program, [folder.path]);
      const pid = await watched.waits();
      process.kill(pid, first);
      await watched.stops();
      process.kill(pid, 'SIGHUP');
      process.kill(pid, 'SIGHUP');
      await watched.ends();
      expect(await child.ended).toBe(0);
    },
  );
});
