import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import { Client } from 'pg';
import { foundFile } from '../base/found-file.ts';
import { PostgresError } from './errors.ts';
import type { PostgresServer } from './server.ts';

/** Folders whose content a server makes anew, or that is taken apart from the rest. */
const emptied: ReadonlySet<string> = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
]);
const skipped: ReadonlySet<string> = new Set([
  'backup_label',
  'postmaster.opts',
  'postmaster.pid',
  'tablespace_map',
]);
const isTemporary = (name: string): boolean =>
  name.startsWith('pgsql_tmp') || name === 'pg_internal.init';

/** What a cluster is made of, relative to its folder. */
interface ClusterParts {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

async function partsOf(clusterDir: string): Promise<ClusterParts> {
  const [folders, files]: [string[], string[]] = [[], []];
  const visit = async (inside: string): Promise<void> => {
    for (const entry of await readdir(join(clusterDir, inside), { withFileTypes: true })) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (skipped.has(path) || isTemporary(entry.name)) continue;
      if (entry.isFile()) files.push(path);
      if (!entry.isDirectory()) continue;
      folders.push(path);
      if (!emptied.has(path)) await visit(path);
    }
  };
  await visit('');
  return { folders: [...folders, 'pg_wal/archive_status', 'pg_wal/summaries'], files };
}

function textFile(name: string, text: string): ArchiveFile {
  const bytes = Buffer.from(text);
  const chunks = (async function* () {
    yield bytes;
  })();
  return { name, sizeBytes: bytes.length, executable: false, chunks };
}

interface Stopped {
  readonly labelfile: string;
  /** The segment of the log in which the copy ended. */
  readonly last: string;
}

/** Every segment of the log from the one in which the copy began to the one in which it ended. */
async function* logFiles(
  clusterDir: string,
  { first, last }: { readonly first: string; readonly last: string },
): AsyncGenerator<ArchiveFile> {
  const names = await readdir(join(clusterDir, 'pg_wal'));
  const isSegment = (name: string): boolean => /^[0-9A-F]{24}$/.test(name);
  const needed = names.filter((name) => isSegment(name) && name >= first && name <= last);
  for (const name of needed.toSorted()) {
    yield* foundFile(join(clusterDir, 'pg_wal', name), `pg_wal/${name}`);
  }
}

/**
 * Copies a running cluster, which goes on working: its files as they are found, then the log that makes them whole. A
 * server started from them has every transaction that was committed when the last file of `files` was taken.
 */
export class ClusterBackup implements AsyncDisposable {
  readonly #client: Client;
  readonly #clusterDir: string;
  readonly #parts: ClusterParts;
  readonly #segment: string;

  private constructor(client: Client, clusterDir: string, parts: ClusterParts, segment: string) {
    this.#client = client;
    this.#clusterDir = clusterDir;
    this.#parts = parts;
    this.#segment = segment;
  }

  /** @throws PostgresError `postgres_backup_failed` */
  static async begin(server: PostgresServer, clusterDir: string): Promise<ClusterBackup> {
    const client = new Client({
      connectionString: server.adminUrl,
      application_name: 'cynode-backup',
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      // Until this connection ends the server keeps the log from here on.
      await client.query(
        `SELECT pg_create_physical_replication_slot('cynode_backup_' || pg_backend_pid(), true, true)`,
      );
      const { rows } = await client.query<{ segment: string }>(
        `SELECT pg_walfile_name(pg_backup_start('cynode', true)) AS segment`,
      );
      return new ClusterBackup(
        client,
        clusterDir,
        await partsOf(clusterDir),
        rows[0]?.segment ?? '',
      );
    } catch (cause) {
      await client.end().catch(() => {});
      throw failed(cause);
    }
  }

  /** Folders that must be there, also the empty ones. */
  get folders(): readonly string[] {
    return this.#parts.folders;
  }

  /** @throws PostgresError `postgres_backup_failed` */
  async *files(): AsyncGenerator<ArchiveFile> {
    // What is missing or changes meanwhile the log puts right.
    for (const path of this.#parts.files) yield* foundFile(join(this.#clusterDir, path), path);
    const { labelfile, last } = await this.#stop();
    yield textFile('backup_label', labelfile);
    yield* logFiles(this.#clusterDir, { first: this.#segment, last });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => {});
  }

  async #stop(): Promise<Stopped> {
    try {
      const { rows } = await this.#client.query<Stopped>(
        `SELECT labelfile, pg_walfile_name(lsn) AS last FROM pg_backup_stop(wait_for_archive => false)`,
      );
      const [stopped] = rows;
      if (stopped === undefined) throw new Error('the server gave no label');
      return stopped;
    } catch (cause) {
      throw failed(cause);
    }
  }
}

function failed(cause: unknown): PostgresError {
  return new PostgresError(
    'postgres_backup_failed',
    'the database server could not be copied; cynode status says whether it runs',
    { cause },
  );
}
