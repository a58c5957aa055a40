import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Keepers } from '../shared/keeper/keepers.ts';
import { probeWay } from '../shared/probe-way.ts';
import { runProbe } from '../shared/run-probe.ts';
import { probeArchive, probeImage } from '../shared/tiny-image.ts';
import { callEngine, type EngineCommand, engineMessage } from './client.ts';
import { openNetwork } from './open-network.ts';
import type { EnginePaths } from './paths.ts';
import { PidWatch } from './pid-watch.ts';
import { PodmanContainer } from './podman-container.ts';
import type { RunSetting } from './engine-call.ts';

/** Puts the probe image into the storage. @throws nothing; the text is the engine's complaint, empty when it worked */
export async function importProbeImage(
  paths: EnginePaths,
  command: EngineCommand,
): Promise<string> {
  const archive = probeArchive(process.arch);
  if (archive === undefined) return `there is no probe program for ${process.arch}`;
  const file = join(paths.temp, `probe-${randomBytes(4).toString('hex')}.tar`);
  await writeFile(file, archive, { mode: 0o600 });
  const result = await callEngine(command, ['import', '--quiet', file, probeImage]);
  await rm(file, { force: true });
  return result.exitCode === 0 ? '' : engineMessage(result.stderr) || 'the engine gave no reason';
}

/** Gives a sandbox a way to a model; the text is the engine's complaint, empty when it worked. */
export async function probeWayOf(setting: RunSetting): Promise<string> {
  using pidWatch = new PidWatch(setting.paths.pidDir);
  using keepers = new Keepers(setting.paths.keptDir);
  return await probeWay(
    (_owner, serve, signal) => openNetwork(setting, serve, signal),
    (spec) => new PodmanContainer({ ...setting, pidWatch, keepers }, spec),
  );
}

/** Runs the probe image as a job would run; the text is the engine's complaint, empty when it worked. */
export async function probeRun(setting: RunSetting, signal?: AbortSignal): Promise<string> {
  using pidWatch = new PidWatch(setting.paths.pidDir);
  using keepers = new Keepers(setting.paths.keptDir);
  const deps = { ...setting, pidWatch, keepers };
  return await runProbe((spec) => new PodmanContainer(deps, spec), signal);
}

/** The same, with the image put back where somebody removed it: a second failure is the engine's. */
export async function probeMending(setting: RunSetting, signal?: AbortSignal): Promise<string> {
  const fault = await probeRun(setting, signal);
  if (fault === '') return '';
  return (await importProbeImage(setting.paths, setting.command)) || probeRun(setting, signal);
}
