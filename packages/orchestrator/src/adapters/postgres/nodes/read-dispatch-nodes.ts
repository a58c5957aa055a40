import { sql } from 'kysely';
import { capabilityFacts } from '../../../domain/dispatch/node-facts.ts';
import type { ConfigAckStatus, NodeStatus } from '../../../domain/nodes/node.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { DispatchNode } from '../../../ports/nodes.ts';
import type { Executor } from '../database.ts';
import { nodeCertificate } from './read-connection.ts';
import { staleBefore } from '../settings/stale-before.ts';

interface Row {
  readonly id: string;
  readonly node_slug: string;
  readonly enabled: boolean;
  readonly status: NodeStatus;
  readonly config_ack_status: ConfigAckStatus | null;
  readonly worker_api_target_url: string | null;
  readonly worker_api_bearer_token: string | null;
  readonly connectivity_acked: boolean;
  readonly inference_ordered: boolean | null;
  readonly labels: unknown;
  readonly sandbox: unknown;
  readonly inference: unknown;
  readonly certificate: string | null;
  readonly running: number;
}

/** For readers that call no node: a stored token counts as usable. */
export const unopenedTokens: Pick<NodeTokenVault, 'open'> = { open: (_nodeId, sealed) => sealed };

function dispatchNode(
  row: Row,
  vault: Pick<NodeTokenVault, 'open'>,
  extraRunning: ReadonlyMap<string, number>,
): DispatchNode {
  const sealed = row.worker_api_bearer_token;
  const token = sealed === null ? undefined : vault.open(row.id, sealed);
  const url = row.worker_api_target_url ?? undefined;
  return {
    facts: {
      nodeId: row.id,
      slug: row.node_slug,
      enabled: row.enabled,
      status: row.status,
      ackStatus: row.config_ack_status ?? undefined,
      connectivityAcked: row.connectivity_acked,
      hasUrl: url !== undefined,
      hasToken: token !== undefined,
      ...capabilityFacts(row, row.inference_ordered === true),
      running: row.running + (extraRunning.get(row.id) ?? 0),
    },
    connection:
      url === undefined || token === undefined
        ? undefined
        : {
            nodeId: row.id,
            slug: row.node_slug,
            url,
            token,
            certificate: row.certificate ?? undefined,
          },
  };
}

/**
 * Every node with its load; a job that waits for its retry keeps its slot, since the node may still
 * run it. A node that is silent for too long counts as inactive, whether the reaper has come by or
 * not. Eligibility reads the acknowledged configuration: a newer desired one counts only where it
 * changes URL or token. See docs/reference/leases.md#which-nodes-may-run-a-job.
 */
export async function readDispatchNodes(
  db: Executor,
  vault: Pick<NodeTokenVault, 'open'>,
  extraRunning: ReadonlyMap<string, number> = new Map(),
): Promise<DispatchNode[]> {
  const { rows } = await sql<Row>`
    SELECT n.id, n.node_slug, n.enabled,
      CASE WHEN n.status = 'active' AND n.last_seen_at < ${staleBefore}
        THEN 'inactive' ELSE n.status END AS status,
      n.config_ack_status, n.worker_api_target_url,
      n.worker_api_bearer_token,
      (acked.connectivity_hash IS NOT NULL
        AND acked.connectivity_hash = desired.connectivity_hash) IS TRUE AS connectivity_acked,
      acked.inference_enabled AS inference_ordered,
      c.capability_snapshot -> 'node' -> 'labels' AS labels,
      c.capability_snapshot -> 'sandbox' AS sandbox,
      c.capability_snapshot -> 'inference' AS inference,
      ${nodeCertificate} AS certificate,
      (SELECT count(*) FROM jobs j WHERE j.node_id = n.id AND j.status = 'running')
        + coalesce(retries.count, 0) AS running
    FROM nodes n
    LEFT JOIN (
      SELECT node_id, count(*) FROM jobs
      WHERE status = 'queued' AND lease_expires_at IS NOT NULL AND node_id IS NOT NULL
      GROUP BY node_id) AS retries ON retries.node_id = n.id
    LEFT JOIN node_capabilities c ON c.node_id = n.id
    LEFT JOIN node_config_versions acked
      ON acked.node_id = n.id AND acked.config_version = n.config_version
    LEFT JOIN node_config_versions desired
      ON desired.node_id = n.id AND desired.config_version = n.config_desired_version
    ORDER BY n.node_slug
  `.execute(db);
  return rows.map((row) => dispatchNode(row, vault, extraRunning));
}
