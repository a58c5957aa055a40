import type { Env } from '@cynodeai/runtime/config';
import type { DatabaseChoice } from '../domain/database.ts';
import { demandedDatabase } from '../install/database-choice.ts';
import { demandedEngine } from '../install/engine-choice.ts';
import type { Install } from '../install/install.ts';
import { requireRoom } from './require-room.ts';
import { checkDatabase } from './settle-database.ts';

/**
 * Sees that a stack can start with what is demanded now, before the one that runs is stopped for it.
 * @throws LauncherError `usage`, `setup`
 */
export async function checkStart(
  install: Install,
  env: Env,
  choice: DatabaseChoice | undefined,
): Promise<void> {
  demandedEngine(env, install.engine);
  const database = demandedDatabase(install.paths, env, choice);
  await requireRoom(install, env, choice);
  if (database !== undefined) await checkDatabase(database);
}
