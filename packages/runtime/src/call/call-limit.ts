/**
 * Ends a call that takes too long, or one that stands still. See docs/reference/cli.md#requests.
 */
export interface CallLimit extends Disposable {
  readonly signal: AbortSignal;
  /** Bytes went over the wire, or the next ones are waited for. */
  readonly progress: () => void;
  /** Our side is at work with what came; the peer's silence does not count until the next `progress`. */
  readonly rest: () => void;
}

/** How long a call may take, ms: the whole of it, or without a byte sent or received. */
export type TimeLimit = { readonly timeoutMs: number } | { readonly stallMs: number };

/** One deadline for the whole call, ms. */
export function deadline(ms: number): CallLimit {
  return {
    signal: AbortSignal.timeout(ms),
    progress: () => {},
    rest: () => {},
    [Symbol.dispose]: () => {},
  };
}

/** A limit that starts anew whenever bytes go over the wire, ms. */
export function stallLimit(ms: number): CallLimit {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), ms);
  const rest = (): void => clearTimeout(timer);
  return {
    signal: stop.signal,
    progress: () => {
      rest();
      timer = setTimeout(() => stop.abort(), ms);
    },
    rest,
    [Symbol.dispose]: rest,
  };
}

/** The limit that is told. */
export function limitOf(limit: TimeLimit): CallLimit {
  return 'stallMs' in limit ? stallLimit(limit.stallMs) : deadline(limit.timeoutMs);
}

/** How much of a body goes out between two looks at its progress. */
export const pieceBytes = 64 * 1024;

/** The bytes in pieces; each one asked for is progress. */
export async function* piecesOf(bytes: Buffer, limit: CallLimit): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    limit.progress();
    yield bytes.subarray(at, at + pieceBytes);
  }
}
