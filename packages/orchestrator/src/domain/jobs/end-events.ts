import { type BinaryStreams, limits, type StreamTails } from '@cynodeai/contracts/common';
import { splitUtf8 } from '@cynodeai/runtime/std';

/** A `job.log` piece of a stream. See docs/reference/tasks-and-jobs.md#events. */
export interface LogPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** So many bytes are left out before it. */
  readonly omitted_bytes?: number | undefined;
  /** The stream is no text. */
  readonly binary?: boolean | undefined;
  /** When the first of it was written, RFC 3339. */
  readonly at?: string | undefined;
}

/** The same pieces with at most 16 KiB each, whole code points. */
export function splitPieces(pieces: readonly LogPiece[]): LogPiece[] {
  return pieces.flatMap(({ stream, text, omitted_bytes, binary, at }) => {
    const first = {
      ...(omitted_bytes !== undefined && { omitted_bytes }),
      ...(at !== undefined && { at }),
    };
    return splitUtf8(text, limits.eventTextBytes).map((part, index) => ({
      stream,
      text: part,
      ...(binary === true && { binary }),
      ...(index === 0 && first),
    }));
  });
}

const streamNames = ['stdout', 'stderr'] as const;

/**
 * Both streams of an ended job, and the ends of those that were cut, in pieces of at most 16 KiB, whole code points, in
 * order per stream.
 */
export function logPieces(result: {
  readonly stdout: string;
  readonly stderr: string;
  readonly tail?: StreamTails | undefined;
  readonly binary?: BinaryStreams | undefined;
}): LogPiece[] {
  const binary = (stream: LogPiece['stream']) => result.binary?.[stream] !== undefined;
  const tails = streamNames.flatMap((stream) => {
    const tail = result.tail?.[stream];
    return tail === undefined ? [] : [{ stream, ...tail, binary: binary(stream) }];
  });
  return splitPieces([
    ...streamNames.map((stream) => ({ stream, text: result[stream], binary: binary(stream) })),
    ...tails,
  ]);
}
