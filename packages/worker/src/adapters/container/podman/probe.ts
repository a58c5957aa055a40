import { callEngine, type EngineCommand } from './client.ts';
import type { HostFacts } from '../shared/host.ts';
import { engineCommand, isDatabaseClash, openStorage, renewDatabase } from './open-storage.ts';
import type { EnginePaths } from './paths.ts';
import { importProbeImage, probeRun, probeWayOf } from './probe-run.ts';
import type { EngineProblem, EngineProfile } from './profile.ts';
import type { RunSetting } from './engine-call.ts';

export interface ProbeResult {
  /** Absent when nothing works; `problems` says why. */
  readonly profile?: EngineProfile;
  readonly problems: readonly EngineProblem[];
}

export interface ProbeInput {
  readonly paths: EnginePaths;
  readonly host: HostFacts;
  readonly sessionBus: string | undefined;
}

/** crun, which comes with Podman, works only where control groups are of version 2. */
function installFix({ cgroupVersion }: HostFacts): string {
  const runtime = cgroupVersion === 'v2' ? 'crun' : 'runc';
  return `install the packages podman, ${runtime}, uidmap and catatonit (Debian: apt-get install --no-install-recommends podman ${runtime} uidmap catatonit)`;
}

/**
 * `NAME=LIMIT`. A rootful engine is told the host's, because without the right to raise limits its defaults would be
 * refused. The processes of a rootless one all count as the user's, and no control group bounds them: its sandboxes
 * leave half of what the kernel allows to everybody else, the engine included, which has no such limit itself.
 */
function ulimitsOf(host: HostFacts): string[] {
  if (host.uid !== 0) {
    const half = Math.floor(host.kernelProcesses / 2);
    return [`nproc=${Math.min(host.maxProcesses ?? half, half)}`];
  }
  const files = Math.min(host.maxOpenFiles ?? 1_048_576, 1_048_576);
  const processes = Math.min(host.maxProcesses ?? 32_768, 32_768);
  return [`nofile=${files}`, `nproc=${processes}`];
}

/** Every combination worth trying on this host, the best first. */
function candidates(host: HostFacts): EngineProfile[] {
  const rootless = host.uid !== 0;
  const base = {
    version: '',
    rootless,
    rootlessSupported: host.userNamespaces,
    cgroupVersion: host.cgroupVersion,
    ignoreChownErrors: rootless && !host.subordinateIds,
    relabel: host.selinux,
    ulimits: ulimitsOf(host),
  };
  const storages = (['overlay', 'fuse-overlayfs', 'vfs'] as const).filter(
    (storage) => storage !== 'fuse-overlayfs' || host.programs['fuse-overlayfs'] !== undefined,
  );
  const runtimes = ['crun', 'runc'].filter((runtime) => host.programs[runtime] !== undefined);
  const managers = ['cgroupfs', 'systemd'] as const;
  const init = host.programs['catatonit'] !== undefined;
  return storages.flatMap((storage) =>
    runtimes.flatMap((runtime) =>
      managers.flatMap((cgroupManager) =>
        [true, false].map((privateCgroups) => ({
          ...base,
          storage,
          ...(storage === 'fuse-overlayfs' && { mountProgram: host.programs[storage] }),
          runtime,
          cgroupManager,
          privateCgroups,
          init,
        })),
      ),
    ),
  );
}

/** Version and security of the engine that was found to work. */
async function inspectEngine(
  command: EngineCommand,
): Promise<{ readonly version: string; readonly seccomp: boolean }> {
  const format = '{{.Version.Version}} {{.Host.Security.SECCOMPEnabled}}';
  const { stdout } = await callEngine(command, ['info', '--format', format]);
  const [version, seccomp] = stdout.trim().split(' ');
  return { version: version ?? 'unknown', seccomp: seccomp === 'true' };
}

/** Nothing of a node runs in a sandbox whose system calls are not filtered. */
const noSeccomp: EngineProblem = {
  code: 'no_seccomp',
  message: 'kernel or engine have no seccomp: system calls of a job could not be filtered',
  fix: 'use a kernel with CONFIG_SECCOMP_FILTER, and podman, runc or crun built with seccomp',
};

