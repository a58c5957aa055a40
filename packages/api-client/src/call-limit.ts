/** Ends a call that takes too long, or one that stands still. Contract 05 section 5. */
export interface CallLimit extends Disposable {
  readonly signal: AbortSignal;
  /** Bytes went over the wire. */
  readonly progress: () => void;
}

/** One deadline for the whole call, ms. */
export function deadline(ms: number): CallLimit {
  return { signal: AbortSignal.timeout(ms), progress: () => {}, [Symbol.dispose]: () => {} };
}

/** A limit that starts anew whenever bytes go over the wire, ms. */
export function stallLimit(ms: number): CallLimit {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ms);
  return {
    signal: stop.signal,
    progress: () => void timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

const pieceBytes = 64 * 1024;

/** The bytes in pieces; each one asked for is progress. */
export async function* piecesOf(bytes: Buffer, limit: CallLimit): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    limit.progress();
    yield bytes.subarray(at, at + pieceBytes);
  }
}
