import type { Selectable } from 'kysely';
import type { StoredNode } from '../../../ports/node-registry.ts';
import type { NodesTable } from '../tables/nodes.ts';

/** Columns a `StoredNode` is made from. */
export const storedNodeColumns = [
  'id',
  'node_slug',
  'status',
  'jwt_epoch',
  'identity_key',
  'identity_settled_at',
  'reregistration_expires_at',
  'config_version',
  'config_desired_version',
  'config_desired_hash',
  'worker_api_target_url',
  'worker_api_bearer_token',
  'capability_hash',
  'metadata',
] as const;

type Row = Pick<Selectable<NodesTable>, (typeof storedNodeColumns)[number]>;

function textOf(metadata: Row['metadata'], key: string): string | undefined {
  const value = metadata?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

/** A row of `nodes` as the use cases see it. */
export function storedNode(row: Row): StoredNode {
  const appliedVersion = row.config_version ?? undefined;
  return {
    id: row.id,
    slug: row.node_slug,
    status: row.status,
    jwtEpoch: row.jwt_epoch,
    identity: {
      publicKey: row.identity_key ?? undefined,
      isSettled: row.identity_settled_at !== null,
      allowedUntil: row.reregistration_expires_at ?? undefined,
    },
    appliedVersion,
    ackedVersion: later(appliedVersion, textOf(row.metadata, 'config_ack_version')),
    desiredVersion: row.config_desired_version ?? undefined,
    desiredHash: row.config_desired_hash ?? undefined,
    workerUrl: row.worker_api_target_url ?? undefined,
    workerUrlOverride: textOf(row.metadata, 'worker_api_target_url_override'),
    sealedToken: row.worker_api_bearer_token ?? undefined,
    capabilityHash: row.capability_hash ?? undefined,
  };
}
