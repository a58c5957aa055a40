import type { RunJobResult } from '@cynodeai/contracts/common';
import type { MaskedStream, Masker } from '../../domain/output/masker.ts';
import type { OutputSink, SandboxSinks } from '../../ports/sandbox-engine.ts';

/** Where a secret was found. */
export type MaskedPlace = NonNullable<RunJobResult['masked']>[number];

/** Sinks before others, which get what is written without the secrets of the job. */
export interface MaskedSinks {
  readonly sinks: SandboxSinks;
  /** Hands on what was held back; nothing is written any more. Gives the streams that had a secret. */
  readonly finish: () => readonly MaskedPlace[];
}

const streams = ['stdout', 'stderr'] as const;

/** Behind a gap as much is left out as the end of a secret may be long, and said to be missing too. */
function maskedSink(stream: MaskedStream, sink: OutputSink, longestBytes: number): OutputSink {
  let unsure = 0;
  return {
    write: (chunk, at) => {
      const left = Math.min(unsure, chunk.length);
      if (left > 0) sink.omit?.(left);
      unsure -= left;
      const passed = stream.write(chunk.subarray(left));
      if (passed.length > 0) sink.write(passed, at);
    },
    omit: (bytes) => {
      const passed = stream.gap();
      if (passed.length > 0) sink.write(passed);
      sink.omit?.(bytes);
      unsure = longestBytes;
    },
  };
}

/** Puts a masker before sinks, also before those of who listens meanwhile. */
export function maskSinks(masker: Masker, { heard, ...kept }: SandboxSinks): MaskedSinks {
  const ends: { place: MaskedPlace; stream: MaskedStream; sink: OutputSink }[] = [];
  const before = (sinks: Record<(typeof streams)[number], OutputSink>) => {
    const [stdout, stderr] = streams.map((place) => {
      const stream = masker.stream();
      ends.push({ place, stream, sink: sinks[place] });
      return maskedSink(stream, sinks[place], masker.longestBytes);
    });
    return { stdout: stdout ?? sinks.stdout, stderr: stderr ?? sinks.stderr };
  };
  const sinks: SandboxSinks = { ...before(kept), ...(heard && { heard: before(heard) }) };
  return {
    sinks,
    finish: () => {
      for (const { stream, sink } of ends) {
        const rest = stream.finish();
        if (rest.length > 0) sink.write(rest);
      }
      return streams.filter((place) => ends.some((end) => end.place === place && end.stream.found));
    },
  };
}
