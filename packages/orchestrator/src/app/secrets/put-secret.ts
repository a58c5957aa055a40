import { limits, utf8Bytes } from '@cynodeai/contracts/common';
import type { JobSecret } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../../domain/errors.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type SecretsDeps, secretView } from './secrets-deps.ts';

/**
 * Keeps a secret of the caller, sealed before it is written. See docs/reference/sandbox.md#secrets.
 * @throws OrchestratorError `forbidden`, `secrets_full`, `secrets_not_ready`
 */
export async function putSecret(
  deps: SecretsDeps,
  caller: Caller,
  name: string,
  value: string,
): Promise<Outcome<'created' | 'changed', JobSecret>> {
  const { userId: ownerId } = caller.actor;
  requireAction(caller.actor, 'secret.write', { createdBy: ownerId });
  return deps.transact(async (transaction) => {
    await transaction.lock(ownerId);
    const publicKey = await transaction.publicKey();
    if (publicKey === undefined) {
      throw new OrchestratorError(
        'secrets_not_ready',
        'no control plane has started that can keep secrets; start it and try again',
      );
    }
    const known = await transaction.list(ownerId);
    const kind = known.some((secret) => secret.name === name) ? 'changed' : 'created';
    if (kind === 'created' && known.length >= limits.secretsPerUser) {
      throw new OrchestratorError(
        'secrets_full',
        `there are ${known.length} secrets, as many as one may have; delete one first`,
      );
    }
    const at = deps.clock.now();
    const place = { ownerId, name };
    const sealed = { ...deps.seal(publicKey, place, value), sizeBytes: utf8Bytes(value) };
    const secret = await transaction.write(place, sealed, at);
    await record(transaction.audit, caller, { outcome: kind, resourceId: name }, at);
    return { kind, value: secretView(secret) };
  });
}
