import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@cynodeai/testing';
import process from 'node:process';
import { describe, expect, it, vi } from 'vitest';
import { checkoutDir } from '../src/install/paths.ts';
import { isBundleFresh } from '../src/programs/start-file.ts';
import { programs } from '../src/programs/table.ts';
import { bundlePrograms, bundleToStay } from '../src/setup/bundle-programs.ts';

/** Bundles what a checkout has to be bundled; answers what a person is told. */
async function told(checkout: string): Promise<{ steps: string[]; notes: string[] }> {
  const steps: string[] = [];
  const notes: string[] = [];
  const progress = {
    step: (text: string) => void steps.push(text),
    note: (text: string) => void notes.push(text),
    done: () => {},
  };
  const signal = AbortSignal.timeout(120_000);
  await bundlePrograms({ checkout, env: {}, signal, progress });
  return { steps, notes };
}

describe('bundling the programs before they start', () => {
  it('makes what is not fresh, and does nothing when everything is', async () => {
    await told(checkoutDir);
    expect(programs.filter((program) => !isBundleFresh(checkoutDir, program))).toEqual([]);
    expect(await told(checkoutDir)).toEqual({ steps: [], notes: [] });
  });

  it('says in one line why it is impossible, and goes on', async () => {
    await using dir = await temporaryDirectory();
    mkdirSync(join(dir.path, 'scripts'));
    writeFileSync(
      join(dir.path, 'scripts/bundle.ts'),
      "process.stderr.write('they run from their sources\\n');",
    );
    expect(await told(dir.path)).toEqual({
      steps: ['bundling the programs, because they have changed'],
      notes: ['they run from their sources'],
    });
  });
});

describe('a command that stays and starts over from its bundle', () => {
  const silent = { step: () => {}, note: () => {}, done: () => {} };

  it('hears a stop that was on its way, which what takes over would not', async () => {
    const becomes = vi.spyOn(process, 'execve').mockImplementation((() => {}) as never);
    const stop = new AbortController();
    const others = process.listeners('SIGINT');
    process.on('SIGINT', () => stop.abort(new Error('interrupted')));
    const start = (): Promise<void> =>
      bundleToStay({ checkout: checkoutDir, env: {}, signal: stop.signal, progress: silent });
    try {
      await told(checkoutDir);
      process.kill(process.pid, 'SIGINT');
      await expect(start()).rejects.toThrow('interrupted');
      expect(becomes).not.toHaveBeenCalled();
    } finally {
      becomes.mockRestore();
      process.removeAllListeners('SIGINT');
      for (const other of others) process.on('SIGINT', other);
    }
  });
});
