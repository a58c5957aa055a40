import type { NodeAllowance } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import type { TransactNodes } from '../../ports/node-admin.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { noSuchNode } from './read-nodes.ts';

export interface AllowReregisterDeps {
  readonly transact: TransactNodes;
  readonly clock: Clock;
}

/** How long an allowance lasts, ms. */
const allowanceMs = 3_600_000;

/**
 * Lets whoever has the pre-shared key register as this node once, within an hour, with an identity of its own: for a
 * node that lost its state folder. Repeating it begins the hour anew.
 * See docs/reference/nodes.md#identity.
 * @throws OrchestratorError `forbidden`, `node_unknown`.
 */
export async function allowReregister(
  { transact, clock }: AllowReregisterDeps,
  caller: Caller,
  idOrSlug: string,
): Promise<Outcome<'changed', NodeAllowance>> {
  requireAction(caller.actor, 'node.allow_reregister');
  return transact(async (transaction) => {
    const at = clock.now();
    const until = new Date(at.getTime() + allowanceMs);
    const node = await transaction.allowReregister(idOrSlug, until);
    if (node === undefined) throw noSuchNode();
    const { nodeId, slug } = node;
    const done = { outcome: 'changed', resourceId: nodeId, details: { node_slug: slug } } as const;
    await record(transaction.audit, caller, done, at);
    const value = {
      node_id: nodeId,
      node_slug: slug,
      reregistration_allowed_until: until.toISOString(),
    };
    return { kind: 'changed', value };
  });
}
