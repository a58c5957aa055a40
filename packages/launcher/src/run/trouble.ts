import { sleep } from '@cynodeai/runtime/lifecycle';
import { LauncherError } from '../base/launcher-error.ts';

/** Why work cannot be done right now. */
export interface Trouble {
  readonly text: string;
  /** It will not pass by itself. */
  readonly lasting: boolean;
  /** Somebody works on it, such as a model that is loading: patience does not run out meanwhile. */
  readonly working?: boolean;
  /** It passes once a person does what its text says. */
  readonly needsSomebody?: boolean;
}

/** How long trouble may last that nobody works on, ms. */
export const patienceMs = 120_000;

export interface WaitOptions {
  readonly find: () => Promise<Trouble | undefined>;
  /** Pause between looks, ms. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
  /** Patience with what needs somebody, ms; that with everything unless told. */
  readonly somebodyMs?: number;
  /** What cannot be done while the trouble lasts. */
  readonly lead?: string;
}

/** Waits until there is no trouble, and shows what is waited for. @throws LauncherError `stack` when it stays. */
export async function waitOut(options: WaitOptions): Promise<void> {
  const { find, everyMs, signal, onStep, lead = 'no work can be done' } = options;
  const { somebodyMs = patienceMs } = options;
  let deadline = performance.now() + patienceMs;
  let neededSince = Number.POSITIVE_INFINITY;
  for (;;) {
    const trouble = await find();
    if (trouble === undefined) return;
    signal.throwIfAborted();
    onStep(`waiting: ${trouble.text.split('\n')[0] ?? ''}`);
    if (trouble.working) deadline = performance.now() + patienceMs;
    const now = performance.now();
    neededSince = trouble.needsSomebody ? Math.min(neededSince, now) : Number.POSITIVE_INFINITY;
    if (trouble.lasting || now > deadline || now - neededSince > somebodyMs) {
      throw new LauncherError('stack', `${lead}: ${trouble.text}`);
    }
    await sleep(everyMs, signal);
  }
}
