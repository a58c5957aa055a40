import { limits } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../../domain/errors.ts';
import type { SecretReader } from '../../ports/secrets.ts';

/**
 * Sees that the creator of a task has the secrets it names, before it is made. See docs/reference/sandbox.md#secrets.
 * @throws OrchestratorError `input_invalid` with the command that sets one
 */
export async function requireSecrets(
  secrets: SecretReader,
  ownerId: string,
  names: readonly string[] = [],
): Promise<void> {
  if (names.length === 0) return;
  const field = 'secrets';
  const known = new Map((await secrets.list(ownerId)).map((each) => [each.name, each.sizeBytes]));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) {
    const message = `you have no secret ${missing}; set it with: cynork secrets set ${missing}`;
    throw new OrchestratorError('input_invalid', message, { field });
  }
  const bytes = names.reduce((sum, name) => sum + (known.get(name) ?? 0), 0);
  if (bytes <= limits.jobSecretsBytes) return;
  const message = `the secrets have more than ${limits.jobSecretsBytes / 1024} KiB together`;
  throw new OrchestratorError('input_invalid', message, { field });
}
