import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { isDraft } from '@cynodeai/runtime/files';
import { type ArchiveFile, errorCodeOf } from '@cynodeai/runtime/std';
import { foundFile } from '../base/found-file.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { keptDatabase } from '../install/database-choice.ts';
import type { Install } from '../install/install.ts';
import { productVersion } from '../install/product-version.ts';
import { ClusterBackup, startPostgres } from '../postgres/index.ts';
import { sealFiles } from './sealed-file.ts';

/** The first file of a backup. */
export const manifestName = 'backup.json';

/** Below the folder of the database. */
export const clusterPart = 'postgres/cluster';

/** What an install keeps beside its database that cannot be made anew, relative to its folder. */
const partsBefore = [
  'install.json',
  'secrets',
  'tls',
  'postgres/owner.password',
  'postgres/application.password',
  'node/identity.pem',
];
/** Written before the rows that name them, so taken behind these. */
const partsAfter = ['artifacts'];

const none = (error: unknown): undefined => {
  // Somebody removed it meanwhile.
  if (['ENOENT', 'ENOTDIR'].includes(errorCodeOf(error) ?? '')) return undefined;
  throw error;
};

/** A file, or all below a folder, but what is still being written: its names are relative to `home`. */
export async function* filesBelow(home: string, path: string): AsyncGenerator<ArchiveFile> {
  if (isDraft(basename(path))) return;
  const facts = await stat(path).catch(none);
  if (facts?.isFile()) yield* foundFile(path, relative(home, path));
  if (!facts?.isDirectory()) return;
  for (const name of (await readdir(path).catch(none)) ?? []) {
    yield* filesBelow(home, join(path, name));
  }
}

function manifest(folders: readonly string[]): ArchiveFile {
  const text = JSON.stringify({
    version: 1,
    product_version: productVersion(),
    made_at: new Date().toISOString(),
    folders: folders.map((folder) => join(clusterPart, folder)),
  });
  const bytes = Buffer.from(text);
  const chunks = (async function* () {
    yield bytes;
  })();
  return { name: manifestName, sizeBytes: bytes.length, executable: false, chunks };
}

async function* filesOf({ paths }: Install, cluster: ClusterBackup): AsyncGenerator<ArchiveFile> {
  yield manifest(cluster.folders);
  for (const part of partsBefore) yield* filesBelow(paths.home, join(paths.home, part));
  for await (const file of cluster.files()) {
    yield { ...file, name: `${clusterPart}/${file.name}` };
  }
  for (const part of partsAfter) yield* filesBelow(paths.home, join(paths.home, part));
}

/**
 * Writes everything of an install that cannot be made anew into one file that the passphrase opens: what was answered
 * as accepted before it ends is in it, and nothing stops for it. Left out are logs, images and what runs now on nodes.
 * See docs/reference/processes.md#backup. @throws LauncherError `usage`, PostgresError
 */
export async function backUp(install: Install, path: string, passphrase: string): Promise<void> {
  const { paths, runDir } = install;
  if (keptDatabase(paths) !== undefined) {
    throw new LauncherError(
      'usage',
      'the database of this install is one that DATABASE_URL named: copy it with its own tools, such as pg_dump, and the folders secrets and artifacts of the state folder beside it',
    );
  }
  const clusterDir = join(paths.postgres, 'cluster');
  if (!existsSync(clusterDir)) {
    throw new LauncherError('usage', 'there is nothing to back up: this install has never started');
  }
  const server = await startPostgres({ dataDir: paths.postgres, socketDir: join(runDir, 'pg') });
  try {
    await using cluster = await ClusterBackup.begin(server, clusterDir);
    await sealFiles(path, filesOf(install, cluster), passphrase);
  } finally {
    if (!server.adopted) await server.stop();
  }
}
