import { limits } from '@cynodeai/contracts/common';
import type { Node } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import { type UserActor, actsFor } from '../../domain/identity/actor.ts';
import { isAllowed } from '../../domain/identity/role-map.ts';
import { type NodeRecord, nodeView } from '../../domain/nodes/node-record.ts';
import { decodeKeyCursor, encodeKeyCursor } from '../../domain/settings/key-cursor.ts';
import type { Seal } from '../../domain/tasks/page-cursor.ts';
import type { NodeReader } from '../../ports/node-admin.ts';
import type { PageRequest } from '../access/page.ts';
import { requireAction } from '../access/require-action.ts';

export interface ReadNodesDeps {
  readonly nodes: NodeReader;
  readonly seal: Seal;
  readonly clock: Clock;
}

function viewFor(actor: UserActor, { clock }: ReadNodesDeps): (node: NodeRecord) => Node {
  const user = actsFor(actor);
  const guarded = user !== undefined && isAllowed(user, 'node.allow_reregister');
  return (node) => nodeView(node, { guarded, now: clock.now() });
}

/** The refusal for a node that is not there. */
export function noSuchNode(): OrchestratorError {
  return new OrchestratorError('node_unknown', 'no such node; list them to find its id or slug');
}

/**
 * One page of nodes by slug. See docs/reference/nodes.md#identity.
 * @throws OrchestratorError `forbidden`, `input_invalid`.
 */
export async function listNodes(
  deps: ReadNodesDeps,
  actor: UserActor,
  { cursor, limit = limits.pageDefault }: PageRequest,
): Promise<{ nodes: Node[]; next_cursor?: string }> {
  requireAction(actor, 'node.read');
  const { nodes, seal } = deps;
  const after = cursor === undefined ? undefined : decodeKeyCursor(cursor, seal);
  const found = await nodes.list({ after, limit: limit + 1 });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return {
    nodes: rows.map(viewFor(actor, deps)),
    ...(found.length > limit && last && { next_cursor: encodeKeyCursor(last.slug, seal) }),
  };
}

/**
 * One node by id or slug. See docs/reference/nodes.md#identity.
 * @throws OrchestratorError `forbidden`, `node_unknown`.
 */
export async function getNode(
  deps: ReadNodesDeps,
  actor: UserActor,
  idOrSlug: string,
): Promise<Node> {
  requireAction(actor, 'node.read');
  const node = await deps.nodes.find(idOrSlug);
  if (node === undefined) throw noSuchNode();
  return viewFor(actor, deps)(node);
}
