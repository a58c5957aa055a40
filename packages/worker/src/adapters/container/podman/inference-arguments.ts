import {
  type GpuAccess,
  type InferenceContainer,
  ollamaImage,
} from '../../../domain/inference/container.ts';
import { bracketed } from '../../../domain/inference/bind-address.ts';
import type { EngineProfile } from './profile.ts';

/** How each kind of card is handed over: NVIDIA's by the Container Device Interface, AMD's as device files. */
const gpuArguments: Readonly<Record<GpuAccess, readonly string[]>> = {
  none: [],
  nvidia: ['--device=nvidia.com/gpu=all'],
  amd: ['--device=/dev/kfd', '--device=/dev/dri'],
};

/** A set of labels as arguments. */
export const labelArguments = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).map(([label, value]) => `--label=${label}=${value}`);

/** The arguments of `podman volume create`. */
export function volumeArguments(name: string, labels: Readonly<Record<string, string>>): string[] {
  return ['volume', 'create', ...labelArguments(labels), name];
}

/**
 * The arguments of `podman run` for the node's inference container. It has a network of its own,
 * because it fetches models, and one published port; never the host's network, never a path of the
 * host. See docs/reference/inference.md#model-service-of-a-node.
 */
export function inferenceArguments(
  profile: EngineProfile & { readonly network: string },
  container: InferenceContainer,
): string[] {
  const { address, port } = container.publish;
  return [
    'run',
    '--detach',
    '--pull=never',
    // The node restarts it itself, with backoff and a report.
    '--restart=no',
    `--network=${profile.network}`,
    `--publish=${bracketed(address)}:${port}:${ollamaImage.port}`,
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    '--no-healthcheck',
    '--http-proxy=false',
    '--log-driver=k8s-file',
    '--log-opt=max-size=1mb',
    ...(profile.privateCgroups ? ['--cgroupns=private'] : []),
    ...(profile.init ? ['--init'] : []),
    ...profile.ulimits.map((limit) => `--ulimit=${limit}`),
    ...gpuArguments[container.gpu],
    // Without it a user's own right to the card ends at the container.
    ...(container.gpu === 'amd' && profile.rootless && profile.runtime === 'crun'
      ? ['--group-add=keep-groups']
      : []),
    `--name=${container.name}`,
    ...labelArguments(container.labels),
    `--volume=${container.volume}:${ollamaImage.modelDir}`,
    ...Object.entries(ollamaImage.env).map(([name, value]) => `--env=${name}=${value}`),
    container.image,
  ];
}
