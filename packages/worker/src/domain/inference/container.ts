import { normaliseImageRef } from '@cynodeai/contracts/common';
import type { InferenceBackend } from '@cynodeai/contracts/control-plane';
import type { GpuDevice } from '../capability/host-facts.ts';
import type { OllamaSettings } from '../node/settings.ts';
import { nodeSlugLabel } from '../sandbox/naming.ts';

/** Kind of graphics cards a container gets, all of them or none. */
export type GpuAccess = 'none' | 'nvidia' | 'amd';

/**
 * The node's own inference container, the same for every engine.
 * See docs/reference/sandbox.md#names-and-labels and
 * docs/reference/inference.md#model-service-of-a-node.
 */
export interface InferenceContainer {
  readonly name: string;
  /** Normalised reference. */
  readonly image: string;
  /** Named volume for models; outlives the container. */
  readonly volume: string;
  /** Where it is published on the host, and nowhere else. */
  readonly publish: { readonly address: string; readonly port: number };
  readonly gpu: GpuAccess;
  readonly labels: Readonly<Record<string, string>>;
}

/** Port, folder and variables as the image of the service has them. */
export const ollamaImage = {
  port: 11_434,
  modelDir: '/root/.ollama',
  /** Its maker's cloud stays out: what a job asks must not leave the machine. */
  env: { OLLAMA_HOST: '0.0.0.0:11434', OLLAMA_NO_CLOUD: '1' },
  default: 'docker.io/ollama/ollama',
} as const;

const kindLabel = 'io.cynodeai.kind';

/** Selects inference containers among those of a node. */
export const inferenceKind = { label: kindLabel, value: 'inference' } as const;

/** Label with the fingerprint of what a container was made from. */
export const fingerprintLabel = 'io.cynodeai.inference';

type Variant = 'cpu' | 'cuda' | 'rocm';

/** Only one build has a tag of its own. */
const variantImages: Readonly<Partial<Record<Variant, string>>> = {
  rocm: `${ollamaImage.default}:rocm`,
};

const gpuOf: Readonly<Record<Variant, GpuAccess>> = { cpu: 'none', cuda: 'nvidia', rocm: 'amd' };

/**
 * The ordered variant, else the one that fits the cards, AMD first as the orchestrator chooses.
 * See docs/reference/inference.md#who-must-start-a-container.
 */
function variantOf(
  order: InferenceBackend,
  allowGpu: boolean,
  gpus: readonly GpuDevice[],
): Variant {
  if (!allowGpu) return 'cpu';
  if (order.variant !== undefined) return order.variant;
  if (gpus.some((gpu) => gpu.vendor === 'AMD')) return 'rocm';
  return gpus.some((gpu) => gpu.vendor === 'NVIDIA') ? 'cuda' : 'cpu';
}

/** Two containers with the same fingerprint serve the same way. */
function fingerprintOf(container: Omit<InferenceContainer, 'labels'>): string {
  const { image, publish, gpu, volume } = container;
  return [image, publish.address, publish.port, gpu, volume].join(' ');
}

/** What a container was made from, as `find` gives it. */
export function fingerprint(container: InferenceContainer): string {
  return container.labels[fingerprintLabel] ?? '';
}

/** Host port of a container by its fingerprint; undefined when it says none. */
export function publishedPort(text: string): number | undefined {
  const port = Number(text.split(' ')[2]);
  return Number.isSafeInteger(port) ? port : undefined;
}

/**
 * Labels of everything that belongs to a node's inference container.
 * See docs/reference/sandbox.md#names-and-labels.
 */
export function inferenceLabels(nodeSlug: string): Readonly<Record<string, string>> {
  return { [nodeSlugLabel]: nodeSlug, [kindLabel]: inferenceKind.value };
}

/**
 * The container an order asks for: image of the order, else of its variant, else of the node.
 * Undefined when the image is no reference. See docs/reference/nodes.md#configuration and
 * docs/reference/inference.md#model-service-of-a-node.
 */
export function inferenceContainer(input: {
  readonly order: InferenceBackend;
  readonly settings: OllamaSettings;
  readonly nodeSlug: string;
  readonly gpus: readonly GpuDevice[];
}): InferenceContainer | undefined {
  const { order, settings, nodeSlug, gpus } = input;
  const variant = variantOf(order, settings.allowGpu, gpus);
  const image = normaliseImageRef(
    order.image ?? variantImages[variant] ?? settings.image ?? ollamaImage.default,
  );
  if (image === undefined) return undefined;
  const name = settings.containerName;
  const container = {
    name,
    image,
    volume: `${name}-models`,
    publish: { address: settings.bindAddress, port: order.port ?? settings.port },
    gpu: gpuOf[variant],
  };
  const labels = {
    ...inferenceLabels(nodeSlug),
    [fingerprintLabel]: fingerprintOf(container),
  };
  return { ...container, labels };
}
