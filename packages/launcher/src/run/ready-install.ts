import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import type { Env } from '@cynodeai/runtime/config';
import { isImageImported } from '../image/image-marker.ts';
import type { DatabaseChoice } from '../domain/database.ts';
import { type InferenceChoice, wantsOtherInference } from '../domain/inference.ts';
import { type Install, findInstall, openInstall } from '../install/install.ts';
import { runningStack } from '../stack/running-stack.ts';
import { restartReason } from '../stack/restart-reason.ts';
import type { PortsChoice } from '../setup/moved-ports.ts';
import type { Progress } from '../terminal/progress.ts';
import { countRunning } from './count-running.ts';
import { findNodeTrouble } from './node-trouble.ts';
import { type InferenceNeed, findInferenceTrouble } from './prompt-trouble.ts';
import { type Trouble, waitOut } from './trouble.ts';

export interface ReadyOptions {
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly yes: boolean;
  /** What the command line says about inference. */
  readonly choice: InferenceChoice | undefined;
  /** What it says about ports. */
  readonly ports: PortsChoice | undefined;
  /** What it says about the database. */
  readonly database: DatabaseChoice | undefined;
  readonly need: InferenceNeed | undefined;
}

/** Pause between looks, ms: the node's readiness costs nothing, the gateway's a query. */
const lookEveryMs = { node: 25, gateway: 100 } as const;

/** Which inference a task needs. */
export function needOf(request: CreateTaskRequest): InferenceNeed | undefined {
  if (request.input_mode === 'prompt') return 'answer';
  return request.use_inference ? 'relay' : undefined;
}

/** What keeps a task from being done right now. */
export function findTrouble(
  install: Install,
  need: InferenceNeed | undefined,
): Promise<Trouble | undefined> {
  return need === undefined ? findNodeTrouble(install) : findInferenceTrouble(install, need);
}

/**
 * The install with a running stack that can do such a task. On a warm start without inference this reads three small
 * files and nothing else.
 * @throws LauncherError `stack` with the reason when it does not become ready.
 */
export async function readyInstall(options: ReadyOptions): Promise<Install> {
  const { install, fresh } = await startedInstall(options);
  const tell = (): void => {
    if (!fresh) return;
    options.progress.note(`the stack stays up at ${install.gatewayUrl}; cynode down stops it`);
  };
  try {
    await untilAble(install, fresh, options);
  } catch (error) {
    // Who calls it off now leaves a stack behind.
    if (options.signal.aborted && runningStack(install) !== undefined) tell();
    throw error;
  }
  tell();
  return install;
}

async function untilAble(install: Install, fresh: boolean, options: ReadyOptions): Promise<void> {
  const { signal, progress, need } = options;
  const common = { signal, onStep: (what: string) => progress.step(what) };
  // Just after a start the gateway still knows what the node said before; what is switched off needs no node.
  const expectsModel = need === undefined || install.inference.path.kind !== 'none';
  if (fresh && expectsModel) {
    const find = (): Promise<Trouble | undefined> => findTrouble(install, undefined);
    await waitOut({ ...common, find, everyMs: lookEveryMs.node });
  }
  if (need === undefined) return;
  await fetchAgreed(install, options);
  const find = (): Promise<Trouble | undefined> => findTrouble(install, need);
  const lead = need === 'answer' ? 'the prompt cannot be answered' : 'the job cannot run';
  await waitOut({ ...common, find, everyMs: lookEveryMs.gateway, lead });
}

/** A model somebody agreed to comes with the first task that needs one; others do not wait for it. */
async function fetchAgreed(install: Install, { signal, progress }: ReadyOptions): Promise<void> {
  if (install.inference.agreedModel === undefined) return;
  const { pullAgreed } = await import('../inference/pull-agreed.ts');
  const { serviceUrlOf } = await import('../stack/inference-status.ts');
  const url = serviceUrlOf(install.inference.path, install);
  await pullAgreed({ install, url, signal, progress });
}

async function startedInstall(
  options: ReadyOptions,
): Promise<{ readonly install: Install; readonly fresh: boolean }> {
  const { env, signal, progress, yes, choice, ports, database } = options;
  const known = findInstall(env);
  const state = known && runningStack(known);
  const settled = known !== undefined && !wantsOtherInference(known.inference, choice, env);
  if (known !== undefined && state !== undefined) {
    const reason = restartReason(known, state, env, database);
    const usable = settled && isImageImported(known);
    const wanted = reason !== undefined && (usable || reason.binding);
    if (usable && reason === undefined) return { install: known, fresh: false };
    if (wanted) {
      const { offerRestart } = await import('../stack/offer-restart.ts');
      const { checkStart } = await import('../setup/check-start.ts');
      const restarted = await offerRestart(known, state, reason, {
        env,
        yes,
        signal,
        progress,
        countRunning,
        check: () => checkStart(known, env, database),
      });
      if (!restarted) return { install: known, fresh: false };
    }
  }
  const install = await openInstall(env);
  const { bringUp } = await import('../setup/bring-up.ts');
  const starting = { install, env, yes, signal, choice, ports, database, progress, countRunning };
  return {
    install: await bringUp({ ...starting, tellsDemo: options.need !== undefined }),
    fresh: true,
  };
}
