import { PatternFinder, type Search, type Span } from './pattern-finder.ts';
import { type SecretPattern, patternsOf } from './secret-patterns.ts';

/** What stands in the place of a secret. */
const mask = new TextEncoder().encode('***');

/**
 * Of an encoding that may be broken into lines, so many bytes at the end of what was written are taken for the
 * beginning of a secret: fewer are passed on, or half of all lines would be held back.
 */
const leastHeld = 4;

const skips: Readonly<Record<SecretPattern['between'], (byte: number) => boolean>> = {
  nothing: () => false,
  line_ends: (byte) => byte === 10 || byte === 13,
  // Spaces, tabs, line ends and colons, as programs that print hex put them.
  separators: (byte) => byte === 32 || (byte >= 9 && byte <= 13) || byte === 58,
};

/** Takes secrets out of one stream; pieces come in any size. */
export interface MaskedStream {
  /** What may be passed on of what was written so far. */
  write(chunk: Uint8Array): Uint8Array;
  /** Something is missing here: what a secret may have begun with is masked, and the next bytes may be its end. */
  gap(): Uint8Array;
  /** The rest; the stream is over. */
  finish(): Uint8Array;
  /** Whether anything was taken out. */
  readonly found: boolean;
}

/** A search, and of how many bytes on a pattern is taken to have begun. */
interface Watching {
  readonly search: Search;
  readonly least: number;
}

class Stream implements MaskedStream {
  readonly #restart: () => readonly Watching[];
  #searches: readonly Watching[];
  /** What was written and not yet passed on, and where in the stream it begins. */
  #held = new Uint8Array(0);
  #begin = 0;
  /** Places of secrets that are not passed on yet, in order and apart. */
  #spans: Span[] = [];
  found = false;

  constructor(restart: () => readonly Watching[]) {
    this.#restart = restart;
    this.#searches = restart();
  }

  write(chunk: Uint8Array): Uint8Array {
    const from = this.#begin + this.#held.length;
    for (const { search } of this.#searches) {
      for (let index = 0; index < chunk.length; index += 1) {
        const span = search.take(chunk[index] ?? 0, from + index);
        if (span !== undefined) this.#mark(span);
      }
    }
    const held = new Uint8Array(this.#held.length + chunk.length);
    held.set(this.#held);
    held.set(chunk, this.#held.length);
    this.#held = held;
    let safe = this.#begin + held.length;
    for (const { search, least } of this.#searches) {
      if (search.depth >= least) safe = Math.min(safe, search.begun ?? safe);
    }
    return this.#pass(safe);
  }

  gap(): Uint8Array {
    const end = this.#begin + this.#held.length;
    if (this.#held.length > 0) this.#mark([this.#begin, end]);
    this.#searches = this.#restart();
    return this.#pass(end);
  }

  finish(): Uint8Array {
    return this.#pass(this.#begin + this.#held.length);
  }

  #mark([from, to]: Span): void {
    this.found = true;
    let joined: Span = [Math.max(from, this.#begin), to];
    const apart: Span[] = [];
    for (const span of this.#spans) {
      const isApart = span[1] < joined[0] || span[0] > joined[1];
      if (isApart) apart.push(span);
      else joined = [Math.min(span[0], joined[0]), Math.max(span[1], joined[1])];
    }
    this.#spans = [...apart, joined].toSorted((a, b) => a[0] - b[0]);
  }

  /** What stands before a position, secrets masked; a secret is passed on as a whole. */
  #pass(to: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let at = this.#begin;
    for (const [from, end] of this.#spans) {
      if (from >= to) break;
      parts.push(this.#held.subarray(at - this.#begin, from - this.#begin), mask);
      at = end;
    }
    if (at < to) parts.push(this.#held.subarray(at - this.#begin, to - this.#begin));
    const end = Math.max(at, to);
    this.#spans = this.#spans.filter(([from]) => from >= to);
    this.#held = this.#held.slice(end - this.#begin);
    this.#begin = end;
    return Buffer.concat(parts);
  }
}

/** Takes the secrets of a job out of what it wrote. See docs/reference/sandbox.md#secrets. */
export interface Masker {
  stream(): MaskedStream;
  /** As many bytes behind a gap may be the end of a secret. */
  readonly longestBytes: number;
  /** The same for what is there as a whole; undefined when there is nothing to take out. */
  masked(bytes: Uint8Array): Uint8Array | undefined;
}

/** A masker of these values; undefined when none of them can be masked. */
export function createMasker(values: readonly string[]): Masker | undefined {
  const patterns = values.flatMap(patternsOf);
  if (patterns.length === 0) return undefined;
  const finders = (['nothing', 'line_ends', 'separators'] as const).map((between) => {
    const some = patterns.filter((pattern) => pattern.between === between);
    const finder = new PatternFinder(
      some.map(({ bytes }) => bytes),
      skips[between],
    );
    return { finder, least: between === 'nothing' ? 1 : leastHeld };
  });
  const stream = (): MaskedStream =>
    new Stream(() => finders.map(({ finder, least }) => ({ search: finder.start(), least })));
  return {
    stream,
    longestBytes: Math.max(...patterns.map(({ bytes }) => bytes.length)),
    masked: (bytes) => {
      const one = stream();
      const parts = [one.write(bytes), one.finish()];
      return one.found ? Buffer.concat(parts) : undefined;
    },
  };
}
