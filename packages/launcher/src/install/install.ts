import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { errorCodeOf, messageOf, parseJson } from '@cynodeai/runtime/std';
import { mkdirSync, readlinkSync, realpathSync, symlinkSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import type { Env } from '@cynodeai/runtime/config';
import { z } from 'zod';
import { type InferenceSettings, unsettledInference } from '../domain/inference.ts';
import { inferenceSettingsSchema } from './inference-settings.ts';
import { LauncherError } from '../base/launcher-error.ts';
import {
  type EngineChoice,
  demandedEngine,
  engineChoiceSchema,
  unchosenEngine,
} from './engine-choice.ts';
import { makePrivateDir, readIfThere } from './files.ts';
import { type ListenChoice, listenChoiceSchema } from './listen-choice.ts';
import { takeLock } from './lock.ts';
import {
  type HomePaths,
  checkoutDir,
  engineDirOf,
  engineDirs,
  homeDirOf,
  pathsOf,
  runDirCandidates,
  sharedPartOf,
} from './paths.ts';
import { type PortName, type Ports, choosePorts, portNames, portsBeside } from './ports.ts';
import { isPortFree } from '../machine/port-probe.ts';

const portSchema = z.int().min(1).max(65_535);

const portsSchema = z.object(
  Object.fromEntries(portNames.map((name) => [name, portSchema])) as Record<
    PortName,
    typeof portSchema
  >,
);

const settingsSchema = z.object({
  version: z.literal(1),
  runDir: z.string().min(1),
  // Installs of earlier versions chose their ports once and for all.
  served: z.boolean().default(true),
  // A port that was stored before its role was there is made up.
  ports: z
    .looseObject({ userGateway: portSchema, controlPlane: portSchema })
    .transform((stored) => ({
      ...portsBeside(stored.userGateway, stored.controlPlane),
      ...stored,
    }))
    .pipe(portsSchema),
  inference: inferenceSettingsSchema.default(unsettledInference),
  engine: engineChoiceSchema.default(unchosenEngine),
  listen: listenChoiceSchema.optional(),
});

type Settings = z.infer<typeof settingsSchema>;

/** One installation on this machine: a state folder with its settings. */
export interface Install {
  readonly checkout: string;
  readonly paths: HomePaths;
  /** Short folder for sockets. */
  readonly runDir: string;
  readonly ports: Ports;
  /** Its roles have served on these ports, which are kept from then on; before, each start chooses anew. */
  readonly served: boolean;
  readonly gatewayUrl: string;
  /** Where prompts get their answers, as chosen at the last start. */
  readonly inference: InferenceSettings;
  /** The container engine, as demanded at the last start that named one. */
  readonly engine: EngineChoice;
  /** Where other machines reach it; absent: they do not. */
  readonly listen?: ListenChoice | undefined;
}

const urlAt = (port: number): string => `http://127.0.0.1:${port}`;

function installOf(home: string, settings: Settings): Install {
  return {
    checkout: checkoutDir,
    paths: pathsOf(home),
    runDir: settings.runDir,
    ports: settings.ports,
    served: settings.served,
    gatewayUrl: urlAt(settings.ports.userGateway),
    inference: settings.inference,
    engine: settings.engine,
    listen: settings.listen,
  };
}

function readSettings(path: string): Settings | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return settingsSchema.parse(parseJson(text));
  } catch (cause) {
    throw new LauncherError(
      'install',
      `${path} is damaged; restore it, or start over with: cynode reset`,
      { cause },
    );
  }
}

/** Keeps choices with the install; later starts and every role read them there. */
export async function storeChoices(
  install: Install,
  choices: Partial<Pick<Settings, 'inference' | 'engine' | 'ports' | 'served' | 'listen'>>,
): Promise<Install> {
  const { paths } = install;
  await using _lock = await takeLock(`${paths.locks}/settings`);
  const settings = readSettings(paths.settings);
  if (settings === undefined) {
    throw new LauncherError('install', `${paths.settings} is gone; start over`);
  }
  writeFileAtomicSync(
    paths.settings,
    `${JSON.stringify({ ...settings, ...choices }, undefined, 2)}\n`,
  );
  const gatewayUrl = urlAt((choices.ports ?? install.ports).userGateway);
  return { ...install, ...choices, gatewayUrl };
}

/** The install with the engine that the environment demands, which later starts use too. @throws LauncherError `usage`. */
export async function rememberEngine(install: Install, env: Env): Promise<Install> {
  const engine = demandedEngine(env, install.engine);
  if (isDeepStrictEqual(engine, install.engine)) return install;
  return storeChoices(install, { engine });
}

