import { sql } from 'kysely';
import type { Executor } from '../database.ts';

/** Key of the row in `orchestrator_state`. See docs/reference/database.md#policy-tables. */
const stateKey = 'job_secrets_public_key';

/** The public key that secrets are sealed for; undefined before a control plane has told it. */
export async function readPublicKey(db: Executor): Promise<string | undefined> {
  const { rows } = await sql<{ readonly key: string }>`
    SELECT value ->> 'public_key' AS key FROM orchestrator_state WHERE key = ${stateKey}
  `.execute(db);
  return rows[0]?.key;
}

/** Tells gateways for which key to seal; every start of a control plane does. */
export async function tellPublicKey(db: Executor, publicKey: string): Promise<void> {
  const value = JSON.stringify({ public_key: publicKey });
  await sql`
    INSERT INTO orchestrator_state (key, value, updated_at) VALUES (${stateKey}, ${value}::jsonb, now())
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
    WHERE orchestrator_state.value IS DISTINCT FROM excluded.value
  `.execute(db);
}
