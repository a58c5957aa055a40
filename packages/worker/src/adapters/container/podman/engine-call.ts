import { join } from 'node:path';
import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import type { ContainerGroup } from '../shared/control-group.ts';
import type { Kept } from '../shared/keeper/keepers.ts';
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

/** What the keeper of a job runs: one call of the engine. @throws WorkerError `validation` when a variable cannot be handed over */
export function engineCall(setting: RunSetting, spec: SandboxRunSpec): Kept {
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
  return {
    kind: 'client',
    command: [command.program, ...command.flags, ...args],
    env: command.env,
    more: environment.byName,
    file: environment.file,
  };
}