/** The install of this environment when it was set up before; nothing is written. */
export function findInstall(env: Env): Install | undefined {
  return findInstallAt(homeDirOf(env), env);
}

/** The same, by its state folder. */
export function findInstallAt(home: string, env: Env = {}): Install | undefined {
  const settings = readSettings(pathsOf(home).settings);
  if (settings === undefined) return undefined;
  const real = realpathSync(home);
  const [own = settings.runDir] = runDirCandidates(real, env, process.getuid?.() ?? 0);
  return installOf(real, isOf(settings, own) ? settings : { ...settings, runDir: own });
}

/**
 * False when the folder for sockets is called by another state folder than this one: the settings came with a copy,
 * and the sockets are the original's.
 */
function isOf(settings: Settings, ownRunDir: string): boolean {
  return basename(settings.runDir) === basename(ownRunDir);
}

/** The install of this environment, set up when it is new. Its ports stand once it served. @throws LauncherError `install`, `port_busy`. */
export async function openInstall(env: Env): Promise<Install> {
  const uid = process.getuid?.() ?? 0;
  makePrivateDir(homeDirOf(env), uid);
  const home = realpathSync(homeDirOf(env));
  const paths = pathsOf(home);
  for (const dir of [paths.secrets, paths.logs, paths.locks, paths.images, paths.artifacts]) {
    makePrivateDir(dir, uid);
  }
  makePrivateDir(paths.node, uid);
  const [own = ''] = runDirCandidates(home, env, uid);
  const stored = (): Settings | undefined => {
    const settings = readSettings(paths.settings);
    return settings && isOf(settings, own) ? settings : undefined;
  };
  const known = stored();
  if (known !== undefined) return withRunDir(installOf(home, known), uid);
  await using _lock = await takeLock(`${paths.locks}/settings`);
  const settings = stored() ?? (await newSettings(home, env, uid));
  writeFileAtomicSync(paths.settings, `${JSON.stringify(settings, undefined, 2)}\n`);
  return withRunDir(installOf(home, settings), uid);
}

/** What a new install is set up with; of a copied one all but the folder for sockets stays. */
async function newSettings(home: string, env: Env, uid: number): Promise<Settings> {
  const runDir = runDirCandidates(home, env, uid).find((path) => canMake(path, uid));
  if (runDir === undefined) {
    throw new LauncherError('install', 'no short folder for sockets can be made, not even in /tmp');
  }
  const copied = readSettings(pathsOf(home).settings);
  if (copied !== undefined) return { ...copied, runDir, served: false };
  const ports = await choosePorts((port) => isPortFree(port));
  if (ports === undefined) {
    throw new LauncherError('port_busy', 'no free block of ports was found below 30000');
  }
  return {
    version: 1,
    runDir,
    served: false,
    ports,
    inference: unsettledInference,
    engine: demandedEngine(env, unchosenEngine),
  };
}

function canMake(runDir: string, uid: number): boolean {
  try {
    makeRunDir(runDir, uid);
    return true;
  } catch {
    return false;
  }
}

/** Makes the folder for sockets, which only its owner may enter. @throws LauncherError `install` */
export function makeRunDir(runDir: string, uid: number): void {
  const shared = sharedPartOf(runDir);
  if (shared.startsWith('/run/cynode')) mkdirSync(shared, { recursive: true, mode: 0o755 });
  else makePrivateDir(shared, uid);
  makePrivateDir(runDir, uid);
}

/** The folder is on a memory file system as a rule: it has to be made again after a reboot. */
function withRunDir(install: Install, uid: number): Install {
  makeRunDir(install.runDir, uid);
  linkEngineDirs(install);
  return install;
}

/**
 * Makes the links through which engines find folders whose paths they cannot take, also after `down` or a reboot took
 * the folder they are in. @throws LauncherError `install`
 */
export function linkEngineDirs(place: Pick<Install, 'paths' | 'runDir'>): void {
  const linked = engineDirs.filter((name) => engineDirOf(name, place) !== place.paths[name]);
  if (linked.length > 0) makeRunDir(place.runDir, process.getuid?.() ?? 0);
  for (const name of linked) linkDir(place.paths[name], engineDirOf(name, place));
}

function linkDir(dir: string, link: string): void {
  try {
    symlinkSync(dir, link);
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST' && readlinkSync(link) === dir) return;
    throw new LauncherError('install', `cannot make the link ${link}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
