import { z } from 'zod';
import { fingerprintLabel } from '../../../domain/inference/container.ts';
import type { FoundContainer } from '../../../ports/inference.ts';

/** Time in ms for images with a model service and its libraries for graphics cards, which are some GiB. */
export const inferencePullLimitMs = 3_600_000;

const lastWordsChars = 300;

const listSchema = z.array(
  z.object({
    Names: z.array(z.string()),
    State: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

/** Inference containers in an engine's list of containers, which both engines write alike. @throws when it is none */
export function foundContainers(list: unknown): readonly FoundContainer[] {
  return listSchema.parse(list).map((entry) => ({
    name: (entry.Names[0] ?? '').replace(/^\//, ''),
    running: entry.State === 'running',
    fingerprint: entry.Labels?.[fingerprintLabel] ?? '',
  }));
}

/** The last line of a container's log that says something; empty when there is none. */
export function lastWordsOf(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '').slice(0, lastWordsChars);
}
