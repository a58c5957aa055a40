import { createSigningKey } from '@cynodeai/runtime/crypto';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { type LogReport, LogVerifier } from '@cynodeai/runtime/sealed-log';
import { systemClock } from '@cynodeai/runtime/std';
import { createTestDatabase, memoryLog } from '@cynodeai/testing';
import { type Kysely, sql } from 'kysely';
import { postgresAuditSeals } from '../../../src/adapters/postgres/audit-seals/audit-seals.ts';
import { exportAudit } from '../../../src/adapters/postgres/audit-seals/export-audit.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import type { Database } from '../../../src/adapters/postgres/tables.ts';
import { sealAudit } from '../../../src/app/audit/seal-audit.ts';
import { chainedLogs } from '../../../src/domain/audit/chained-logs.ts';
import type { SealHead, SealHeads } from '../../../src/ports/audit-seals.ts';

export const log = 'mcp_tool_call_audit_log';

/** A database whose audit logs are sealed by hand, and checked the way people do. */
export class SealedDatabase implements AsyncDisposable {
  readonly key = createSigningKey().key;
  heads: ReadonlyMap<string, SealHead> = new Map();
  readonly db: Kysely<Database>;
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(db: Kysely<Database>, url: string, close: () => Promise<void>) {
    this.db = db;
    this.url = url;
    this.#close = close;
  }

  static async start(): Promise<SealedDatabase> {
    const test = await createTestDatabase();
    const connectionTimeoutMs = 60_000;
    const options = { url: test.url, applicationName: 'test', log: memoryLog() };
    const db = openDatabase({ ...options, maxConnections: 20, connectionTimeoutMs });
    return new SealedDatabase(db, test.url, async () => {
      await db.destroy();
      await test.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  /** As it was at first. */
  async empty(): Promise<void> {
    this.heads = new Map();
    const tables = [...chainedLogs.map(({ table }) => table), 'audit_seals'];
    await sql`truncate ${sql.join(tables.map((name) => sql.table(name)))} restart identity`.execute(
      this.db,
    );
  }

  /** One turn of sealing at a time that is so many days ahead. */
  async seal(daysAhead = 0, stopping = new AbortController().signal): Promise<void> {
    const heads: SealHeads = {
      place: 'HEADS',
      read: async () => this.heads,
      write: async (changed) => {
        this.heads = changed;
      },
    };
    const now = (): Date => new Date(systemClock.now().getTime() + daysAhead * 86_400_000);
    const seals = postgresAuditSeals(this.db, this.key, (ms) => sleep(ms, stopping));
    await sealAudit({ seals, heads, clock: { ...systemClock, now }, stopping });
  }

  async check(since?: Date): Promise<LogReport> {
    const verifier = new LogVerifier([this.key.publicKey]);
    const what = { key: this.key, heads: this.heads, since, at: new Date() };
    await exportAudit(this.db, what, async (bytes) => {
      for await (const chunk of bytes) verifier.push(Buffer.from(chunk));
    });
    return verifier.end();
  }

  /** Writes complete rows. */
  async add(count: number, db: Kysely<Database> = this.db): Promise<void> {
    await sql`
      insert into ${sql.table(log)} (tool_name, decision, status, completed_at, task_id, role_names, duration_ms)
      select 'db.task.get', 'allow', 'success', now(), gen_random_uuid(), '["ä", "b"]', n
        from generate_series(1, ${sql.lit(count)}) n`.execute(db);
  }

  async count(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from ${sql.table(log)}`.execute(this.db);
    return rows[0]?.count ?? 0;
  }
}
