import {
  type BinaryStreams,
  type StreamTails,
  binaryStreamsSchema,
  streamTailsSchema,
} from '@cynodeai/contracts/common';
import type { JobResult } from '@cynodeai/contracts/gateway';
import { at } from '@cynodeai/runtime/std';

/** The ends of the streams of a job that were cut; undefined where all of them is kept. */
export function tailsOf(result: JobResult): StreamTails | undefined {
  const parsed = streamTailsSchema.safeParse(at(result, 'tail'));
  return parsed.success ? parsed.data : undefined;
}

/** The bytes of those that are no text; undefined where both are. */
export function binaryOf(result: JobResult): BinaryStreams | undefined {
  const parsed = binaryStreamsSchema.safeParse(at(result, 'binary'));
  return parsed.success ? parsed.data : undefined;
}
