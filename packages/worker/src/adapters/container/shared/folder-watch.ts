import { type FSWatcher, watch } from 'node:fs';

/** How often a waiting one looks by itself, in ms, in case the kernel has no watch to give. */
const recheckMs = 250;

/** Tells of changes of files in one folder, by name. One watch of the kernel serves all who wait. */
export class FolderWatch implements Disposable {
  readonly #waiting = new Map<string, () => void>();
  readonly #dir: string;
  #watcher: FSWatcher | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Calls `look` after each change of the file and now and then, until the returned function was called. */
  onChange(name: string, look: () => void): () => void {
    this.#waiting.set(name, look);
    this.#open();
    const timer = setInterval(look, recheckMs);
    return () => {
      clearInterval(timer);
      if (this.#waiting.get(name) === look) this.#waiting.delete(name);
    };
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
