/** Models to choose from on a node with at least that much video memory, the wanted one first. */
export interface ModelTier {
  readonly minVramMb: number;
  readonly models: readonly string[];
}

/**
 * The smallest model the product supports as Project Manager.
 * See docs/reference/inference.md#project-manager-model.
 */
const smallestModel = 'qwen3.5:0.8b';

/**
 * Tiers by total video memory of the chosen node, greatest first.
 * See docs/reference/inference.md#project-manager-model (REQ-MODELS-0004).
 */
export const defaultTiers: readonly ModelTier[] = [
  {
    minVramMb: 24_000,
    models: ['qwen3.5:35b', 'qwen2.5:32b', 'qwen2.5:14b', 'qwen3.5:9b', smallestModel],
  },
  { minVramMb: 16_000, models: ['qwen3.5:9b', 'qwen2.5:14b', smallestModel] },
  { minVramMb: 8000, models: ['qwen3.5:9b', smallestModel] },
  { minVramMb: 0, models: [smallestModel] },
];

function tierOf(value: unknown): ModelTier | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const minVramMb: unknown = Reflect.get(value, 'min_vram_mb');
  const models: unknown = Reflect.get(value, 'models');
  if (typeof minVramMb !== 'number' || !Number.isSafeInteger(minVramMb) || minVramMb < 0) {
    return undefined;
  }
  const named =
    Array.isArray(models) &&
    models.length > 0 &&
    models.every((model) => typeof model === 'string' && model !== '');
  return named ? { minVramMb, models } : undefined;
}

/**
 * Tiers as an operator writes them, `[{min_vram_mb, models: [name, …]}, …]`; undefined when the value is not that.
 * They may come in any order.
 */
export function parseTiers(value: unknown): readonly ModelTier[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const tiers = value.map(tierOf).filter((tier) => tier !== undefined);
  if (tiers.length !== value.length) return undefined;
  return tiers.toSorted((a, b) => b.minVramMb - a.minVramMb);
}

/** The first tier a node reaches; undefined when the operator's tiers begin above it. */
export function tierFor(tiers: readonly ModelTier[], vramMb: number): ModelTier | undefined {
  return tiers.find((tier) => vramMb >= tier.minVramMb);
}
