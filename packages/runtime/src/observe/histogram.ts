import type { Sample } from './metrics.ts';

/** Counts how often something took how long, by upper bounds. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds rising; what is above the last one is counted too */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    const index = this.#bounds.findIndex((bound) => value <= bound);
    const place = index === -1 ? this.#bounds.length : index;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sum += value;
  }

  /** Its lines, each bucket with everything that is below it. */
  samples(labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
    let count = 0;
    const buckets = this.#counts.map((each, index): Sample => {
      count += each;
      const le = index < this.#bounds.length ? String(this.#bounds[index]) : '+Inf';
      return { suffix: '_bucket', labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { suffix: '_sum', labels, value: this.#sum },
      { suffix: '_count', labels, value: count },
    ];
  }
}
