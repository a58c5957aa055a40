/**
 * Finds any of several byte strings in a stream, in time linear in the stream whatever they are (Aho and Corasick).
 * Positions are those of the stream.
 */
export class PatternFinder {
  readonly #skips: (byte: number) => boolean;
  readonly #bytes: Uint8Array;
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  readonly #depth: Int32Array;
  /** Length of the longest pattern that ends in a state, 0 for none. */
  readonly #longest: Int32Array;
  readonly #first = new Int32Array(256);
  readonly #most: number;
  #nodes = 1;

  /** @param skips bytes that may stand between those of a pattern */
  constructor(patterns: readonly Uint8Array[], skips: (byte: number) => boolean = () => false) {
    const size = 1 + patterns.reduce((sum, { length }) => sum + length, 0);
    this.#skips = skips;
    this.#bytes = new Uint8Array(size);
    this.#child = new Int32Array(size);
    this.#sibling = new Int32Array(size);
    this.#fail = new Int32Array(size);
    this.#depth = new Int32Array(size);
    this.#longest = new Int32Array(size);
    for (const pattern of patterns) this.#add(pattern);
    this.#link();
    this.#most = patterns.reduce((most, { length }) => Math.max(most, length), 0);
  }

  /** A search from the beginning of a stream. */
  start(): Search {
    return new Search(this, this.#most);
  }

  /** @internal The state after a byte, and whether the byte counts. */
  next(state: number, byte: number): number {
    let at = state;
    for (;;) {
      const found = at === 0 ? (this.#first[byte] ?? 0) : this.#childOf(at, byte);
      if (found !== 0 || at === 0) return found;
      at = this.#fail[at] ?? 0;
    }
  }

  /** @internal */
  skips(byte: number): boolean {
    return this.#skips(byte);
  }

  /** @internal */
  depthOf(state: number): number {
    return this.#depth[state] ?? 0;
  }

  /** @internal */
  longestAt(state: number): number {
    return this.#longest[state] ?? 0;
  }

  #childOf(state: number, byte: number): number {
    let child = this.#child[state] ?? 0;
    while (child !== 0 && this.#bytes[child] !== byte) child = this.#sibling[child] ?? 0;
    return child;
  }

  #add(pattern: Uint8Array): void {
    let state = 0;
    for (const byte of pattern) {
      const known = state === 0 ? (this.#first[byte] ?? 0) : this.#childOf(state, byte);
      state = known === 0 ? this.#grow(state, byte) : known;
    }
    this.#longest[state] = this.#depth[state] ?? 0;
  }

  #grow(state: number, byte: number): number {
    const node = this.#nodes;
    this.#nodes += 1;
    this.#bytes[node] = byte;
    this.#depth[node] = (this.#depth[state] ?? 0) + 1;
    this.#sibling[node] = this.#child[state] ?? 0;
    this.#child[state] = node;
    if (state === 0) this.#first[byte] = node;
    return node;
  }

  /** Breadth first: what a state falls back to is linked before it. */
  #link(): void {
    const queue: number[] = [];
    for (let child = this.#child[0] ?? 0; child !== 0; child = this.#sibling[child] ?? 0) {
      queue.push(child);
    }
    for (let index = 0; index < queue.length; index += 1) {
      const state = queue[index] ?? 0;
      const fallback = this.#fail[state] ?? 0;
      // A shorter one may end here where no longer one does.
      if (this.#longest[state] === 0) this.#longest[state] = this.#longest[fallback] ?? 0;
      for (let child = this.#child[state] ?? 0; child !== 0; child = this.#sibling[child] ?? 0) {
        this.#fail[child] = this.next(fallback, this.#bytes[child] ?? 0);
        queue.push(child);
      }
    }
  }
}

/** A place in a stream: from the first byte on, up to and without the second. */
export type Span = readonly [from: number, to: number];

/** One search in one stream. */
export class Search {
  readonly #finder: PatternFinder;
  /** Where in the stream the last bytes that count stood, as a ring. */
  readonly #places: Float64Array;
  #counted = 0;
  #state = 0;

  constructor(finder: PatternFinder, longest: number) {
    this.#finder = finder;
    this.#places = new Float64Array(Math.max(1, longest));
  }

  /** Takes the byte at a position of the stream; the place of a pattern that ends with it. */
  take(byte: number, position: number): Span | undefined {
    const finder = this.#finder;
    if (this.#state !== 0 && finder.skips(byte)) return undefined;
    const state = finder.next(this.#state, byte);
    this.#state = state;
    if (state === 0) return undefined;
    this.#places[this.#counted % this.#places.length] = position;
    this.#counted += 1;
    const length = finder.longestAt(state);
    return length === 0 ? undefined : [this.#placeOf(length), position + 1];
  }

  /** How many bytes of a pattern may have begun. */
  get depth(): number {
    return this.#finder.depthOf(this.#state);
  }

  /** Where the pattern began that may be under way; undefined when there is none. */
  get begun(): number | undefined {
    const { depth } = this;
    return depth === 0 ? undefined : this.#placeOf(depth);
  }

  /** The place of the byte that stands `back` counted bytes before what comes next. */
  #placeOf(back: number): number {
    return this.#places[(this.#counted - back) % this.#places.length] ?? 0;
  }
}
