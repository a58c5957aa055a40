import type { CommandInput, Flags } from '@cynodeai/command-line/definition';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { checkoutDir } from '../install/paths.ts';
import { exitCodes } from '../base/exit-code.ts';
import type { CommandContext } from './command-context.ts';
import type { benchArgs } from './flags.ts';

/** Measures this checkout; the options are those of `bench/main.ts`, which answers with the exit code. */
export async function bench(
  context: CommandContext,
  { args }: CommandInput<typeof benchArgs, Flags>,
): Promise<number> {
  // A group of its own: a Ctrl-C reaches it once, through us, so that it can clean up.
  const child = spawn(process.execPath, [join(checkoutDir, 'bench/main.ts'), ...args.options], {
    env: context.env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const stop = (): void => void child.kill('SIGTERM');
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? exitCodes.fault;
}
