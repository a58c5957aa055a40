import { sandboxLayout } from '../../domain/sandbox/layout.ts';
import type { SandboxMount, SandboxNetwork } from '../../ports/sandbox-engine.ts';
import type { ContainerGroup } from './shared/control-group.ts';

/**
 * The engine's own limit lies this many seconds above the node's, for the case that the node is
 * gone. See docs/reference/sandbox.md#rules.
 */
const deadManSlackSeconds = 30;

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

/** Why an engine need not be told of a rule. */
export interface Untold {
  readonly untold: string;
}

/** One rule and how each engine is told. */
export interface SandboxRule {
  readonly rule: string;
  readonly podman: readonly string[] | Untold;
  readonly docker: DockerPart | Untold;
}

/** What the rules depend on: what the probe found out about the engine, and what the container is for. */
export interface RuleSetting {
  readonly rootless: boolean;
  /** The engine can give a container control groups of its own. */
  readonly privateCgroups: boolean;
  /** The engine has an init process to put before the command. */
  readonly init: boolean;
  /** Ids mapped into a user namespace of the sandbox's own; absent where all share one or have users of their own. */
  readonly ownNamespace?:
    | { readonly uids: number; readonly gids: number; readonly processes?: number | undefined }
    | undefined;
  /** `NAME=LIMIT` where the engine's own limits would be beyond those of the host. */
  readonly ulimits: readonly string[];
  /** The seccomp profile as the engine takes it: Podman by the path of a file, Docker as the text itself. */
  readonly seccomp: string;
  /** The node's control group; absent where none can be made. */
  readonly group?: ContainerGroup | undefined;
  /** The job's own user under a rootful engine; absent for a container that is no job's. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Absent means no network at all. */
  readonly network?: SandboxNetwork | undefined;
  /** `/tmp`, MiB; absent for a container of which nothing writes. */
  readonly temporaryMb?: number | undefined;
  /** Limit of the node; absent for a container that lasts as long as its standard input. */
  readonly timeoutSeconds?: number;
}

const commonRules: readonly SandboxRule[] = [
  {
    rule: 'the first to go when memory ends',
    podman: ['--oom-score-adj=1000'],
    docker: { host: { OomScoreAdj: 1000 } },
  },
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
  {
    rule: 'no hosts file of the engine',
    podman: ['--no-hosts'],
    docker: { untold: "the node's own hosts and resolver files are mounted over the engine's" },
  },
  {
    rule: 'no proxy of the host',
    podman: ['--http-proxy=false'],
    docker: { untold: 'only the client adds proxies, and the node is its own client' },
  },
  {
    rule: 'no health check of the image',
    podman: ['--no-healthcheck'],
    docker: { untold: 'the limit that outlives the node takes its place' },
  },
  {
    rule: 'no volume of the image',
    podman: ['--image-volume=ignore'],
    docker: { untold: 'volumes of the image are made and removed with the container' },
  },
  {
    rule: 'no entry point of the image',
    podman: ['--entrypoint='],
    docker: { config: { Entrypoint: [''] } },
  },
  {
    rule: 'no variables of the engine',
    podman: ['--unsetenv=container', '--unsetenv=TERM'],
    docker: { untold: 'it sets TERM for a terminal only' },
  },
  {
    rule: 'output not logged to disk',
    podman: ['--log-driver=none'],
    docker: { host: { LogConfig: { Type: 'none' } } },
  },
];

const nanoseconds = 1_000_000_000;

/**
 * The limit that outlives the node. Docker has no time limit of its own, but its daemon runs a container's
 * health check after the interval and not before: as the container's user, by the shell every image has,
 * with nothing but the shell's own `kill`, which ends everything except the init process; that one then ends
 * too, and `AutoRemove` does the rest. Nothing in the job's process tree has to stay alive for it, so neither
 * `kill -9` of the node nor of anything in the sandbox disarms it. What can hold it off is a job that does
 * nothing but kill whatever appears beside it: such a one lasts until the node is started again.
 */
