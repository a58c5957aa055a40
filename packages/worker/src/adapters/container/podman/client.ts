import { type CommandResult, runCommand } from '@cynodeai/runtime/process';
import { programPath } from '../shared/host.ts';
import type { EnginePaths } from './paths.ts';

/** How the engine is called: program, global flags and the complete environment. */
export interface EngineCommand {
  readonly program: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface EngineCallOptions {
  /** Limit in ms; 60 s unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The engine's environment: nothing of the node's own, so that neither secrets nor host settings get in. */
export function engineEnv(
  paths: EnginePaths,
  sessionBus: string | undefined,
): Readonly<Record<string, string>> {
  return {
    PATH: programPath,
    HOME: paths.home,
    TMPDIR: paths.temp,
    XDG_RUNTIME_DIR: paths.xdgRuntimeDir,
    CONTAINERS_CONF: paths.configFile,
    CONTAINERS_STORAGE_CONF: paths.storageConfigFile,
    ...(sessionBus !== undefined && { DBUS_SESSION_BUS_ADDRESS: sessionBus }),
  };
}

/** One engine call outside a job; the output is bounded and the process group dies with the limit. */
export async function callEngine(
  command: EngineCommand,
  args: readonly string[],
  options: EngineCallOptions = {},
): Promise<CommandResult> {
  return runCommand(command.program, [...command.flags, ...args], {
    env: command.env,
    cwd: '/',
    ...options,
  });
}

/** The engine's own last words without its `Error:` prefix, on one line of at most 300 characters. */
export function engineMessage(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const line = lines.findLast((entry) => entry.startsWith('Error:')) ?? lines.at(-1) ?? '';
  return line.replace(/^Error:\s*/, '').slice(0, 300);
}
