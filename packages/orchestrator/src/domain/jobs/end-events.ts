import { limits } from '@cynodeai/contracts/common';
import { splitUtf8 } from '@cynodeai/runtime/std';

/** A `job.log` piece of a stream. See docs/reference/tasks-and-jobs.md#events. */
export interface LogPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** The same pieces with at most 16 KiB each, whole code points. */
export function splitPieces(pieces: readonly LogPiece[]): LogPiece[] {
  return pieces.flatMap(({ stream, text }) =>
    splitUtf8(text, limits.eventTextBytes).map((part) => ({ stream, text: part })),
  );
}

/** Both streams of an ended job in pieces of at most 16 KiB, whole code points, in order per stream. */
export function logPieces(streams: {
  readonly stdout: string;
  readonly stderr: string;
}): LogPiece[] {
  return splitPieces(
    (['stdout', 'stderr'] as const).map((stream) => ({ stream, text: streams[stream] })),
  );
}
