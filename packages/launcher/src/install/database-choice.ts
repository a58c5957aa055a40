import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { type Env, Secret } from '@cynodeai/runtime/config';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherError } from '../base/launcher-error.ts';
import { type DatabaseChoice, isDatabaseUrl } from '../domain/database.ts';
import { readIfThere } from './files.ts';
import type { HomePaths } from './paths.ts';

type Place = Pick<HomePaths, 'secrets'>;

/** It may hold a password, so it stands among the secrets. */
const fileOf = ({ secrets }: Place): string => join(secrets, 'database-url');

/** The database of the user's own that an install keeps to; undefined: it has its own. */
export function keptDatabase(paths: Place): Secret | undefined {
  const text = readIfThere(fileOf(paths))?.trim();
  return text ? new Secret(text) : undefined;
}

/**
 * The database that is demanded now, else the one that is kept; undefined for the install's own.
 * @throws LauncherError `usage`
 */
export function demandedDatabase(
  paths: Place,
  env: Env,
  choice?: DatabaseChoice,
): Secret | undefined {
  const named = env['DATABASE_URL'];
  if (choice !== undefined) {
    if (!named) return undefined;
    throw new LauncherError(
      'usage',
      `DATABASE_URL names a database, and --database ${choice} another; unset DATABASE_URL`,
    );
  }
  if (!named) return keptDatabase(paths);
  if (isDatabaseUrl(named)) return new Secret(named);
  throw new LauncherError(
    'usage',
    'DATABASE_URL must be an address such as postgresql://USER:PASSWORD@HOST:5432/NAME',
  );
}

/** Keeps a database with the install, or that it has its own; later starts use it. */
export function keepDatabase(paths: Place, database: Secret | undefined): void {
  if (database === undefined) rmSync(fileOf(paths), { force: true });
  else if (keptDatabase(paths)?.reveal() !== database.reveal()) {
    writeFileAtomicSync(fileOf(paths), `${database.reveal()}\n`);
  }
}
