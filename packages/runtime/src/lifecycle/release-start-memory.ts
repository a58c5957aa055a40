import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A process is long up by then, and the first job of a stack that was started for it is over. */
const settledMs = 5000;

type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

/**
 * Gives back, once, what only the start of a process needed, about 10 MB: code that ran and will not again, and space for
 * new objects. V8 does so at a full collection alone, which a process with little to do never comes to. The process
 * stands still for about a tenth of a second.
 */
export function releaseStartMemory(afterMs: number = settledMs): void {
  setTimeout(() => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as Collect;
    collect({ type: 'major', flavor: 'last-resort' });
  }, afterMs).unref();
}
