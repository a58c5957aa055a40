import type { Args } from '@cynodeai/command-line/definition';

/** Every command on one node takes its uuid or slug. */
export const nodeArgs = { node: 'uuid or slug of the node' } as const satisfies Args;
