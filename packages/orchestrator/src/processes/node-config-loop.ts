import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { type NotificationListener, channels } from '../adapters/postgres/notifications.ts';
import { Ticker } from '../app/loops/ticker.ts';
import { type RefreshConfigsDeps, refreshConfigs } from '../app/nodes/refresh-configs.ts';
import { shapesNodeConfig } from '../domain/nodes/config-settings.ts';

/** The net below notifications, ms: nodes take a configuration when they start, so nothing waits for it. */
const pollMs = 300_000;

/**
 * Keeps the desired configurations of nodes in step with the settings they are made of.
 * See docs/reference/nodes.md#configuration.
 */
export function startNodeConfigLoop(
  deps: RefreshConfigsDeps,
  listener: NotificationListener,
  scope: ProcessScope,
): void {
  const log = scope.log.child({ module: 'node-config' });
  const stop = new AbortController();
  const ticker = new Ticker({ name: 'care of node configurations', pollMs, log, sleep });
  listener.on(channels.settings, (key) => {
    if (shapesNodeConfig(key)) ticker.wake();
  });
  listener.onReconnect(() => ticker.wake());
  const running = ticker.run(() => refreshConfigs({ ...deps, log }), stop.signal);
  scope.shutdown.add('care of node configurations', async () => {
    stop.abort();
    await running;
  });
}