/** What cannot be mended by trying. */
function missing(host: HostFacts): EngineProblem | undefined {
  const { programs } = host;
  if (!host.seccomp) return noSeccomp;
  if (programs['podman'] === undefined) {
    return { code: 'podman_missing', message: 'Podman is not installed', fix: installFix(host) };
  }
  if (programs['runc'] === undefined && programs['crun'] === undefined) {
    return {
      code: 'runtime_missing',
      message: 'neither runc nor crun is installed',
      fix: installFix(host),
    };
  }
  if (host.uid !== 0 && !host.userNamespaces) {
    return {
      code: 'user_namespaces_off',
      message: 'this host lets no unprivileged user make user namespaces',
      fix: 'as root: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000',
    };
  }
  return undefined;
}

/** What works, but not as well as it could. */
function warnings(profile: EngineProfile): EngineProblem[] {
  const found: EngineProblem[] = [];
  if (profile.storage === 'vfs') {
    found.push({
      code: 'slow_storage',
      message: 'only the vfs storage works here: every start copies the whole image',
      fix: 'use a kernel of 5.13 or newer, or install the package fuse-overlayfs',
    });
  }
  if (profile.wayObstacle !== undefined) {
    found.push({
      code: 'no_way_to_model',
      message: `jobs with use_inference cannot run: ${profile.wayObstacle}`,
      fix: 'see that the packages perl and util-linux are installed and that Podman may join a network namespace',
    });
  }
  if (!profile.init) {
    found.push({
      code: 'no_init',
      message: 'catatonit is not installed: nothing reaps the children of a job',
      fix: 'install the package catatonit',
    });
  }
  return found;
}

function unusable(complaints: readonly string[]): EngineProblem {
  const message = complaints.at(-1) ?? 'no container could be run';
  const fix = complaints.some((text) => text.includes('unknown flag'))
    ? 'install Podman 4.3 or newer'
    : `make the engine run a container as this user; tried: ${[...new Set(complaints)].join(' | ')}`;
  return { code: 'engine_unusable', message, fix };
}

/** How many ids the engine's own user namespace has, by its map. */
async function countIds(command: EngineCommand, map: 'uid_map' | 'gid_map'): Promise<number> {
  const { stdout } = await callEngine(command, ['unshare', 'cat', `/proc/self/${map}`]);
  const counts = stdout.split('\n').map((line) => Number(line.trim().split(/\s+/)[2] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A user namespace for each sandbox, where the engine makes one. */
async function withOwnNamespace(setting: RunSetting, host: HostFacts): Promise<EngineProfile> {
  const { command, profile } = setting;
  if (!profile.rootless || !host.countsByNamespace) return profile;
  const [uids, gids] = await Promise.all([
    countIds(command, 'uid_map'),
    countIds(command, 'gid_map'),
  ]);
  if (!(uids >= 1 && gids >= 1)) return profile;
  const apart = { ...profile, ownNamespace: { uids, gids } };
  return (await probeRun({ ...setting, profile: apart })) === '' ? apart : profile;
}

/** What else works beside a plain run: sandboxes that are counted apart, and a way to a model. */
async function refined(setting: RunSetting, host: HostFacts): Promise<EngineProfile> {
  const profile = await withOwnNamespace(setting, host);
  const wayObstacle = await probeWayOf({ ...setting, profile });
  return wayObstacle === '' ? profile : { ...profile, wayObstacle };
}

/**
 * Finds out by trying which runtime, storage and control groups work here: root or rootless, cgroup v1,
 * hybrid or v2, with and without the right to raise limits. Takes some seconds at most.
 */
export async function probeEngine(input: ProbeInput): Promise<ProbeResult> {
  const { paths, host, sessionBus } = input;
  const absent = missing(host);
  const program = host.programs['podman'];
  if (absent !== undefined || program === undefined) return { problems: absent ? [absent] : [] };
  const complaints: string[] = [];
  const broken = new Set<string>();
  for (const candidate of candidates(host)) {
    const pair = `${candidate.storage} ${candidate.runtime}`;
    if (broken.has(pair)) continue;
    const command = engineCommand(paths, candidate, program, sessionBus);
    await openStorage(paths, candidate.storage, command);
    let storageFault = await importProbeImage(paths, command);
    if (isDatabaseClash(storageFault)) {
      await renewDatabase(paths, candidate.storage, command);
      storageFault = await importProbeImage(paths, command);
    }
    if (storageFault !== '') broken.add(pair);
    const fault = storageFault || (await probeRun({ paths, command, profile: candidate }));
    if (fault === '') {
      const { version, seccomp } = await inspectEngine(command);
      if (!seccomp) return { problems: [noSeccomp] };
      const found = await refined({ paths, command, profile: { ...candidate, version } }, host);
      return { profile: found, problems: warnings(found) };
    }
    complaints.push(fault);
  }
  return { problems: [unusable(complaints)] };
}
