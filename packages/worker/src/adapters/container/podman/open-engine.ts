import { access, mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import type { EngineCommand } from './client.ts';
import { type HostFacts, readHostFacts } from '../shared/host.ts';
import { bootDirOf, type RunDirSource } from '../shared/run-dir.ts';
import { prepareLayout } from './layout.ts';
import { withEngineLock } from './lock.ts';
import { engineCommand, openStorage } from './open-storage.ts';
import { type EnginePaths, enginePaths } from './paths.ts';
import { probeEngine } from './probe.ts';
import { type EngineProblem, type EngineProfile, engineProfileSchema } from './profile.ts';

export type EngineSource = RunDirSource;

/** An engine that was probed and works. */
export interface UsableEngine {
  readonly profile: EngineProfile;
  readonly command: EngineCommand;
}

/** The private engine of an install, ready for calls. */
export interface OpenedEngine {
  readonly paths: EnginePaths;
  /** Absent when nothing works here; `problems` says why. */
  readonly usable?: UsableEngine;
  readonly problems: readonly EngineProblem[];
}

const cacheSchema = z.strictObject({
  signature: z.string(),
  run: z.string(),
  profile: engineProfileSchema,
  problems: z.array(z.strictObject({ code: z.string(), message: z.string(), fix: z.string() })),
});

type Cached = z.infer<typeof cacheSchema>;

async function readCache(paths: EnginePaths, host: HostFacts): Promise<Cached | undefined> {
  try {
    const cached = cacheSchema.parse(parseJson(await readFile(paths.profileFile, 'utf8')));
    const fits = cached.signature === host.signature && cached.run === paths.run;
    // What did not work then may work now.
    return fits && cached.profile.wayObstacle === undefined ? cached : undefined;
  } catch {
    return undefined;
  }
}

async function writeCache(paths: EnginePaths, cached: Cached): Promise<void> {
  await writeFileAtomic(paths.profileFile, JSON.stringify(cached), { alone: true });
}

/** Paths of the engine of an install on this host. */
export function locateEngine(source: EngineSource, host: HostFacts): EnginePaths {
  return enginePaths(resolve(source.stateDir), bootDirOf(source, host));
}

/** Whether the install has an engine at all; asking makes none. */
export async function engineExists(source: EngineSource): Promise<boolean> {
  const { root } = locateEngine(source, await readHostFacts());
  return access(root).then(
    () => true,
    () => false,
  );
}

/** The engine accepts no longer run root. */
const runRootChars = 50;

/** Why the engine could not work with these paths. */
function pathProblem(paths: EnginePaths): EngineProblem | undefined {
  const code = 'path_unusable';
  // Commas and colons separate the parts of engine flags.
  if (/[,:]/.test(`${paths.root}${paths.run}`)) {
    return {
      code,
      message: 'the path of the state or run folder holds a comma or a colon',
      fix: 'set CYNODE_STATE_DIR and CYNODE_RUN_DIR to paths without them',
    };
  }
  if (paths.run.length <= runRootChars) return undefined;
  return {
    code,
    message: `the run folder ${paths.run} is longer than ${runRootChars} characters`,
    fix: `set CYNODE_RUN_DIR to a path of at most ${runRootChars - 9} characters`,
  };
}

/**
 * Opens the engine. The probe runs once per boot and again after a change of programs or limits; its result
 * is kept in the state folder. Two processes that open at once wait for each other.
 * @throws WorkerError `engine_unusable` when the folders cannot be used
 */
export async function openEngine(source: EngineSource): Promise<OpenedEngine> {
  const host = await readHostFacts();
  const paths = locateEngine(source, host);
  const bad = pathProblem(paths);
  if (bad !== undefined) return { paths, problems: [bad] };
  const xdg = source.xdgRuntimeDir;
  const sessionBus = host.uid === 0 || xdg === undefined ? undefined : `unix:path=${xdg}/bus`;
  await mkdir(paths.root, { recursive: true, mode: 0o700 });
  return withEngineLock(paths.lockFile, async () => {
    await prepareLayout(paths);
    const program = host.programs['podman'];
    const cached = program === undefined ? undefined : await readCache(paths, host);
    if (cached !== undefined && program !== undefined) {
      const { profile, problems } = cached;
      const command = engineCommand(paths, profile, program, sessionBus);
      await openStorage(paths, profile.storage, command);
      return { paths, usable: { profile, command }, problems };
    }
    const { profile, problems } = await probeEngine({ paths, host, sessionBus });
    if (profile === undefined || program === undefined) return { paths, problems };
    await writeCache(paths, {
      signature: host.signature,
      run: paths.run,
      profile,
      problems: [...problems],
    });
    const command = engineCommand(paths, profile, program, sessionBus);
    return { paths, usable: { profile, command }, problems };
  });
}
