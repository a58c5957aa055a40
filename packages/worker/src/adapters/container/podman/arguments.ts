import { join } from 'node:path';
import type {
  SandboxMount,
  SandboxNetwork,
  SandboxRunSpec,
} from '../../../ports/sandbox-engine.ts';
import { mountText, podmanFlags, sandboxRules } from '../sandbox-rules.ts';
import type { ContainerGroup } from '../shared/control-group.ts';
import type { EnginePaths } from './paths.ts';
import type { EngineProfile } from './profile.ts';

/** Global flags of every engine call: private storage and the parts the probe chose. */
export function globalArguments(
  paths: EnginePaths,
  profile: Pick<
    EngineProfile,
    'storage' | 'mountProgram' | 'ignoreChownErrors' | 'runtime' | 'cgroupManager'
  >,
): string[] {
  const options = [
    ...(profile.mountProgram === undefined
      ? []
      : [`overlay.mount_program=${profile.mountProgram}`]),
    ...(profile.ignoreChownErrors
      ? [`${profile.storage === 'vfs' ? 'vfs' : 'overlay'}.ignore_chown_errors=true`]
      : []),
  ];
  return [
    `--root=${join(paths.root, 'storage', profile.storage)}`,
    `--runroot=${paths.run}`,
    `--tmpdir=${paths.libpodTemp}`,
    `--network-config-dir=${join(paths.root, 'networks')}`,
    `--storage-driver=${profile.storage === 'vfs' ? 'vfs' : 'overlay'}`,
    ...options.map((option) => `--storage-opt=${option}`),
    `--runtime=${profile.runtime}`,
    `--cgroup-manager=${profile.cgroupManager}`,
    '--events-backend=none',
    // Warnings would end up in the output of a job.
    '--log-level=fatal',
  ];
}

/** One container, as far as the argument array can say it; values of variables never enter it. */
export interface RunArguments {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly SandboxMount[];
  readonly workdir: string;
  readonly timeoutSeconds: number;
  readonly temporaryMb?: number;
  /** File with `NAME=value` lines. */
  readonly envFile: string;
  /** Names whose values are in the engine's own environment. */
  readonly envNames: readonly string[];
  readonly pidFile: string;
  readonly seccompFile: string;
  readonly group: ContainerGroup | undefined;
  readonly user: SandboxRunSpec['user'] | undefined;
  readonly network?: SandboxNetwork;
}

/** Nothing a job left in its folders gains rights or is a device; programs may be run from there. */
const mountOptions = ['nosuid', 'nodev'];

/**
 * The arguments of `podman run` behind the global flags. Never privileged, never a network but the
 * node's own, never a host namespace or device: there is no input that asks for one.
 * See docs/reference/sandbox.md.
 */
export function runArguments(profile: EngineProfile, run: RunArguments): string[] {
  const { seccompFile: seccomp, group, user, network, timeoutSeconds, temporaryMb } = run;
  const setting = { ...profile, seccomp, group, user, network, timeoutSeconds, temporaryMb };
  return [
    'run',
    ...podmanFlags(sandboxRules(setting)),
    `--workdir=${run.workdir}`,
    `--name=${run.name}`,
    `--pidfile=${run.pidFile}`,
    ...Object.entries(run.labels).map(([label, value]) => `--label=${label}=${value}`),
    ...run.mounts.map((mount) => `--volume=${mountText(mount, profile.relabel, mountOptions)}`),
    `--env-file=${run.envFile}`,
    ...run.envNames.map((name) => `--env=${name}`),
    run.image,
    ...run.command,
  ];
}
