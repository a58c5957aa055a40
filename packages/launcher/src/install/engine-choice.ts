import { containerEngines } from '@cynodeai/contracts/common';
import type { Env } from '@cynodeai/runtime/config';
import { z } from 'zod';
import { LauncherError } from '../base/launcher-error.ts';

/** The container engine an install uses; remembered, so that whoever stops it asks the same one. */
export const engineChoiceSchema = z.object({
  runtime: z.enum(containerEngines),
  /** `DOCKER_HOST` of the last start that had one. */
  dockerHost: z.string().min(1).optional(),
});

export type EngineChoice = z.infer<typeof engineChoiceSchema>;

/** Before anybody chose. */
export const unchosenEngine: EngineChoice = { runtime: 'podman' };

/** What the environment demands, else what is remembered. @throws LauncherError `usage`. */
export function demandedEngine(env: Env, remembered: EngineChoice): EngineChoice {
  const text = env['CONTAINER_RUNTIME'] || remembered.runtime;
  const runtime = containerEngines.find((name) => name === text);
  if (runtime === undefined) {
    throw new LauncherError(
      'usage',
      `CONTAINER_RUNTIME must be ${containerEngines.join(' or ')}, not ${JSON.stringify(text)}`,
    );
  }
  if (runtime === 'podman') return { runtime };
  const dockerHost = env['DOCKER_HOST'] || remembered.dockerHost;
  return { runtime, ...(dockerHost !== undefined && { dockerHost }) };
}
