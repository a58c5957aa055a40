import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import { diskUse } from '@cynodeai/runtime/files';
import { LauncherError } from '../base/launcher-error.ts';
import type { DatabaseChoice } from '../domain/database.ts';
import { lackOfRoom, type RoomPart, roomNeeded } from '../domain/room.ts';
import { isImageImported } from '../image/image-marker.ts';
import { demandedDatabase } from '../install/database-choice.ts';
import type { Install } from '../install/install.ts';

const mib = 1024 ** 2;

/**
 * Sees before anything starts that there is room for what the start puts on the disks of the install.
 * @param choice what the command line says about the database
 * @throws LauncherError `setup` with what is free and what is needed; `usage`
 */
export async function requireRoom(
  install: Install,
  env: Env,
  choice: DatabaseChoice | undefined,
): Promise<void> {
  const { home, postgres, images } = install.paths;
  const isOthers = demandedDatabase(install.paths, env, choice) !== undefined;
  const parts = roomNeeded({
    database: isOthers || existsSync(join(postgres, 'cluster', 'PG_VERSION')),
    image: isImageImported(install),
  });
  const places = { 'the database': postgres, 'the sandbox image': images, 'everything else': home };
  const disks = new Map<number, { directory: string; freeMib: number; parts: RoomPart[] }>();
  for (const part of parts) {
    const { device, freeBytes } = await diskUse(places[part.what]);
    const fresh = { directory: places[part.what], freeMib: freeBytes / mib, parts: [] };
    const disk = disks.get(device) ?? fresh;
    // What several parts share is the disk of the state folder.
    if (disk.parts.length > 0) disk.directory = home;
    disk.parts.push(part);
    disks.set(device, disk);
  }
  const lacks = [...disks.values()].flatMap((disk) => lackOfRoom(disk) ?? []);
  if (lacks.length > 0) throw new LauncherError('setup', lacks.join('\n'));
}
