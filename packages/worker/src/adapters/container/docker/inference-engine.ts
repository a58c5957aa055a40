import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
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
import { forceRemove } from './containers.ts';
import { Daemon, type DaemonAnswer, daemonMessage } from './daemon.ts';
import { socketPathOf } from './daemon-address.ts';
import { hasImage, pullImage } from './images.ts';
import { inferenceBody } from './inference-body.ts';

const stateSchema = z.object({ State: z.object({ Running: z.boolean(), ExitCode: z.int() }) });

function expectStatus(answer: DaemonAnswer, ...statuses: readonly number[]): void {
  if (!statuses.includes(answer.status)) {
    throw new WorkerError('engine_unusable', daemonMessage(answer));
  }
}

async function obstacle(daemon: Daemon): Promise<string | undefined> {
  const answer = await daemon.call('GET', '/networks/bridge');
  return answer.status === 200
    ? undefined
    : 'the Docker daemon has no bridge network to publish a port with; start it without --bridge=none';
}

async function find(daemon: Daemon, nodeSlug: string): Promise<readonly FoundContainer[]> {
  const label = [`${nodeSlugLabel}=${nodeSlug}`, `${inferenceKind.label}=${inferenceKind.value}`];
  const filters = encodeURIComponent(JSON.stringify({ label }));
  const answer = await daemon.call('GET', `/containers/json?all=1&filters=${filters}`);
  expectStatus(answer, 200);
  return foundContainers(parseJson(answer.text));
}

async function start(
  daemon: Daemon,
  container: InferenceContainer,
  signal: AbortSignal,
): Promise<void> {
  const { image, name, volume, labels } = container;
  if (!(await hasImage(daemon, image)))
    await pullImage(daemon, image, signal, inferencePullLimitMs);
  signal.throwIfAborted();
  const volumeLabels = inferenceLabels(labels[nodeSlugLabel] ?? '');
  const made = await daemon.call('POST', '/volumes/create', {
    body: { Name: volume, Labels: volumeLabels },
  });
  expectStatus(made, 201);
  const created = await daemon.call('POST', `/containers/create?name=${name}`, {
    body: inferenceBody(container),
  });
  expectStatus(created, 201);
  const started = await daemon.call('POST', `/containers/${name}/start`);
  if (started.status !== 204) await forceRemove(daemon, name);
  expectStatus(started, 204);
}

/** A log without the headers the daemon puts before each piece. */
function withoutHeaders(log: string): string {
  return log.replaceAll(/\p{Cc}{4}[\s\S]{4}/gu, '');
}

async function ended(daemon: Daemon, name: string): Promise<ContainerEnd | undefined> {
  const answer = await daemon.call('GET', `/containers/${name}/json`);
  // Somebody removed it: as good as ended.
  if (answer.status === 404) return { exitCode: undefined, lastWords: '' };
  expectStatus(answer, 200);
  const { State } = stateSchema.parse(parseJson(answer.text));
  if (State.Running) return undefined;
  const query = 'stdout=1&stderr=1&tail=20';
  const logs = await daemon.call('GET', `/containers/${name}/logs?${query}`);
  return { exitCode: State.ExitCode, lastWords: lastWordsOf(withoutHeaders(logs.text)) };
}

/** The Docker daemon of this machine as the place of the inference container. */
export function openDockerInference(dockerHost: string | undefined): InferenceEngine {
  const daemon = new Daemon(socketPathOf(dockerHost));
  return {
    obstacle: () => obstacle(daemon),
    find: (nodeSlug) => find(daemon, nodeSlug),
    start: (container, signal) => start(daemon, container, signal),
    ended: (name) => ended(daemon, name),
    remove: async (name, graceSeconds) => {
      await daemon.call('POST', `/containers/${name}/stop?t=${graceSeconds}`, {
        timeoutMs: (graceSeconds + 15) * 1000,
      });
      await forceRemove(daemon, name);
    },
  };
}
