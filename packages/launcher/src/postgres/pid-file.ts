import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sleep } from '@cynodeai/runtime/lifecycle';
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

/** How long a lock file may be empty while its server is about to fill it, ms. */
const emptyMs = 1000;

/**
 * Makes a lock file of a dead server harmless when its pid belongs to another process by now, at which the server
 * would refuse to start. The pid becomes our own: a server takes its parent's pid for a stale entry, and still
 * checks by the rest of the file whether old backends hold the shared memory. It is written over and never emptied:
 * on a full disk it could not be filled again. An empty one, which a server died over, goes: no server would ever start.
 */
export async function disarmLockFile(path: string, clusterDir: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(missingFile);
  if (text === undefined) return;
  if (text.trim() === '') return dropEmpty(path);
  if (isServerOf(clusterDir, Number(text.split('\n')[0]))) return;
  const harmless = Buffer.from(text.replace(/^.*$/m, String(process.pid)));
  await using file = await open(path, 'r+');
  await file.write(harmless, 0, harmless.length, 0);
  await file.truncate(harmless.length);
}

async function dropEmpty(path: string): Promise<void> {
  const before = await stat(path).catch(missingFile);
  await sleep(emptyMs);
  const after = await stat(path).catch(missingFile);
  if (before?.ino === after?.ino && after?.size === 0) await rm(path, { force: true });
}
