import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import type { ContainerGroup } from '../shared/control-group.ts';
import { runArguments } from './arguments.ts';
import type { EngineCommand } from './client.ts';
import type { EnginePaths } from './paths.ts';
import type { EngineProfile } from './profile.ts';
import { runEnvironment } from './run-environment.ts';

export interface RunSetting {
  readonly command: EngineCommand;
  readonly profile: EngineProfile;
  readonly paths: EnginePaths;
  /** Absent where none can be made. */
  readonly group?: ContainerGroup | undefined;
}

/** Where the engine writes the process id of a run. */
export function pidFileOf(paths: EnginePaths, name: string): string {
  return join(paths.pidDir, name);
}

/**
 * Descriptor of a file without a name that holds the text: nobody can find it, and it is gone with the last process
 * that has it. Like the job's directories it is made at once, because the thread pool would cost ten times the work.
 */
function namelessFile(dir: string, name: string, text: string): number {
  const path = join(dir, name);
  const descriptor = openSync(path, 'wx+', 0o600);
  try {
    unlinkSync(path);
    writeSync(descriptor, text);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Starts the one engine call of a job, in a process group of its own, so that a terminal's signals do not
 * reach it. `attach` is called at once, so that no event of the child is missed. @throws WorkerError `validation` when a variable cannot be handed over
 */
export async function spawnRun<T>(
  setting: RunSetting,
  spec: SandboxRunSpec,
  attach: (child: ChildProcess) => Promise<T>,
): Promise<T> {
  const { command, profile, paths } = setting;
  const environment = runEnvironment(spec.env);
  if (environment.refused.length > 0) {
    throw new WorkerError(
      'validation',
      `sandbox.env: ${environment.refused.join(', ')} must be one line of less than 60 KiB`,
    );
  }
  const hostFiles = [
    { hostPath: paths.hostsFile, containerPath: '/etc/hosts', readOnly: true },
    { hostPath: paths.resolvFile, containerPath: '/etc/resolv.conf', readOnly: true },
  ];
  const args = runArguments(profile, {
    ...spec,
    mounts: [...hostFiles, ...spec.mounts],
    envFile: '/dev/fd/3',
    envNames: Object.keys(environment.byName),
    pidFile: pidFileOf(paths, spec.name),
    seccompFile: paths.seccompFile,
    group: setting.group,
    user: spec.user,
  });
  const file = namelessFile(paths.run, `env-${spec.name}`, environment.file);
  try {
    const child = spawn(command.program, [...command.flags, ...args], {
      env: { ...environment.byName, ...command.env },
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', file],
    });
    return await attach(child);
  } finally {
    closeSync(file);
  }
}
