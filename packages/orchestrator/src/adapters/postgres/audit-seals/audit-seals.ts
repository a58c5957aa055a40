import type { SigningKey } from '@cynodeai/runtime/crypto';
import { type Kysely, sql } from 'kysely';
import type { AuditSeals } from '../../../ports/audit-seals.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Database } from '../tables.ts';
import { removeOldest } from './remove-oldest.ts';
import { sealNext } from './seal-next.ts';
import { settledUpTo } from './settled.ts';

/** Chains over audit logs in PostgreSQL, signed by a key that the database never sees. See docs/reference/audit.md#chain. */
export function postgresAuditSeals(
  db: Kysely<Database>,
  key: SigningKey,
  pause: (ms: number) => Promise<void>,
): AuditSeals {
  return {
    settings: (keys) => readSettings(db, keys),
    closeAbandoned: async (log, before) => {
      const time = sql.ref(log.time);
      await sql`
        update ${sql.table(log.table)} set completed_at = now()
         where completed_at is null and ${time} < ${before}`.execute(db);
    },
    settledUpTo: (log, signal) => settledUpTo(db, log, pause, signal),
    holds: async (log, { toSeq, sealHash }) => {
      const { rows } = await sql`
        select 1 from audit_seals
         where table_name = ${log.table} and to_seq = ${toSeq} and seal_hash = ${Buffer.from(sealHash, 'hex')}`.execute(
        db,
      );
      return rows.length > 0;
    },
    sealNext: (log, upTo, at) => sealNext(db, key, log, upTo, at),
    removeOldest: (log, before, at) => removeOldest(db, key, log, before, at),
  };
}
