import process from 'node:process';
import type { SandboxMount, SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import type { ContainerGroup } from '../shared/control-group.ts';
import { dockerParts, mountText, sandboxRules } from '../sandbox-rules.ts';
import { seccompProfile } from '../seccomp/profile.ts';

/** What the probe found out about the daemon. */
export interface DockerProfile {
  readonly version: string;
  readonly rootless: boolean;
  readonly privateCgroups: boolean;
  /** Files are relabelled for SELinux. */
  readonly relabel: boolean;
  /** The node's control group; absent where none can be made. */
  readonly group?: ContainerGroup | undefined;
}

/**
 * The body of `POST /containers/create`: the rules of every sandbox and what this one is.
 * See docs/reference/sandbox.md.
 */
export function createBody(
  profile: DockerProfile,
  spec: SandboxRunSpec,
  hostFiles: readonly SandboxMount[],
): Record<string, unknown> {
  const { user, network, timeoutSeconds, temporaryMb } = spec;
  const seccomp = seccompProfile(process.arch);
  const asked = { user, network, timeoutSeconds, temporaryMb };
  const setting = { ...profile, init: true, ulimits: [], seccomp, ...asked };
  const { config, host } = dockerParts(sandboxRules(setting));
  return {
    ...config,
    Image: spec.image,
    Cmd: spec.command,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: spec.labels,
    WorkingDir: spec.workdir,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: false,
    Tty: false,
    HostConfig: {
      ...host,
      Binds: [...hostFiles, ...spec.mounts].map((mount) => mountText(mount, profile.relabel)),
    },
  };
}
