import { canonicalModel } from '@cynodeai/contracts/model';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { messageOf } from '@cynodeai/runtime/std';
import { type Install, findInstallAt, storeChoices } from '../install/install.ts';
import { agreedFor, pullCommand } from '../domain/inference.ts';
import type { Progress } from '../terminal/progress.ts';
import { lookAtService } from './ollama-probe.ts';
import { pullModel } from './pull-model.ts';

export interface PullAgreedOptions {
  readonly install: Install;
  /** Base URL of the install's model service; undefined when it has none. */
  readonly url: string | undefined;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A container of our own may take this long until it answers, ms. */
const startMs = 120_000;
const lookEveryMs = 250;

async function modelsOnceThere(url: string, signal: AbortSignal): Promise<readonly string[]> {
  const deadline = performance.now() + startMs;
  for (;;) {
    const look = await lookAtService(url);
    if (look.kind === 'ollama') return look.found.models;
    signal.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`no model service answers at ${url}`);
    await sleep(lookEveryMs, signal);
  }
}

/** Forgets that a model is still to be fetched; what another start has chosen meanwhile stays. */
export async function forgetAgreed(install: Install): Promise<Install> {
  const { agreedModel: _done, ...own } = install.inference;
  const { inference: stored } = findInstallAt(install.paths.home) ?? install;
  if (agreedFor(stored, own.path) !== undefined) {
    const { agreedModel: _stored, ...rest } = stored;
    await storeChoices(install, { inference: rest });
  }
  return { ...install, inference: own };
}

/**
 * Fetches the model that somebody agreed to at this start, or at an earlier one that was interrupted. One that cannot be
 * fetched keeps nothing from starting: prompts wait and readiness says why. @throws LauncherError `interrupted`
 */
export async function pullAgreed(options: PullAgreedOptions): Promise<Install> {
  const { install, url, signal, progress } = options;
  const model = agreedFor(install.inference, install.inference.path);
  if (model === undefined || url === undefined) return install;
  try {
    progress.step('waiting for the model service');
    const there = await modelsOnceThere(url, signal);
    const isThere = there.some((name) => canonicalModel(name) === canonicalModel(model));
    if (!isThere) await pullModel({ url, model, signal, progress });
    return await forgetAgreed(install);
  } catch (error) {
    signal.throwIfAborted();
    progress.note(`${messageOf(error)}; to try again: ${pullCommand}`);
    return install;
  }
}
