import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { sandboxLayout } from '../../../domain/sandbox/layout.ts';
import { runArguments } from './arguments.ts';
import { callEngine, type EngineCommand, engineMessage } from './client.ts';
import type { EnginePaths } from './paths.ts';
import { probeArchive, probeCommand, probeImage } from './probe-image.ts';
import type { EngineProfile } from './profile.ts';

const probeTimeoutSeconds = 20;

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

/** Runs the probe image as a job would run; the text is the engine's complaint, empty when it worked. */
export async function runProbe(
  paths: EnginePaths,
  command: EngineCommand,
  profile: EngineProfile,
  signal?: AbortSignal,
): Promise<string> {
  const name = `cynode-check-${randomBytes(6).toString('hex')}`;
  const pidFile = join(paths.run, name);
  const args = runArguments(profile, {
    name,
    image: probeImage,
    command: [probeCommand],
    labels: { 'io.cynodeai.kind': 'check' },
    mounts: [{ hostPath: paths.hostsFile, containerPath: '/etc/hosts', readOnly: true }],
    workdir: '/',
    timeoutSeconds: probeTimeoutSeconds,
    rootfulUid: sandboxLayout.rootfulUid,
    envFile: '/dev/null',
    envNames: [],
    pidFile,
  });
  const result = await callEngine(command, args, {
    timeoutMs: probeTimeoutSeconds * 1000,
    ...(signal && { signal }),
  });
  await rm(pidFile, { force: true });
  if (result.exitCode === 0) return '';
  return result.timedOut ? 'the engine did not answer' : engineMessage(result.stderr);
}
