import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@cynodeai/testing';
import { Child, waitFor } from '@cynodeai/testing/harness';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('fixtures/hanging-command.ts', import.meta.url));

async function isRunning(pid: number): Promise<boolean> {
  // A zombie runs no more.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X ');
  return !/\) [ZX] /.test(stat);
}

it.each(['exit', 'fault', 'signal'])(
  'a command that hangs ends with the process that ran it, with all it begot: %s',
  async (how) => {
    await using dir = await temporaryDirectory();
    const file = join(dir.path, 'pids');
    await using child = Child.ofScript(program, [how, file], { input: { open: true } });
    const text = await waitFor(() => readFile(file, 'utf8').catch(() => undefined), {
      what: 'the command is there',
    });
    const pids = text.trim().split(' ').map(Number);
    expect(await Promise.all(pids.map(isRunning))).toEqual([true, true]);
    child.process.stdin?.write('now\n');
    await child.exit;
    await waitFor(
      async () => ((await Promise.all(pids.map(isRunning))).includes(true) ? undefined : true),
      { what: 'nothing of it is left' },
    );
  },
);
