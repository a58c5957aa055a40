import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { uuidv7 } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { ModelWorkerClient } from '../adapters/nodes/model-worker-client.ts';
import { postgresPmModelStore } from '../adapters/postgres/models/pm-model-store.ts';
import { type NotificationListener, channels } from '../adapters/postgres/notifications.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { Ticker } from '../app/loops/ticker.ts';
import { PmModelManager } from '../app/models/pm-model-manager.ts';
import type { NodeTokenVault } from '../ports/node-secrets.ts';
import type { ControlPlaneHttp } from './control-plane-http.ts';

/** The net below notifications, ms. */
const pollMs = 5000;
/**
 * Least time between two runs: a burst of changes makes one, ms.
 * See docs/reference/inference.md#watching.
 */
const debounceMs = 100;

export interface PmModelLoopOptions {
  readonly db: Kysely<Database>;
  readonly vault: NodeTokenVault;
  readonly listener: NotificationListener;
  readonly http: ControlPlaneHttp;
  /** The stand-in model of this install; undefined = not enabled. */
  readonly demoModel: string | undefined;
}

/**
 * Starts looking after the Project Manager's model.
 * See docs/reference/inference.md#project-manager-model.
 */
export function startPmModelLoop(options: PmModelLoopOptions, scope: ProcessScope): void {
  const { db, vault, listener, http, demoModel } = options;
  const log = scope.log.child({ module: 'pm-model' });
  const worker = new ModelWorkerClient(http);
  const manager = new PmModelManager({
    store: postgresPmModelStore(db, { vault, demoModel }),
    worker,
    log,
    newId: uuidv7,
  });
  const stop = new AbortController();
  let waitMs = pollMs;
  const ticker = new Ticker({
    name: "care of the Project Manager's model",
    pollMs: () => waitMs,
    log,
    sleep,
  });
  const wake = (): void => ticker.wake();
  listener.on(channels.models, wake);
  listener.on(channels.settings, wake);
  listener.onReconnect(wake);
  const running = ticker.run(async () => {
    waitMs = pollMs;
    const next = await manager.run(stop.signal);
    waitMs = Math.min(pollMs, next ?? pollMs);
    await sleep(debounceMs, stop.signal);
  }, stop.signal);
  scope.shutdown.add("care of the Project Manager's model", async () => {
    stop.abort();
    await running;
  });
}