function deadMan(seconds: number): SandboxRule {
  return {
    rule: 'an end also without the node',
    podman: [`--timeout=${seconds}`],
    docker: {
      config: {
        Healthcheck: {
          Test: ['CMD', '/bin/sh', '-c', 'kill -9 -1'],
          Interval: seconds * nanoseconds,
          Timeout: 10 * nanoseconds,
          Retries: 1,
        },
      },
    },
  };
}

function networkRules(network: SandboxNetwork | undefined): readonly SandboxRule[] {
  const mode = network?.mode ?? 'none';
  return [
    {
      rule: 'no network but its own',
      podman: [`--network=${mode}`],
      docker: { host: { NetworkMode: mode } },
    },
    {
      rule: 'a host name of its own',
      podman: ['--hostname=sandbox'],
      docker:
        network === undefined
          ? { config: { Hostname: 'sandbox' } }
          : { untold: 'the host name belongs to the network' },
    },
  ];
}

/**
 * A folder of memory, which is bounded where a disk is not. Programs may be run from there, as from the image's own.
 */
function temporaryFolder(mb: number | undefined): SandboxRule {
  const rule = 'a /tmp of a certain size';
  if (mb === undefined) {
    const untold = { untold: 'nothing in it writes' };
    return { rule, podman: untold, docker: untold };
  }
  const options = `rw,exec,nosuid,nodev,mode=1777,size=${mb}m`;
  return {
    rule,
    podman: [`--tmpfs=/tmp:${options},notmpcopyup`],
    docker: { host: { Tmpfs: { '/tmp': options } } },
  };
}

/** A user of the host without rights; under a rootless engine uid 0 of the container, which is the node's user. */
function userOf({ rootless, user }: RuleSetting): string {
  if (rootless) return '0:0';
  const { rootfulUid } = sandboxLayout;
  const { uid, gid } = user ?? { uid: rootfulUid, gid: rootfulUid };
  return `${uid}:${gid}`;
}

const noGroup: Untold = { untold: 'no control group with limits can be made here' };

const mib = 1024 ** 2;

/** What holds whatever limits a job has of its own. */
function ceilingRules(group: ContainerGroup | undefined): readonly SandboxRule[] {
  const { parent, share } = group ?? {};
  return [
    {
      rule: 'in the group of the node',
      podman: parent === undefined ? noGroup : [`--cgroup-parent=${parent}`],
      docker: parent === undefined ? noGroup : { host: { CgroupParent: parent } },
    },
    {
      rule: 'a share of the processes',
      podman: share ? [`--pids-limit=${share.processes}`] : noGroup,
      docker: share ? { host: { PidsLimit: share.processes } } : noGroup,
    },
    {
      rule: 'a share of the memory',
      podman: share ? [`--memory=${share.memoryMb}m`, `--memory-swap=${share.memoryMb}m`] : noGroup,
      docker: share
        ? { host: { Memory: share.memoryMb * mib, MemorySwap: share.memoryMb * mib } }
        : noGroup,
    },
  ];
}

/** The most processes that these limits allow. */
export function processLimitOf(ulimits: readonly string[]): number | undefined {
  const limit = ulimits.find((each) => each.startsWith(processLimit));
  return limit === undefined ? undefined : Number(limit.slice(processLimit.length));
}

const processLimit = 'nproc=';

/** The limits, with those of a job in place of those of all where its processes are counted apart. */
function limitsOf(ulimits: readonly string[], processes: number | undefined): readonly string[] {
  if (processes === undefined) return ulimits;
  return [
    ...ulimits.filter((each) => !each.startsWith(processLimit)),
    `${processLimit}${processes}`,
  ];
}

/**
 * The namespace of the sandbox's own. One that shows a network which another process made could not have a view of the
 * hardware of its own, and would be shown the host's: it goes without.
 */
function apartOf({ ownNamespace, network }: RuleSetting): RuleSetting['ownNamespace'] {
  return network === undefined ? ownNamespace : undefined;
}

