import { type FSWatcher, watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';

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

/** How often a waiting run looks by itself, in ms, in case the kernel has no watch to give. */
const recheckMs = 250;

/** Tells runs when the engine wrote their process id file. One watch serves all of them. */
export class PidWatch implements Disposable {
  readonly #waiting = new Map<string, () => void>();
  readonly #dir: string;
  #watcher: FSWatcher | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Calls back once with the process; never after the returned function was called. */
  onStarted(path: string, callback: (started: StartedProcess) => void): () => void {
    const name = basename(path);
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      clearInterval(timer);
      this.#waiting.delete(name);
    };
    const look = async (): Promise<void> => {
      const started = await readStarted(path);
      if (started === undefined || !this.#waiting.has(name)) return;
      cancel();
      callback(started);
    };
    const lookNow = (): void => void look();
    this.#waiting.set(name, lookNow);
    this.#open();
    timer = setInterval(lookNow, recheckMs);
    return cancel;
  }

  /** Ends the watch; whoever still waits looks by itself. */
  [Symbol.dispose](): void {
    this.#watcher?.close();
  }

  #open(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = watch(this.#dir, { persistent: false }, (_event, name) => {
        if (name !== null) this.#waiting.get(name)?.();
      });
      watcher.on('error', () => watcher.close());
      this.#watcher = watcher;
    } catch {
      // Without a watch the recheck finds the file.
    }
  }
}
