import type { Node } from '@cynodeai/contracts/gateway';
import type { Sparse } from '@cynodeai/runtime/call';
import { nodeOf } from '../../gateway/answers.ts';

/** What is shown of a node in a list, in the order of the columns. */
export const nodeColumns = [
  'node_id',
  'status',
  'enabled',
  'last_heartbeat',
  'capability_summary',
  'node_slug',
  'identity',
  'refused_registration_at',
] as const;

export type NodeFields = Readonly<
  Record<(typeof nodeColumns)[number], string | boolean | undefined>
>;

/** A node under the keys of this command line; only these may be printed, for an answer may hold more. */
export function nodeFields(answer: Sparse<Node>): NodeFields {
  const node = nodeOf(answer);
  const { node_id, status, enabled, last_heartbeat, capability_summary, node_slug } = node;
  const refused_registration_at = node.refused_registration?.at;
  return {
    node_id,
    status,
    enabled,
    last_heartbeat,
    capability_summary,
    node_slug,
    identity: node.identity,
    refused_registration_at,
  };
}
