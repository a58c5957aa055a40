import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { globalArguments } from './arguments.ts';
import { callEngine, type EngineCommand, engineEnv } from './client.ts';
import { dropDatabase, dropEarlierBoots, linkDatabase, previousRun } from './layout.ts';
import type { EnginePaths } from './paths.ts';
import type { EngineProfile } from './profile.ts';

/** The choices that decide the global flags. */
export type GlobalChoice = Parameters<typeof globalArguments>[1];

/** How the engine is called under a choice. */
export function engineCommand(
  paths: EnginePaths,
  choice: GlobalChoice,
  program: string,
  sessionBus: string | undefined,
): EngineCommand {
  return {
    program,
    flags: globalArguments(paths, choice),
    env: engineEnv(paths, sessionBus),
  };
}

/** Folder of a kind of storage; every kind has its own, so that trying one never harms another. */
export function storageDir(paths: EnginePaths, storage: EngineProfile['storage']): string {
  return join(paths.root, 'storage', storage);
}

/** Removes containers the storage knows and the engine does not. */
async function dropStrays(command: EngineCommand): Promise<void> {
  const { stdout } = await callEngine(command, ['ps', '--all', '--quiet', '--external']);
  const ids = stdout.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await callEngine(command, ['rm', '--force', '--time=0', ...ids]);
}

/** The engine as it is called under another run folder. */
function movedTo(run: string, paths: EnginePaths, command: EngineCommand): EngineCommand {
  const moved = (text: string): string => text.replace(paths.run, run);
  const env = Object.entries(command.env).map(([name, value]) => [name, moved(value)]);
  return { ...command, flags: command.flags.map(moved), env: Object.fromEntries(env) };
}

/**
 * Makes the storage usable under this run folder. After a reboot the old state is dropped; after a mere move
 * of the run folder the containers that still run under the old one are ended first.
 */
export async function openStorage(
  paths: EnginePaths,
  storage: EngineProfile['storage'],
  command: EngineCommand,
): Promise<void> {
  const dir = storageDir(paths, storage);
  const last = await previousRun(dir, paths);
  // The folder's name is the boot: process ids of an earlier boot mean nothing and must not be signalled.
  if (last !== undefined && basename(last) === basename(paths.run)) {
    await callEngine(movedTo(last, paths, command), ['rm', '--all', '--force', '--time=0']);
  }
  await dropEarlierBoots(paths.run);
  const used = await readlink(join(dir, 'libpod')).catch(() => undefined);
  const fresh = await linkDatabase(dir, paths);
  // A database that was there before the move knows nothing of what was made under the other folder.
  if ((fresh || last !== undefined) && used !== undefined) await dropStrays(command);
}

/** How the engine says that its database was made under other folders or options than it is called with. */
const clash =
  /database.*(?:configuration mismatch|does not match)|configuration mismatch.*database/is;

/** Whether these words of the engine tell of its database and not of the storage. */
export function isDatabaseClash(words: string): boolean {
  return clash.test(words);
}

/** Has the engine begin its database anew. */
export async function renewDatabase(
  paths: EnginePaths,
  storage: EngineProfile['storage'],
  command: EngineCommand,
): Promise<void> {
  await dropDatabase(storageDir(paths, storage), paths);
  await openStorage(paths, storage, command);
}
