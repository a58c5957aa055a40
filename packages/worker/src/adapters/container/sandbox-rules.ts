import type { SandboxNetwork } from '../../ports/sandbox-engine.ts';

/** The engine's own limit lies this many seconds above the node's, for the case that the node is gone. Contract 03 section 6.6. */
export const deadManSlackSeconds = 30;

/** Enough to resolve the sandbox's own names, and nothing of the host's. */
export const sandboxHosts = '127.0.0.1 localhost sandbox\n::1 localhost\n';

/** Files of the host's hardware and start-up that a sandbox has no use for. */
const maskedPaths = [
  '/proc/cmdline',
  '/proc/diskstats',
  '/proc/modules',
  '/proc/partitions',
  '/sys/class/dmi',
  '/sys/devices/virtual/dmi',
];

/** What Docker masks unless it is told what to mask. */
const dockerMaskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** Parts of the body of Docker's `POST /containers/create`. */
export interface DockerPart {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly host?: Readonly<Record<string, unknown>>;
}

/** One rule and how each engine is told; an empty entry says why there is nothing to tell. */
export interface SandboxRule {
  readonly rule: string;
  readonly podman: readonly string[];
  readonly docker: DockerPart;
}

const commonRules: readonly SandboxRule[] = [
  { rule: 'no capability', podman: ['--cap-drop=ALL'], docker: { host: { CapDrop: ['ALL'] } } },
  {
    rule: 'no new privileges',
    podman: ['--security-opt=no-new-privileges'],
    docker: { host: { SecurityOpt: ['no-new-privileges'] } },
  },
  {
    rule: 'no facts of the hardware',
    podman: [`--security-opt=mask=${maskedPaths.join(':')}`],
    docker: { host: { MaskedPaths: [...dockerMaskedPaths, ...maskedPaths] } },
  },
  // Both show the node's own hosts and resolver files; Docker has no switch for its own, they are mounted over.
  { rule: 'no hosts file of the engine', podman: ['--no-hosts'], docker: {} },
  // With Docker only the client adds proxies, and the node is its own client.
  { rule: 'no proxy of the host', podman: ['--http-proxy=false'], docker: {} },
  // Docker's is replaced by the limit that outlives the node.
  { rule: 'no health check of the image', podman: ['--no-healthcheck'], docker: {} },
  // Docker makes the image's volumes and removes them with the container.
  { rule: 'no volume of the image', podman: ['--image-volume=ignore'], docker: {} },
  {
    rule: 'no entry point of the image',
    podman: ['--entrypoint='],
    docker: { config: { Entrypoint: [''] } },
  },
  // Docker sets TERM for a terminal only.
  {
    rule: 'no variables of the engine',
    podman: ['--unsetenv=container', '--unsetenv=TERM'],
    docker: {},
  },
  {
    rule: 'output not logged to disk',
    podman: ['--log-driver=none'],
    docker: { host: { LogConfig: { Type: 'none' } } },
  },
];

/**
 * What every sandbox gets whatever the job asks for, and where the engines differ. The only choice is between no
 * network and one that holds nothing but its own loopback and the way to the model. Contract 03 sections 6.1 to
 * 6.6 and 7.1.
 */
export function sandboxRules(network?: SandboxNetwork): readonly SandboxRule[] {
  const mode = network?.mode ?? 'none';
  return [
    { rule: 'removed after its exit', podman: ['--rm'], docker: { host: { AutoRemove: true } } },
    // Docker pulls in a call of its own, never when it creates a container.
    { rule: 'never pulled by a run', podman: ['--pull=never'], docker: {} },
    {
      rule: 'no network but its own',
      podman: [`--network=${mode}`],
      docker: { host: { NetworkMode: mode } },
    },
    {
      rule: 'a host name of its own',
      podman: ['--hostname=sandbox'],
      // In Docker the host name belongs to the network.
      docker: network === undefined ? { config: { Hostname: 'sandbox' } } : {},
    },
    ...commonRules,
  ];
}
