import { limits } from '@cynodeai/contracts/common';
import { splitUtf8 } from '@cynodeai/runtime/std';

/** A `job.log` piece of a stream. See docs/reference/tasks-and-jobs.md#events. */
export interface LogPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Both streams of an ended job in pieces of at most 16 KiB, whole code points, in order per stream. */
export function logPieces(streams: {
  readonly stdout: string;
  readonly stderr: string;
}): LogPiece[] {
  return (['stdout', 'stderr'] as const).flatMap((stream) =>
    splitUtf8(streams[stream], limits.eventTextBytes).map((text) => ({ stream, text })),
  );
}
