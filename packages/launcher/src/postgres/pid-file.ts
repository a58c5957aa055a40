import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { missingFile } from './secret-file.ts';

/** A server as its data directory names it. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly socketDir: string;
}

/** The server that runs on a cluster; undefined when none does, also when only a stale file says so. */
export async function findServer(clusterDir: string): Promise<RunningServer | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(missingFile);
  const [pid, , , port, socketDir] = (text ?? '').split('\n');
  const server = { pid: Number(pid), port: Number(port), socketDir: (socketDir ?? '').trim() };
  if (!isPostgres(server.pid) || server.socketDir === '' || !(server.port > 0)) return undefined;
  return server;
}

/** True while the process is a PostgreSQL server: a reused pid or a zombie is none. */
export function isPostgres(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    // The link gains " (deleted)" when the package was replaced below a running server.
    const program = basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
    return program === 'postgres' && state !== 'Z';
  } catch {
    return false;
  }
}

/**
 * Makes a lock file of a dead server harmless when its pid belongs to another process by now, at which the server
 * would refuse to start. The pid becomes our own: a server takes its parent's pid for a stale entry, and still
 * checks by the rest of the file whether old backends hold the shared memory.
 */
export async function disarmLockFile(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(missingFile);
  const pid = Number(text?.split('\n')[0]);
  if (text === undefined || isPostgres(pid)) return;
  await writeFile(path, text.replace(/^.*$/m, String(process.pid)));
}
