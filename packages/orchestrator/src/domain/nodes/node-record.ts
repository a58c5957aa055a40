import type { Transport } from '@cynodeai/contracts/common';
import type { Node } from '@cynodeai/contracts/gateway';
import type { NodeStatus } from './node.ts';

/** What of a node's last report is shown; whatever is not of the expected type counts as not said. */
export interface ReportedFacts {
  readonly os: string | undefined;
  readonly arch: string | undefined;
  readonly cpuCores: number | undefined;
  readonly ramMb: number | undefined;
  readonly runtime: string | undefined;
  readonly gpu: boolean;
  readonly inference: boolean;
  readonly models: number;
  readonly name: string | undefined;
  readonly transport: Transport | undefined;
}

/** A node as people see it. */
export interface NodeRecord {
  readonly id: string;
  readonly slug: string;
  readonly status: NodeStatus;
  readonly enabled: boolean;
  readonly lastSeenAt: Date | undefined;
  readonly createdAt: Date;
  readonly hasKey: boolean;
  readonly isSettled: boolean;
  readonly allowedUntil: Date | undefined;
  readonly refusedAt: Date | undefined;
  readonly refusedFrom: string | undefined;
  readonly reported: ReportedFacts;
}

function summaryOf({ os, arch, cpuCores, ramMb, runtime, ...facts }: ReportedFacts): string {
  const parts = [
    [os, arch].filter((part) => part !== undefined).join('/'),
    cpuCores === undefined ? '' : `${cpuCores} cores`,
    ramMb === undefined ? '' : `${ramMb} MiB`,
    runtime ?? '',
    facts.gpu ? 'gpu' : '',
    facts.inference ? 'inference' : '',
    facts.models > 0 ? `${facts.models} models` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function identityOf({ hasKey, isSettled }: NodeRecord): Node['identity'] {
  if (hasKey) return 'key';
  return isSettled ? 'none' : 'unsettled';
}

/** What only those see who may let another identity in. */
function guardedParts(
  { allowedUntil, refusedAt, refusedFrom }: NodeRecord,
  now: Date,
): Pick<Node, 'reregistration_allowed_until' | 'refused_registration'> {
  const isAllowed = allowedUntil !== undefined && now < allowedUntil;
  return {
    ...(isAllowed && { reregistration_allowed_until: allowedUntil.toISOString() }),
    ...(refusedAt && {
      refused_registration: {
        at: refusedAt.toISOString(),
        ...(refusedFrom !== undefined && { address: refusedFrom }),
      },
    }),
  };
}

/**
 * A node on the wire. See docs/reference/nodes.md#identity.
 * @param options.guarded the caller may let another identity in
 */
export function nodeView(
  node: NodeRecord,
  { guarded, now }: { readonly guarded: boolean; readonly now: Date },
): Node {
  const { name, transport } = node.reported;
  return {
    node_id: node.id,
    node_slug: node.slug,
    status: node.status,
    enabled: node.enabled,
    ...(node.lastSeenAt && { last_heartbeat: node.lastSeenAt.toISOString() }),
    capability_summary: summaryOf(node.reported),
    registered_at: node.createdAt.toISOString(),
    identity: identityOf(node),
    reported: {
      ...(name !== undefined && { name }),
      ...(transport !== undefined && { orchestrator_transport: transport }),
    },
    ...(guarded && guardedParts(node, now)),
  };
}
