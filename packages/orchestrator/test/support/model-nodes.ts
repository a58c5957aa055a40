import { modelFactsOf, modelMemoryMb } from '../../src/domain/models/model-facts.ts';
import { type ModelNode, type NodeModel, vramTotalMb } from '../../src/domain/models/model-node.ts';

export const now = new Date('2026-01-01T00:00:00.000Z');

export const model = (status: NodeModel['status'], extra: Partial<NodeModel> = {}): NodeModel => ({
  status,
  attempts: 0,
  retryAt: undefined,
  failedUnder: undefined,
  loadingSince: undefined,
  error: undefined,
  ...extra,
});
export const paused = model('failed', {
  attempts: 1,
  retryAt: new Date(now.getTime() + 1),
  failedUnder: 'r',
});

export interface Sketch {
  readonly slug: string;
  readonly report?: unknown;
  readonly host?: boolean;
  readonly models?: Readonly<Record<string, NodeModel>>;
  readonly down?: boolean;
}

export const node = ({
  slug,
  report = {},
  host = false,
  models = {},
  down = false,
}: Sketch): ModelNode => ({
  nodeId: `id-${slug}`,
  slug,
  isOrchestratorHost: host,
  vramTotalMb: vramTotalMb(report),
  reportKey: 'r',
  models: new Map(Object.entries(models)),
  facts: modelFactsOf(report),
  memoryMb: modelMemoryMb(report, vramTotalMb(report)),
  isDown: down,
});

export const gib = 1024 ** 3;
/** A report of a machine with that much memory, and of models with their sizes and what they can do. */
export const telling = (
  ramMb: number,
  models: Readonly<Record<string, readonly [bytes: number | undefined, ...can: string[]]>>,
  extra: object = {},
) => ({
  compute: { ram_mb: ramMb },
  inference: {
    ...extra,
    models: Object.entries(models).map(([ref, [bytes, ...can]]) => ({
      model_ref: ref,
      status: 'available',
      ...(bytes !== undefined && { size_bytes: bytes }),
      ...(can.length > 0 && { capabilities: can }),
    })),
  },
});
export const allThere = (...refs: string[]) =>
  Object.fromEntries(refs.map((ref) => [ref, model('available')]));
export const gpus = (...vram: readonly (number | undefined)[]) => ({
  gpu: { present: true, devices: vram.map((mb) => ({ ...(mb !== undefined && { vram_mb: mb }) })) },
});
