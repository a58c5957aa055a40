import { join } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { type CommandResult, runCommand } from '@cynodeai/runtime/process';
import type { Install } from '../install/install.ts';
import { LauncherError } from '../launcher-error.ts';
import { engineEnv } from '../stack/role-specs.ts';

const entry = 'packages/worker/src/processes/engine.ts';
const limitMs = 300_000;

export interface EngineContext {
  readonly install: Pick<Install, 'checkout' | 'paths' | 'runDir'>;
  readonly env: Env;
  readonly signal?: AbortSignal;
}

/** Runs the worker's engine command with the install's own container storage. */
export function runEngine(context: EngineContext, args: readonly string[]): Promise<CommandResult> {
  return runCommand(process.execPath, [join(context.install.checkout, entry), ...args], {
    env: engineEnv(context.install, context.env),
    timeoutMs: limitMs,
    ...(context.signal && { signal: context.signal }),
  });
}

/** Like `runEngine`, for commands that must succeed. @throws LauncherError `setup` with the engine's own words. */
export async function mustRunEngine(
  context: EngineContext,
  args: readonly string[],
): Promise<string> {
  const result = await runEngine(context, args);
  context.signal?.throwIfAborted();
  if (result.exitCode === 0) return result.stdout;
  const reason = result.timedOut ? 'it took too long' : result.stderr.trim();
  throw new LauncherError('setup', `the container engine cannot be used: ${reason}`);
}
