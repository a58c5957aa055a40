import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { silentLog } from '@cynodeai/runtime/observe';
import { mustRun } from '@cynodeai/runtime/process';
import { removeControlGroup } from '../../../src/adapters/container/shared/control-group.ts';
import { openDockerEngine } from '../../../src/adapters/container/docker/docker-engine.ts';
import { openDockerInference } from '../../../src/adapters/container/docker/inference-engine.ts';
import { openPodmanInference } from '../../../src/adapters/container/podman/inference-engine.ts';
import type { InferenceEngine } from '../../../src/ports/inference.ts';
import type { SandboxEngine } from '../../../src/ports/sandbox-engine.ts';
import { PrivateDocker } from '../../support/private-docker.ts';
import { openTestEngine, testCeiling } from '../../support/test-engine.ts';
import { importOllamaImages } from './ollama-image.ts';

/** A private engine with the test images of the model service. */
export interface InferencePlace {
  readonly engine: InferenceEngine;
  readonly sandboxes: Pick<SandboxEngine, 'removeLeftovers'>;
  /** The engine after its volatile state is lost; until the next call of another. */
  reboot(): Promise<InferenceEngine>;
  /** Calls the engine's own program. */
  run(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

async function openPodman(): Promise<InferencePlace> {
  const place = await openTestEngine(silentLog);
  const { command } = place;
  const run = (...args: string[]): Promise<string> =>
    mustRun(command.program, [...command.flags, ...args], { env: command.env });
  await importOllamaImages(async (archive, ref, change) => {
    await run('import', '--quiet', `--change=${change}`, archive, ref);
  });
  const source = { stateDir: place.stateDir, runDir: place.runDir };
  const engine = await openPodmanInference(source);
  const reboot = async (): Promise<InferenceEngine> => {
    // The engine's database lives in the run folder.
    for (const boot of await readdir(place.runDir)) {
      for (const name of await readdir(join(place.runDir, boot))) {
        if (name.startsWith('db-')) await rm(join(place.runDir, boot, name), { recursive: true });
      }
    }
    return openPodmanInference(source);
  };
  return { engine, sandboxes: place.engine, reboot, run, close: () => place.close() };
}

/** Docker makes no bridge of its own here, because that one would have the same name for every daemon. */
async function openDocker(): Promise<InferencePlace> {
  const bridge = `cyb${process.pid}`;
  await mustRun('ip', ['link', 'add', bridge, 'type', 'bridge']);
  const removeBridge = (): Promise<string> => mustRun('ip', ['link', 'del', bridge]);
  try {
    const third = process.pid % 250;
    await mustRun('ip', ['addr', 'add', `10.231.${third}.1/24`, 'dev', bridge]);
    await mustRun('ip', ['link', 'set', bridge, 'up']);
    const docker = await PrivateDocker.start(bridge);
    const run = (...args: string[]): Promise<string> =>
      mustRun('docker', [`--host=${docker.host}`, ...args], {
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: `${docker.base}/home` },
      });
    await importOllamaImages(async (archive, ref, change) => {
      await run('import', `--change=${change}`, archive, ref);
    });
    const source = {
      stateDir: `${docker.base}/state`,
      runDir: docker.base,
      dockerHost: docker.host,
      ceiling: testCeiling,
    };
    const sandboxes = await openDockerEngine(source, silentLog);
    const close = async (): Promise<void> => {
      await docker[Symbol.asyncDispose]();
      await removeControlGroup(source.stateDir);
      await removeBridge();
    };
    const engine = openDockerInference(docker.host);
    return { engine, sandboxes, reboot: async () => engine, run, close };
  } catch (error) {
    await removeBridge();
    throw error;
  }
}

/** Whether this process can publish ports of containers; a rootless engine needs a device that is not everybody's. */
export const rootful = process.getuid?.() === 0;

/** Engines that can publish a port in a test of this user. */
export const places = rootful
  ? [
      { name: 'a real rootful Podman', open: openPodman },
      { name: 'a real Docker daemon', open: openDocker },
    ]
  : [];
