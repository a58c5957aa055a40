import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
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
  if (!isServerOf(clusterDir, server.pid) || server.socketDir === '' || !(server.port > 0))
    return undefined;
  return server;
}

/** Where a link of a process leads; it gains " (deleted)" when that was removed or replaced meanwhile. */
function leadsTo(pid: number, link: 'exe' | 'cwd'): string {
  return readlinkSync(`/proc/${pid}/${link}`).replace(/ \(deleted\)$/, '');
}

/**
 * True while the process is a PostgreSQL server that works in the cluster: a zombie, or a reused pid, be it of the
 * server of another install, is none.
 */
export function isServerOf(clusterDir: string, pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
    return (
      basename(leadsTo(pid, 'exe')) === 'postgres' &&
      leadsTo(pid, 'cwd') === realpathSync(clusterDir) &&
      state !== 'Z'
    );
  } catch {
    return false;
  }
}

/**
 * Makes a lock file of a dead server harmless when its pid belongs to another process by now, at which the server
 * would refuse to start. The pid becomes our own: a server takes its parent's pid for a stale entry, and still
 * checks by the rest of the file whether old backends hold the shared memory.
 */
export async function disarmLockFile(path: string, clusterDir: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(missingFile);
  const pid = Number(text?.split('\n')[0]);
  if (text === undefined || isServerOf(clusterDir, pid)) return;
  await writeFile(path, text.replace(/^.*$/m, String(process.pid)));
}
