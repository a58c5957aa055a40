import { sandboxLayout } from '../../../domain/sandbox/layout.ts';
import type { SandboxMount, SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import { deadManSlackSeconds, sandboxRules } from '../sandbox-rules.ts';

/** What the probe found out about the daemon. */
export interface DockerProfile {
  readonly version: string;
  readonly rootless: boolean;
  readonly privateCgroups: boolean;
  /** Files are relabelled for SELinux. */
  readonly relabel: boolean;
}

const nanoseconds = 1_000_000_000;

/**
 * The limit that outlives the node. Docker has no time limit of its own, but its daemon runs a container's
 * health check after the interval and not before: as the container's user, by the shell every image has,
 * with nothing but the shell's own `kill`, which ends everything except the init process; that one then ends
 * too, and `AutoRemove` does the rest. Nothing in the job's process tree has to stay alive for it, so neither
 * `kill -9` of the node nor of anything in the sandbox disarms it. What can hold it off is a job that does
 * nothing but kill whatever appears beside it: such a one lasts until the node is started again.
 */
function deadMan(timeoutSeconds: number): object {
  return {
    Test: ['CMD', '/bin/sh', '-c', 'kill -9 -1'],
    Interval: (timeoutSeconds + deadManSlackSeconds) * nanoseconds,
    Timeout: 10 * nanoseconds,
    Retries: 1,
  };
}

function bind(mount: SandboxMount, relabel: boolean): string {
  // What a sandbox may write is its own; read-only files are shared between sandboxes.
  const label = mount.readOnly ? 'z' : 'Z';
  const flags = [mount.readOnly ? 'ro' : 'rw', ...(relabel ? [label] : [])].join(',');
  return `${mount.hostPath}:${mount.containerPath}:${flags}`;
}

/** The body of `POST /containers/create`: the rules of every sandbox and what this one is. Contract 03 sections 6.1 to 6.6. */
export function createBody(
  profile: DockerProfile,
  spec: SandboxRunSpec,
  hostFiles: readonly SandboxMount[],
): Record<string, unknown> {
  const user = profile.rootless ? 0 : sandboxLayout.rootfulUid;
  const merge = (part: 'config' | 'host'): object =>
    Object.assign({}, ...sandboxRules(spec.network).map((rule) => rule.docker[part]));
  return {
    ...merge('config'),
    Image: spec.image,
    Cmd: spec.command,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: spec.labels,
    User: `${user}:${user}`,
    WorkingDir: spec.workdir,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: false,
    Tty: false,
    Healthcheck: deadMan(spec.timeoutSeconds),
    HostConfig: {
      ...merge('host'),
      Init: true,
      CgroupnsMode: profile.privateCgroups ? 'private' : 'host',
      Binds: [...hostFiles, ...spec.mounts].map((mount) => bind(mount, profile.relabel)),
    },
  };
}
