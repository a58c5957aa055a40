import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { type RunJobResult, runJobResultSchema } from '@cynodeai/contracts/common';
import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import type { KeptResult } from '../../domain/jobs/retention.ts';
import type { AcceptedJob, JobStore, StoredJob } from '../../ports/job-store.ts';

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA busy_timeout = 5000;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS job (
    job_id TEXT PRIMARY KEY,
    task_id TEXT NOT NULL,
    lease_id TEXT,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'completed', 'failed', 'timeout')),
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    result TEXT,
    run TEXT,
    result_bytes INTEGER NOT NULL DEFAULT 0,
    CHECK ((status = 'accepted') = (result IS NULL))
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS job_by_end ON job (ended_at) WHERE ended_at IS NOT NULL;
`;

type Row = Record<string, SQLOutputValue>;

function acceptedOf(row: Row): AcceptedJob {
  const lease = row['lease_id'];
  return {
    jobId: String(row['job_id']),
    taskId: String(row['task_id']),
    ...(typeof lease === 'string' && { leaseId: lease }),
    acceptedAt: new Date(Number(row['started_at'])),
    ...runOf(row['run']),
  };
}

const runSchema = z.object({
  timeoutSeconds: z.number(),
  useInference: z.boolean(),
  workspaceId: z.string().optional(),
});

function runOf(text: SQLOutputValue | undefined): Pick<AcceptedJob, 'run'> {
  return typeof text === 'string' ? { run: runSchema.parse(parseJson(text)) } : {};
}

/** A file of a version before lacks the column. */
function addColumns(db: DatabaseSync): void {
  const columns = db.prepare("SELECT name FROM pragma_table_info('job')").all();
  if (!columns.some(({ name }) => name === 'run')) db.exec('ALTER TABLE job ADD COLUMN run TEXT');
}

/** A result that waits for the commit it shares with others. */
interface Waiting {
  readonly result: RunJobResult;
  readonly storedAt: Date;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes of the files that are kept with a result. */
function keptBytes({ artifacts = [] }: RunJobResult): number {
  const kept = artifacts.filter(({ error }) => error === undefined);
  return kept.reduce((sum, { size_bytes: bytes }) => sum + bytes, 0);
}

/**
 * The store in one SQLite file. Taking a job on costs one insert without a flush: a row that a power loss
 * takes is harmless, because the container is gone then too and the caller re-sends under its lease. A result
 * is flushed (`synchronous = FULL`) before anybody hears of it; results that end together share one flush.
 */
class SqliteJobStore implements JobStore {
  readonly #db: DatabaseSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  #waiting: Waiting[] = [];
  #resultBytes: number;

  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(schema);
    addColumns(this.#db);
    this.#find = this.#db.prepare('SELECT * FROM job WHERE job_id = ?');
    this.#insert = this.#db.prepare(
      "INSERT INTO job (job_id, task_id, lease_id, status, started_at, run) VALUES (?, ?, ?, 'accepted', ?, ?)",
    );
    this.#update = this.#db.prepare(
      'UPDATE job SET status = ?, ended_at = ?, result = ?, result_bytes = ? WHERE job_id = ?',
    );
    this.#delete = this.#db.prepare('DELETE FROM job WHERE job_id = ? RETURNING result_bytes');
    const sum = this.#db.prepare('SELECT coalesce(sum(result_bytes), 0) AS bytes FROM job').get();
    this.#resultBytes = Number(sum?.['bytes']);
  }

  get resultBytes(): number {
    return this.#resultBytes;
  }

  find(jobId: string): StoredJob | undefined {
    const row = this.#find.get(jobId);
    if (row === undefined) return undefined;
    const text = row['result'];
    if (typeof text !== 'string') return acceptedOf(row);
    return { ...acceptedOf(row), result: runJobResultSchema.parse(parseJson(text)) };
  }

  accept(job: AcceptedJob): void {
    const { jobId, taskId, leaseId = null, acceptedAt, run } = job;
    const runText = run === undefined ? null : JSON.stringify(run);
    this.#insert.run(jobId, taskId, leaseId, acceptedAt.getTime(), runText);
  }

  finish(result: RunJobResult, storedAt: Date): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ result, storedAt, resolve, reject });
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    return promise;
  }

  remove(jobId: string): void {
    this.#resultBytes -= Number(this.#delete.get(jobId)?.['result_bytes'] ?? 0);
  }

  unfinished(): readonly AcceptedJob[] {
    return this.#db.prepare("SELECT * FROM job WHERE status = 'accepted'").all().map(acceptedOf);
  }

  results(): readonly KeptResult[] {
    const sql =
      'SELECT job_id, ended_at, result_bytes FROM job WHERE ended_at IS NOT NULL ORDER BY ended_at, job_id';
    return this.#db
      .prepare(sql)
      .all()
      .map((row) => ({
        jobId: String(row['job_id']),
        storedAt: new Date(Number(row['ended_at'])),
        bytes: Number(row['result_bytes']),
      }));
  }

  close(): void {
    this.#flush();
    this.#db.close();
  }

  #flush(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      const bytes = this.#write(batch);
      this.#resultBytes += bytes;
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #write(batch: readonly Waiting[]): number {
    this.#db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    try {
      let total = 0;
      for (const { result, storedAt } of batch) {
        const text = JSON.stringify(result);
        const bytes = Buffer.byteLength(text) + keptBytes(result);
        this.#update.run(result.status, storedAt.getTime(), text, bytes, result.job_id);
        total += bytes;
      }
      this.#db.exec('COMMIT');
      return total;
    } finally {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#db.exec('PRAGMA synchronous = NORMAL');
    }
  }
}

/** A store that can be closed; what waits is written first. */
export type OpenJobStore = JobStore & { close(): void };

/**
 * Opens `jobs.db` in the folder, making both when they are missing.
 * @throws when the file cannot be used. See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function openJobStore(dir: string): OpenJobStore {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return new SqliteJobStore(join(dir, 'jobs.db'));
}
