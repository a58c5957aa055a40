import { parseJson } from '@cynodeai/runtime/std';
import { WorkerError } from '../../../domain/errors.ts';
import {
  type InferenceContainer,
  inferenceKind,
  inferenceLabels,
} from '../../../domain/inference/container.ts';
import { nodeSlugLabel } from '../../../domain/sandbox/naming.ts';
import type { ContainerEnd, FoundContainer, InferenceEngine } from '../../../ports/inference.ts';
import {
  foundContainers,
  inferencePullLimitMs,
  lastWordsOf,
} from '../shared/inference-containers.ts';
import { callEngine, type EngineCommand, engineMessage } from './client.ts';
import { forceRemove } from './containers.ts';
import { hasImage, pullImage } from './images.ts';
import { inferenceArguments, labelArguments, volumeArguments } from './inference-arguments.ts';
import { removeNetwork, renewNetwork } from './own-network.ts';
import { type EngineSource, openEngine } from './open-engine.ts';
import type { EngineProfile } from './profile.ts';
import { findPublishing } from './find-publishing.ts';

const startLimitMs = 60_000;

const unusable = (stderr: string): WorkerError =>
  new WorkerError('engine_unusable', engineMessage(stderr));

async function find(command: EngineCommand, nodeSlug: string): Promise<readonly FoundContainer[]> {
  const filters = [
    `--filter=label=${nodeSlugLabel}=${nodeSlug}`,
    `--filter=label=${inferenceKind.label}=${inferenceKind.value}`,
  ];
  const result = await callEngine(command, ['ps', '--all', ...filters, '--format=json']);
  if (result.exitCode !== 0) throw unusable(result.stderr);
  return foundContainers(parseJson(result.stdout));
}

async function makeVolume(
  command: EngineCommand,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const { exitCode } = await callEngine(command, ['volume', 'exists', name]);
  if (exitCode === 0) return;
  const made = await callEngine(command, volumeArguments(name, labels));
  if (made.exitCode !== 0) throw unusable(made.stderr);
}

async function start(
  command: EngineCommand,
  profile: EngineProfile,
  container: InferenceContainer,
  signal: AbortSignal,
): Promise<void> {
  if (!(await hasImage(command, container.image))) {
    await pullImage(command, container.image, signal, inferencePullLimitMs);
  }
  signal.throwIfAborted();
  const nodeSlug = container.labels[nodeSlugLabel] ?? '';
  await makeVolume(command, container.volume, inferenceLabels(nodeSlug));
  const publishing = await findPublishing(profile);
  if ('obstacle' in publishing) throw new WorkerError('engine_unusable', publishing.obstacle);
  const labels = labelArguments(inferenceLabels(nodeSlug));
  const network =
    publishing.network === 'bridge'
      ? await renewNetwork(command, container.name, labels)
      : publishing.network;
  const args = inferenceArguments({ ...profile, network }, container);
  const result = await callEngine(command, args, { timeoutMs: startLimitMs });
  if (result.exitCode === 0) return;
  await forceRemove(command, container.name);
  await removeNetwork(command, container.name);
  throw unusable(result.stderr);
}

async function ended(command: EngineCommand, name: string): Promise<ContainerEnd | undefined> {
  const format = '--format={{.State.Running}} {{.State.ExitCode}}';
  const state = await callEngine(command, ['container', 'inspect', format, name]);
  if (state.exitCode !== 0) {
    // Somebody removed it: as good as ended.
    if (state.stderr.includes('no such container')) return { exitCode: undefined, lastWords: '' };
    throw unusable(state.stderr);
  }
  const [running, exitCode] = state.stdout.trim().split(' ');
  if (running === 'true') return undefined;
  const logs = await callEngine(command, ['logs', '--tail=20', name]);
  return { exitCode: Number(exitCode), lastWords: lastWordsOf(`${logs.stdout}\n${logs.stderr}`) };
}

async function remove(command: EngineCommand, name: string, graceSeconds: number): Promise<void> {
  try {
    // A container that is none any more is fine: the removal says so too.
    await callEngine(command, ['stop', '--ignore', `--time=${graceSeconds}`, name], {
      timeoutMs: (graceSeconds + 15) * 1000,
    });
    await forceRemove(command, name);
    await removeNetwork(command, name);
  } catch (cause) {
    const message = `the inference container ${name} could not be removed`;
    throw new WorkerError('container_resists', message, { cause });
  }
}

/**
 * The install's private Podman as the place of the inference container.
 * @throws WorkerError `engine_unusable`
 */
export async function openPodmanInference(source: EngineSource): Promise<InferenceEngine> {
  const { usable, problems } = await openEngine(source);
  if (usable === undefined) {
    throw new WorkerError('engine_unusable', problems.map(({ message }) => message).join('\n'));
  }
  const { command, profile } = usable;
  return {
    obstacle: async () => {
      const publishing = await findPublishing(profile);
      return 'obstacle' in publishing ? publishing.obstacle : undefined;
    },
    find: (nodeSlug) => find(command, nodeSlug),
    start: (container, signal) => start(command, profile, container, signal),
    ended: (name) => ended(command, name),
    remove: (name, graceSeconds) => remove(command, name, graceSeconds),
  };
}
