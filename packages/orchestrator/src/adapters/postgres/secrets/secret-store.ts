import { type Kysely, sql } from 'kysely';
import type { SecretReader, SecretRecord, TransactSecrets } from '../../../ports/secrets.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { readPublicKey } from './public-key.ts';

interface SecretRow {
  readonly name: string;
  readonly size_bytes: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const shownColumns = sql`name, size_bytes, created_at, updated_at`;

function secretOf(row: SecretRow): SecretRecord {
  return {
    name: row.name,
    sizeBytes: row.size_bytes,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Secrets without their values. */
export function postgresSecretReader(db: Executor): SecretReader {
  return {
    list: async (ownerId) => {
      const { rows } = await sql<SecretRow>`
        SELECT ${shownColumns} FROM job_secrets WHERE owner_id = ${ownerId}::uuid ORDER BY name
      `.execute(db);
      return rows.map(secretOf);
    },
  };
}

/** Runs work on the secrets of a user in one PostgreSQL transaction. */
export function postgresTransactSecrets(db: Kysely<Database>): TransactSecrets {
  return (work) =>
    db.transaction().execute((trx) =>
      work({
        ...postgresSecretReader(trx),
        audit: postgresGatewayAudit(trx),
        lock: async (ownerId) => {
          await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`secrets:${ownerId}`}, 0))`.execute(
            trx,
          );
        },
        publicKey: () => readPublicKey(trx),
        write: async ({ ownerId, name }, { ciphertext, kid, sizeBytes }, at) => {
          const { rows } = await sql<SecretRow>`
            INSERT INTO job_secrets (owner_id, name, value_ciphertext, value_kid, size_bytes, created_at, updated_at)
            VALUES (${ownerId}::uuid, ${name}, ${ciphertext}, ${kid}, ${sizeBytes}, ${at}, ${at})
            ON CONFLICT (owner_id, name) DO UPDATE
            SET value_ciphertext = excluded.value_ciphertext, value_kid = excluded.value_kid,
              size_bytes = excluded.size_bytes, updated_at = excluded.updated_at
            RETURNING ${shownColumns}
          `.execute(trx);
          const [row] = rows;
          if (row === undefined) throw new Error('a written secret gave no row');
          return secretOf(row);
        },
        remove: async ({ ownerId, name }) => {
          const { numDeletedRows } = await trx
            .deleteFrom('job_secrets')
            .where('owner_id', '=', ownerId)
            .where('name', '=', name)
            .executeTakeFirst();
          return numDeletedRows > 0n;
        },
      }),
    );
}
