import { RecordingProgram } from '@cynodeai/testing/harness';
import { mustRun } from '@cynodeai/runtime/process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import { recorderIn } from './cluster.ts';

/**
 * Runs a script of this folder again where every process finds a recorder in the place of the container program.
 * @param directory of the cluster; the recorder keeps its notes below it, also over kills of every role
 * @returns its exit code; the folder stays when that is not 0
 */
export async function behindRecorder(
  directory: string,
  script: string,
  args: readonly string[],
): Promise<number> {
  if (process.getuid?.() !== 0) {
    throw new Error('the recorder needs a private mount namespace; run this as root');
  }
  mkdirSync(recorderIn(directory));
  const podman = (await mustRun('sh', ['-c', 'realpath "$(command -v podman)"'])).trim();
  const again = [process.execPath, script, ...args, `--directory=${directory}`];
  const [unshare, ...rest] = RecordingProgram.make(recorderIn(directory)).placeOf(podman, again);
  const child = spawn(unshare, rest, { stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  // The recorder's place is a mount until the last process of the namespace is gone.
  if (code === 0) rmSync(directory, { recursive: true, force: true });
  return code ?? 1;
}
