import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';

/** A log is set aside once it is this large; one older piece is kept. Bytes. */
const maxLogBytes = 16 * 1024 * 1024;

export function logPath(logsDir: string, name: string): string {
  return join(logsDir, `${name}.log`);
}

/** Opens a log for a child to write; the writer keeps it when we are gone. Call `close` once it was handed over. */
export function openLog(path: string): { readonly fd: number; readonly close: () => void } {
  const fd = openSync(path, 'a', 0o600);
  return { fd, close: () => closeSync(fd) };
}

/**
 * Sets a log aside when it is too large. The writer's handle appends, so the file is emptied in place and not moved.
 * Where the older piece has no room the log stays as it is until the next try.
 */
export function rotateLog(path: string, maxBytes = maxLogBytes): boolean {
  const older = `${path}.1`;
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= maxBytes) return false;
    copyFileSync(path, older);
    truncateSync(path);
    return true;
  } catch {
    removePiece(older);
    return false;
  }
}

/** A piece that stays, on a disk that has become read-only for instance, is as little reason to end as a full disk. */
function removePiece(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next try finds it there.
  }
}

/** The last lines of a log, to show why a process ended. */
export function lastLines(path: string, count: number): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count);
  } catch {
    return [];
  }
}
