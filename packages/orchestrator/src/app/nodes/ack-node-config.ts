import type { NodeConfigAck } from '@cynodeai/contracts/control-plane';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, truncateUtf8 } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { checkPayload } from '../../domain/nodes/check-payload.ts';
import { decideAck } from '../../domain/nodes/config-ack.ts';
import type { NodeRegistry, NodeTransaction, StoredNode } from '../../ports/node-registry.ts';
import type { NodeActor } from '../../domain/identity/actor.ts';

export interface AckNodeConfigDeps {
  readonly registry: NodeRegistry;
  readonly clock: Clock;
  readonly log: Log;
}

/** A node words its error type freely; a log line takes only so much of it, in bytes. */
const loggedTypeBytes = 200;

async function record(
  tx: NodeTransaction,
  node: StoredNode,
  ack: NodeConfigAck,
  deps: AckNodeConfigDeps,
): Promise<void> {
  const issued = await tx.findVersion(node.id, ack.config_version);
  const decision = decideAck(ack, {
    status: node.status,
    lastAckedVersion: node.ackedVersion,
    versionIssued: issued !== undefined,
    carriedConnectivity: issued?.connectivityHash !== undefined,
  });
  if (decision.kind === 'unknown_version') {
    throw new OrchestratorError(
      'config_version_unknown',
      'this configuration version was never issued to this node; fetch the configuration again',
    );
  }
  if (decision.kind === 'ignored') return;
  await tx.saveAck(node.id, { ...decision, version: ack.config_version, at: deps.clock.now() });
  deps.log.info('a node acknowledged its configuration', {
    node_slug: node.slug,
    config_version: ack.config_version,
    status: decision.ackStatus,
    node_status: decision.nodeStatus,
    ...(ack.error && { error_type: truncateUtf8(ack.error.type, loggedTypeBytes).text }),
  });
}

/**
 * Takes in a node's word on a configuration. Repeats are harmless, older ones are ignored.
 * See docs/reference/nodes.md#acknowledgement.
 * @throws OrchestratorError `node_slug_mismatch`, `node_unknown`, `input_invalid`,
 * `config_version_unknown`.
 */
export async function ackNodeConfig(
  caller: NodeActor,
  ack: NodeConfigAck,
  deps: AckNodeConfigDeps,
): Promise<void> {
  if (ack.node_slug !== caller.slug) {
    throw new OrchestratorError('node_slug_mismatch', 'must be the slug of the calling node', {
      field: 'node_slug',
    });
  }
  checkPayload(ack);
  await deps.registry.transaction(async (tx) => {
    const node = await tx.lock(caller.nodeId);
    if (node === undefined) throw new OrchestratorError('node_unknown', 'register this node first');
    await record(tx, node, ack, deps);
  });
}
