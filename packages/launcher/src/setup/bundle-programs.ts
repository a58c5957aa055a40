import { join } from 'node:path';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { dropStopSignals } from '@cynodeai/command-line/process';
import type { Env } from '@cynodeai/runtime/config';
import { runCommand } from '@cynodeai/runtime/process';
import { compileCacheName, isBundleFresh, nodeArguments } from '../programs/start-file.ts';
import { cynode, programs } from '../programs/table.ts';
import { baseEnv } from '../roles/environment.ts';
import type { Progress } from '../terminal/progress.ts';

export interface BundleOptions {
  readonly checkout: string;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly progress: Pick<Progress, 'step' | 'note' | 'done'>;
}

/** Bundles the programs anew that have changed since they were bundled; without a bundle they run from their sources. */
export async function bundlePrograms(options: BundleOptions): Promise<void> {
  const { checkout, env, signal, progress } = options;
  if (programs.every((program) => isBundleFresh(checkout, program))) return;
  progress.step('bundling the programs, because they have changed');
  const { stderr } = await runCommand(process.execPath, [join(checkout, 'scripts/bundle.ts')], {
    env: baseEnv(env),
    signal,
  });
  if (stderr !== '') progress.note(stderr.trimEnd());
}

/**
 * The same for a command that stays as long as the stack. When this process was started from the sources, it starts
 * over from the bundle under the same id, so that it does not keep the memory that running sources takes.
 */
export async function bundleToStay(options: BundleOptions): Promise<void> {
  const { checkout } = options;
  await bundlePrograms(options);
  const fromSources = import.meta.url.endsWith('.ts');
  if (!fromSources || !isBundleFresh(checkout, cynode)) return;
  const args = [...nodeArguments(checkout, cynode), ...process.argv.slice(2)];
  // What the start script sets is for sources; a bundle has its own. What the user sets holds for both.
  const { NODE_COMPILE_CACHE: compileCache, ...others } = options.env;
  const ofScript = compileCache === join(checkout, '.cynode', compileCacheName);
  const env = ofScript ? others : options.env;
  options.progress.done();
  await startOver(options.signal, [process.execPath, ...args], env);
}

/** The program that takes over hears only what is said to it: a stop that is under way must be heard before. */
async function startOver(
  signal: AbortSignal,
  [program = '', ...args]: readonly string[],
  env: Env,
): Promise<void> {
  if (process.execve === undefined) return;
  // Signals are looked for between one turn and the next.
  for (let turn = 0; turn < 2; turn += 1) await setImmediate();
  signal.throwIfAborted();
  dropStopSignals();
  process.execve(program, [program, ...args], env);
}
