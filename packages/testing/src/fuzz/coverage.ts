import type { FuzzCase } from './fuzz-case.ts';

/** Judged cases by route, field and mutation class. */
export type CoverageTable = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>
>;

function keyOf({
  route,
  field,
  mutation,
}: Omit<FuzzCase, 'id'>): readonly [string, string, string] {
  return [route?.operation ?? 'connection', field, mutation];
}

/** Counts what was judged, and knows what was planned and not reached. */
export class Coverage {
  readonly #counts = new Map<string, number>();
  #judged = 0;

  /** Cases judged so far. */
  get judged(): number {
    return this.#judged;
  }

  count(one: FuzzCase): void {
    const key = keyOf(one).join('\t');
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#judged += 1;
  }

  /** What of the plan was never judged, as `route field mutation`. */
  missing(planned: readonly Omit<FuzzCase, 'id'>[]): readonly string[] {
    const keys = new Set(planned.map((one) => keyOf(one).join('\t')));
    return [...keys].filter((key) => !this.#counts.has(key));
  }

  /** In the order of the first judgement. */
  table(): CoverageTable {
    const table: Record<string, Record<string, Record<string, number>>> = {};
    for (const [key, count] of this.#counts) {
      const [operation = '', field = '', mutation = ''] = key.split('\t');
      const fields = (table[operation] ??= {});
      (fields[field] ??= {})[mutation] = count;
    }
    return table;
  }
}