function engineRules(setting: RuleSetting): readonly SandboxRule[] {
  const { privateCgroups, init, seccomp, timeoutSeconds } = setting;
  const apart = apartOf(setting);
  const ulimits = limitsOf(setting.ulimits, apart?.processes);
  const user = userOf(setting);
  return [
    {
      rule: 'system calls filtered by the profile of the product',
      podman: [`--security-opt=seccomp=${seccomp}`],
      docker: { host: { SecurityOpt: [`seccomp=${seccomp}`] } },
    },
    {
      rule: 'no control group of the host shown',
      podman: privateCgroups ? ['--cgroupns=private'] : { untold: 'the host cannot hide them' },
      docker: { host: { CgroupnsMode: privateCgroups ? 'private' : 'host' } },
    },
    {
      rule: 'an init process',
      podman: init ? ['--init'] : { untold: 'there is none on this host' },
      docker: init ? { host: { Init: true } } : { untold: 'the container has one process only' },
    },
    {
      rule: 'no more files and processes than the host allows',
      podman:
        ulimits.length > 0
          ? ulimits.map((limit) => `--ulimit=${limit}`)
          : { untold: 'the limits of its user hold for it too' },
      docker: { untold: 'the daemon hands its own limits down' },
    },
    ...(timeoutSeconds === undefined ? [] : [deadMan(timeoutSeconds + deadManSlackSeconds)]),
    {
      rule: 'processes counted apart',
      podman:
        apart === undefined
          ? { untold: 'jobs have users of their own, or the kernel counts them all as one' }
          : [`--uidmap=0:0:${apart.uids}`, `--gidmap=0:0:${apart.gids}`],
      docker: { untold: 'its daemon makes no user namespace for one container' },
    },
    {
      rule: 'a user without rights',
      podman: [`--user=${user}`],
      docker: { config: { User: user } },
    },
  ];
}

/**
 * What every sandbox gets whatever the job asks for, and how each engine is told: engines differ in
 * telling, never in rules. The only choice is between no network and one that holds nothing but its
 * own loopback and the way to the model. See docs/reference/sandbox.md.
 */
export function sandboxRules(setting: RuleSetting): readonly SandboxRule[] {
  return [
    { rule: 'removed after its exit', podman: ['--rm'], docker: { host: { AutoRemove: true } } },
    {
      rule: 'never pulled by a run',
      podman: ['--pull=never'],
      docker: { untold: 'it pulls in a call of its own, never when it creates a container' },
    },
    ...networkRules(setting.network),
    ...commonRules,
    ...ceilingRules(setting.group),
    temporaryFolder(setting.temporaryMb),
    ...engineRules(setting),
  ];
}

/** What Podman is told, as arguments of a run. */
export function podmanFlags(rules: readonly SandboxRule[]): string[] {
  return rules.flatMap(({ podman }) => ('untold' in podman ? [] : podman));
}

/** What Docker is told; lists that several rules fill are joined. */
export function dockerParts(rules: readonly SandboxRule[]): Required<DockerPart> {
  const config: Record<string, unknown> = {};
  const host: Record<string, unknown> = {};
  for (const { docker } of rules) {
    if ('untold' in docker) continue;
    add(config, docker.config ?? {});
    add(host, docker.host ?? {});
  }
  return { config, host };
}

function add(target: Record<string, unknown>, part: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(part)) {
    const before = target[key];
    target[key] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }
}

/**
 * A mount as both engines take it; files are relabelled on a host with SELinux. `extra` are options that only one
 * of them knows.
 */
export function mountText(
  mount: SandboxMount,
  relabel: boolean,
  extra: readonly string[] = [],
): string {
  // What a sandbox may write is its own; read-only files are shared between sandboxes.
  const label = mount.readOnly ? 'z' : 'Z';
  const flags = [mount.readOnly ? 'ro' : 'rw', ...extra, ...(relabel ? [label] : [])].join(',');
  return `${mount.hostPath}:${mount.containerPath}:${flags}`;
}
