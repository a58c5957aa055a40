import type { JobSecret } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { requireAction } from '../access/require-action.ts';
import { type SecretsDeps, secretView } from './secrets-deps.ts';

/** The caller's own secrets. See docs/reference/sandbox.md#secrets. @throws OrchestratorError `forbidden` */
export async function listSecrets(
  { secrets }: Pick<SecretsDeps, 'secrets'>,
  actor: UserActor,
): Promise<JobSecret[]> {
  requireAction(actor, 'secret.read', { createdBy: actor.userId });
  return (await secrets.list(actor.userId)).map(secretView);
}
