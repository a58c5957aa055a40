import { OrchestratorError } from '../../domain/errors.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import type { SecretsDeps } from './secrets-deps.ts';

/** Forgets a secret of the caller. See docs/reference/sandbox.md#secrets. @throws OrchestratorError `forbidden`, `secret_unknown` */
export async function deleteSecret(
  deps: Pick<SecretsDeps, 'transact' | 'clock'>,
  caller: Caller,
  name: string,
): Promise<Outcome<'removed', void>> {
  const { userId: ownerId } = caller.actor;
  requireAction(caller.actor, 'secret.write', { createdBy: ownerId });
  return deps.transact(async (transaction) => {
    await transaction.lock(ownerId);
    if (!(await transaction.remove({ ownerId, name }))) {
      throw new OrchestratorError('secret_unknown', `you have no secret ${name}`);
    }
    const at = deps.clock.now();
    await record(transaction.audit, caller, { outcome: 'removed', resourceId: name }, at);
    return { kind: 'removed', value: undefined };
  });
}
