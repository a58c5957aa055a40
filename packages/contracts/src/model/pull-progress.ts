import type { OllamaPullLine } from './ollama.ts';

/** How far the download of a model is. */
export interface PullProgress {
  readonly completedBytes: number;
  /** Known sizes only: grows while the service finds out what there is to fetch. */
  readonly totalBytes: number;
}

const layersMax = 1000;

/** Adds up what the lines of a download tell of each layer. */
export class PullLayers {
  readonly #layers = new Map<string, PullProgress>();

  /** The sum after this line; undefined when it says nothing new. */
  note(line: OllamaPullLine): PullProgress | undefined {
    const { digest, total = 0, completed = 0 } = line;
    const sane = Number.isSafeInteger(total) && total > 0 && Number.isSafeInteger(completed);
    if (digest === undefined || !sane) return undefined;
    if (!this.#layers.has(digest) && this.#layers.size >= layersMax) return undefined;
    this.#layers.set(digest, {
      completedBytes: Math.min(Math.max(completed, 0), total),
      totalBytes: total,
    });
    let [completedBytes, totalBytes] = [0, 0];
    for (const layer of this.#layers.values()) {
      completedBytes += layer.completedBytes;
      totalBytes += layer.totalBytes;
    }
    return Number.isSafeInteger(totalBytes) ? { completedBytes, totalBytes } : undefined;
  }
}
