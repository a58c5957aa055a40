import { type Kysely, sql } from 'kysely';
import { OrchestratorError } from '../../../domain/errors.ts';
import type { JobSecrets, SecretVault } from '../../../ports/secrets.ts';
import type { Database } from '../tables.ts';

interface SealedRow {
  readonly owner_id: string;
  readonly name: string;
  readonly value_ciphertext: string;
  readonly value_kid: string;
}

/** Secrets of a task's creator, opened for the node that runs its job. */
export function postgresJobSecrets(db: Kysely<Database>, vault: SecretVault): JobSecrets {
  return {
    read: async (taskId, names) => {
      if (names.length === 0) return [];
      const { rows } = await sql<SealedRow>`
        SELECT s.owner_id, s.name, s.value_ciphertext, s.value_kid
          FROM tasks t JOIN job_secrets s ON s.owner_id = t.created_by
         WHERE t.id = ${taskId}::uuid AND s.name = ANY(${names}::text[])
      `.execute(db);
      return names.map((name) => {
        const row = rows.find((candidate) => candidate.name === name);
        if (row === undefined) {
          const text = `the secret ${name} is gone; set it with: cynork secrets set ${name}`;
          throw new OrchestratorError('input_gone', text);
        }
        const { owner_id: ownerId, value_ciphertext: ciphertext, value_kid: kid } = row;
        const value = vault.open({ ownerId, name }, { ciphertext, kid });
        if (value !== undefined) return { name, value };
        throw new OrchestratorError(
          'input_gone',
          `the secret ${name} cannot be opened, because the key of the control plane was changed; set it again with: cynork secrets set ${name}`,
        );
      });
    },
  };
}
