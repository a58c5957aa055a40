import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Pool, TypeOverrides, types } from 'pg';
import { PreparedStatements } from './prepared-statements.ts';
import type { Database } from './tables.ts';

/** A database or a transaction of it, for statements that run in either. */
export type Executor = Kysely<Database> | Transaction<Database>;

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/db`, or for a Unix socket `postgresql://user:password@/db?host=/folder`. */
  readonly url: string;
  /** Most connections this pool opens; 10 unless told. */
  readonly maxConnections?: number;
  /** Longest wait for one of them, ms; 5 s unless told. */
  readonly connectionTimeoutMs?: number;
  /** Limit in ms of one statement, enforced by the server; 30 s unless told. */
  readonly statementTimeoutMs?: number;
  /** Shown in `pg_stat_activity`; the role's name. */
  readonly applicationName: string;
  readonly log: Log;
}

const idleTimeoutMs = 30_000;

/** `int8` as a number. Byte counts and sequence numbers stay below 2^53; anything greater is refused, never rounded. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond 2^53`);
  return value;
}

/** Parsers of this pool only, so that nothing of the driver is changed for the whole process. */
function typeParsers(): TypeOverrides {
  const overrides = new TypeOverrides();
  overrides.setTypeParser(types.builtins.INT8, parseInt8);
  return overrides;
}

/**
 * Opens a pool lazily: the first statement connects. `destroy()` closes it.
 *
 * Values: `int8` (also `count(*)`) is a number, `numeric` a string, `timestamptz(3)` a Date, `bytea` a Buffer,
 * `inet` a string; `jsonb` is read parsed and written as JSON text.
 *
 * Statements are kept prepared on each connection; a pooler in between must pass prepared
 * statements on.
 *
 * Sizing: PostgreSQL allows 100 connections by default. One install runs at most four database
 * roles with 10 each, plus one listener per role and one migrator; that leaves half for a second
 * set of processes and the operator. See docs/reference/database.md#conventions.
 */
export function openDatabase(options: DatabaseOptions): Kysely<Database> {
  const pool = new Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    idleTimeoutMillis: idleTimeoutMs,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 5000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: options.applicationName,
    keepAlive: true,
    types: typeParsers(),
  });
  // Without a handler a dropped idle connection would end the process.
  pool.on('error', (error) => {
    options.log.warn('idle database connection lost', { error: messageOf(error) });
  });
  const statements = new PreparedStatements();
  pool.on('connect', (client) => {
    // The same for a connection lost between two statements of a transaction; the next statement says so.
    client.on('error', () => {});
    statements.adopt(client);
  });
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}
