import type { NodeFacts } from '../../src/domain/dispatch/node-facts.ts';

/** A node with two free places that may run anything, also a model. */
export const ableNode = (slug: string, change: Partial<NodeFacts> = {}): NodeFacts => ({
  nodeId: `id-${slug}`,
  slug,
  enabled: true,
  status: 'active',
  ackStatus: 'applied',
  connectivityAcked: true,
  hasUrl: true,
  hasToken: true,
  labels: [],
  sandboxSupported: true,
  maxConcurrency: 2,
  inference: { supported: true, disabled: false, answering: true, ordered: false },
  running: 0,
  ...change,
});
