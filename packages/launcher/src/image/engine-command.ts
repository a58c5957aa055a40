import { parseJson } from '@cynodeai/runtime/std';
import { join } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { type CommandResult, runCommand } from '@cynodeai/runtime/process';
import { z } from 'zod';
import { type Install, linkEngineDirs } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { findProgram } from '../machine/find-program.ts';
import { localNodeId } from '../roles/decisions.ts';
import { engineEnv } from '../roles/environment.ts';
import { hasEngineStorage } from './image-marker.ts';

const entry = 'packages/worker/src/processes/engine.ts';
const limitMs = 300_000;

export interface EngineContext {
  readonly install: Pick<Install, 'checkout' | 'paths' | 'runDir' | 'engine'>;
  readonly env: Env;
  readonly signal?: AbortSignal;
}

/** A Docker daemon is shared: of it only what carries the label of the install's node is removed. */
export function cleanFlags(
  { engine }: Pick<Install, 'engine'>,
  nodeId: string = localNodeId,
): string[] {
  return engine.runtime === 'docker' ? ['--slug', nodeId] : [];
}

/** Runs the worker's engine command with the install's own container storage. */
export async function runEngine(
  context: EngineContext,
  args: readonly string[],
): Promise<CommandResult> {
  linkEngineDirs(context.install);
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

/**
 * Whether the engine of an install can be asked, and may hold anything of ours. A Docker daemon is asked over its
 * socket, for which no program is needed; it holds nothing before an image was put there.
 */
export function canAskEngine(install: Pick<Install, 'paths' | 'engine'>): boolean {
  return install.engine.runtime === 'docker'
    ? hasEngineStorage(install)
    : findProgram(install.engine.runtime) !== undefined;
}

const invocationSchema = z.tuple([z.string()], z.string());

/** The engine's program and flags, to call it directly. @throws LauncherError `setup` */
export async function engineInvocation(
  context: EngineContext,
): Promise<readonly [string, ...string[]]> {
  return invocationSchema.parse(parseJson(await mustRunEngine(context, ['run-flags'])));
}
