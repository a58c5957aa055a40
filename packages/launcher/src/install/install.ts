import { mkdirSync, realpathSync } from 'node:fs';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { z } from 'zod';
import {
  type InferenceSettings,
  inferenceSettingsSchema,
  unsettledInference,
} from '../inference/inference.ts';
import { LauncherError } from '../launcher-error.ts';
import { makePrivateDir, readIfThere, writeWhole } from './files.ts';
import { takeLock } from './lock.ts';
import {
  type HomePaths,
  checkoutDir,
  homeDirOf,
  pathsOf,
  runDirCandidates,
  sharedPartOf,
} from './paths.ts';
import { type Ports, choosePorts, demoModelPort } from './ports.ts';
import { isPortFree } from './port-probe.ts';

const portSchema = z.int().min(1).max(65_535);

const settingsSchema = z.object({
  version: z.literal(1),
  runDir: z.string().min(1),
  ports: z
    .object({
      userGateway: portSchema,
      controlPlane: portSchema,
      workerApi: portSchema,
      demoModel: portSchema.optional(),
    })
    .transform((ports) => ({
      ...ports,
      demoModel: ports.demoModel ?? demoModelPort(ports.controlPlane),
    })),
  inference: inferenceSettingsSchema.default(unsettledInference),
});

type Settings = z.infer<typeof settingsSchema>;

/** One installation on this machine: a state folder with its settings. */
export interface Install {
  readonly checkout: string;
  readonly paths: HomePaths;
  /** Short folder for sockets. */
  readonly runDir: string;
  readonly ports: Ports;
  readonly gatewayUrl: string;
  /** Where prompts get their answers, as chosen at the last start. */
  readonly inference: InferenceSettings;
}

function installOf(home: string, settings: Settings): Install {
  return {
    checkout: checkoutDir,
    paths: pathsOf(home),
    runDir: settings.runDir,
    ports: settings.ports,
    gatewayUrl: `http://127.0.0.1:${settings.ports.userGateway}`,
    inference: settings.inference,
  };
}

function readSettings(path: string): Settings | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LauncherError(
      'install',
      `${path} is damaged; restore it, or start over with: cynode reset`,
      { cause },
    );
  }
}

/** Keeps a choice of inference with the install; later starts and every role read it there. */
export async function storeInference(
  install: Install,
  inference: InferenceSettings,
): Promise<Install> {
  const { paths } = install;
  await using _lock = await takeLock(`${paths.locks}/settings`);
  const settings = readSettings(paths.settings);
  if (settings === undefined) {
    throw new LauncherError('install', `${paths.settings} is gone; start over`);
  }
  writeWhole(paths.settings, `${JSON.stringify({ ...settings, inference }, undefined, 2)}\n`);
  return { ...install, inference };
}

/** The install of this environment when it was set up before; nothing is written. */
export function findInstall(env: Env): Install | undefined {
  const home = homeDirOf(env);
  const settings = readSettings(pathsOf(home).settings);
  return settings && installOf(realpathSync(home), settings);
}

/** The install of this environment, set up when it is new. @throws LauncherError `install`, `port_busy`. */
export async function openInstall(env: Env): Promise<Install> {
  const uid = process.getuid?.() ?? 0;
  makePrivateDir(homeDirOf(env), uid);
  const home = realpathSync(homeDirOf(env));
  const paths = pathsOf(home);
  for (const dir of [paths.secrets, paths.logs, paths.locks, paths.images, paths.artifacts]) {
    makePrivateDir(dir, uid);
  }
  makePrivateDir(paths.node, uid);
  const known = readSettings(paths.settings);
  if (known !== undefined) return withRunDir(installOf(home, known), uid);
  await using _lock = await takeLock(`${paths.locks}/settings`);
  const settings = readSettings(paths.settings) ?? (await newSettings(home, env, uid));
  writeWhole(paths.settings, `${JSON.stringify(settings, undefined, 2)}\n`);
  return withRunDir(installOf(home, settings), uid);
}

async function newSettings(home: string, env: Env, uid: number): Promise<Settings> {
  const ports = await choosePorts((port) => isPortFree(port));
  if (ports === undefined) {
    throw new LauncherError('port_busy', 'no free block of ports was found below 30000');
  }
  const runDir = runDirCandidates(home, env, uid).find((path) => canMake(path, uid));
  if (runDir === undefined) {
    throw new LauncherError('install', 'no short folder for sockets can be made, not even in /tmp');
  }
  return { version: 1, runDir, ports, inference: unsettledInference };
}

function canMake(runDir: string, uid: number): boolean {
  try {
    makeRunDir(runDir, uid);
    return true;
  } catch {
    return false;
  }
}

function makeRunDir(runDir: string, uid: number): void {
  const shared = sharedPartOf(runDir);
  if (shared.startsWith('/run/cynode')) mkdirSync(shared, { recursive: true, mode: 0o755 });
  else makePrivateDir(shared, uid);
  makePrivateDir(runDir, uid);
}

/** The folder is on a memory file system as a rule: it has to be made again after a reboot. */
function withRunDir(install: Install, uid: number): Install {
  makeRunDir(install.runDir, uid);
  return install;
}
