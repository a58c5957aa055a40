/**
 * Every condition of readiness, in the order in which a missing one is named.
 * See docs/reference/nodes.md#readiness-of-a-node.
 */
export const readinessConditions = [
  'runtime',
  'mountRoot',
  'registration',
  'config',
  'inference',
] as const;

export type ReadinessCondition = (typeof readinessConditions)[number];

/** What is known about readiness at one moment. */
export interface ReadinessState {
  readonly met: ReadonlySet<ReadinessCondition>;
  readonly shuttingDown: boolean;
}

const words: Readonly<Record<ReadinessCondition, string>> = {
  runtime: 'container runtime',
  mountRoot: 'sandbox mount root',
  registration: 'registration',
  config: 'config',
  inference: 'inference',
};

/**
 * Why the node is not ready in two or three words, or undefined when it is.
 * See docs/reference/nodes.md#readiness-of-a-node.
 */
export function notReadyBecause(state: ReadinessState): string | undefined {
  if (state.shuttingDown) return 'shutting down';
  const missing = readinessConditions.find((condition) => !state.met.has(condition));
  return missing && words[missing];
}
