import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { FolderWatch } from '../shared/folder-watch.ts';

/** The first process of a container, as the host sees it. */
export interface StartedProcess {
  readonly pid: number;
  readonly startedAt: Date;
}

/** Reads a process id file; undefined while the container has not started. */
export async function readStarted(path: string): Promise<StartedProcess | undefined> {
  try {
    const pid = Number(await readFile(path, 'utf8'));
    const { mtime } = await stat(path);
    return Number.isSafeInteger(pid) && pid > 1 ? { pid, startedAt: mtime } : undefined;
  } catch {
    return undefined;
  }
}

/** Tells runs when the engine wrote their process id file. */
export class PidWatch implements Disposable {
  readonly #folder: FolderWatch;

  constructor(dir: string) {
    this.#folder = new FolderWatch(dir);
  }

  /** Calls back once with the process; never after the returned function was called. */
  onStarted(path: string, callback: (started: StartedProcess) => void): () => void {
    let waits = true;
    const look = async (): Promise<void> => {
      const started = await readStarted(path);
      if (started === undefined || !waits) return;
      cancel();
      callback(started);
    };
    const unwatch = this.#folder.onChange(basename(path), () => void look());
    const cancel = (): void => {
      waits = false;
      unwatch();
    };
    return cancel;
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
