import type { ProblemKind } from './problem-kinds.ts';

/** How a body can be wrong. */
export const bodyErrors = [
  'validation',
  'payload_too_large',
  'unsupported_media_type',
] as const satisfies readonly ProblemKind[];

/** How a JSON body that names the version of its payload can be wrong. */
export const versionedBodyErrors = [...bodyErrors, 'unsupported_payload_version'] as const;
