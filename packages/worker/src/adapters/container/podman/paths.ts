import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where an install keeps its private engine; nothing of the host's own Podman is touched. */
export interface EnginePaths {
  /** Everything that survives a restart. */
  readonly root: string;
  /** Volatile files of this boot of the host; also the run root of the engine's storage. */
  readonly run: string;
  readonly home: string;
  readonly temp: string;
  /** The only `containers.conf` the engine reads. */
  readonly configFile: string;
  /** The only `storage.conf` the engine reads. */
  readonly storageConfigFile: string;
  /** Files shown in every sandbox instead of the host's. */
  readonly hostsFile: string;
  readonly resolvFile: string;
  /** The seccomp profile of every sandbox. */
  readonly seccompFile: string;
  readonly profileFile: string;
  readonly lockFile: string;
  /** The engine writes the process id of a container's first process here when it starts. */
  readonly pidDir: string;
  readonly xdgRuntimeDir: string;
  readonly libpodTemp: string;
}

export interface RunDirSource {
  readonly stateDir: string;
  /** CYNODE_RUN_DIR when set. */
  readonly runDir: string | undefined;
  /** XDG_RUNTIME_DIR when set. */
  readonly xdgRuntimeDir: string | undefined;
  readonly uid: number;
}

/** The short folder for sockets and volatile files: what was asked for, else one of the user's runtime folders. */
export function runDirOf(source: RunDirSource): string {
  if (source.runDir !== undefined) return source.runDir;
  const id = createHash('sha256').update(source.stateDir).digest('hex').slice(0, 8);
  if (source.xdgRuntimeDir !== undefined) return join(source.xdgRuntimeDir, 'cynode', id);
  return source.uid === 0 ? join('/run/cynode', id) : `/tmp/cynode-${source.uid}-${id}`;
}

/** Paths of the private engine. The boot id keeps state of an earlier boot from being taken for a live one. */
export function enginePaths(stateDir: string, runDir: string, bootId: string): EnginePaths {
  const root = join(stateDir, 'engine');
  const run = join(runDir, bootId.replaceAll('-', '').slice(0, 8));
  return {
    root,
    run,
    home: join(root, 'home'),
    temp: join(root, 'tmp'),
    configFile: join(root, 'containers.conf'),
    storageConfigFile: join(root, 'storage.conf'),
    hostsFile: join(root, 'etc', 'hosts'),
    resolvFile: join(root, 'etc', 'resolv.conf'),
    seccompFile: join(root, 'seccomp.json'),
    profileFile: join(root, 'profile.json'),
    lockFile: join(root, 'engine.lock'),
    pidDir: join(run, 'pids'),
    xdgRuntimeDir: join(run, 'xdg'),
    libpodTemp: join(run, 'libpod'),
  };
}
