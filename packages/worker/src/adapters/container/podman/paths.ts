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
  /** Spools of what keepers hold. */
  readonly keptDir: string;
  readonly xdgRuntimeDir: string;
  readonly libpodTemp: string;
}

/** Paths of the private engine; `run` is the folder of this boot. */
export function enginePaths(stateDir: string, run: string): EnginePaths {
  const root = join(stateDir, 'engine');
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
    keptDir: join(run, 'kept'),
    xdgRuntimeDir: join(run, 'xdg'),
    libpodTemp: join(run, 'libpod'),
  };
}
