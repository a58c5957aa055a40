import { sleep } from '@cynodeai/runtime/lifecycle';
import { elapsedMs, parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { WorkerError } from '../../../domain/errors.ts';
import { type Daemon, type DaemonAnswer, daemonMessage } from './daemon.ts';

/** Time a removal may take, ms. */
const removeLimitMs = 20_000;
const recheckMs = 50;

const gone = (answer: DaemonAnswer): boolean => answer.status === 204 || answer.status === 404;

/** Removes a container and its volumes by force; one that does not exist is fine. @throws WorkerError `container_resists` */
export async function forceRemove(daemon: Daemon, name: string): Promise<void> {
  const deadline = elapsedMs() + removeLimitMs;
  for (;;) {
    const left = deadline - elapsedMs();
    const answer = await daemon.call('DELETE', `/containers/${name}?force=1&v=1`, {
      timeoutMs: Math.max(1000, left),
    });
    if (gone(answer)) return;
    // 409: another removal, the engine's own, is on its way.
    if (answer.status !== 409 || left <= 0) {
      const message = `container ${name} could not be removed: ${daemonMessage(answer)}`;
      throw new WorkerError('container_resists', message);
    }
    await sleep(recheckMs);
  }
}

const listSchema = z.array(z.object({ Names: z.array(z.string()) }));

/** Names of all containers with a label. */
export async function listContainers(daemon: Daemon, label: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const answer = await daemon.call('GET', `/containers/json?all=1&filters=${filters}`);
  if (answer.status !== 200) throw new WorkerError('engine_unusable', daemonMessage(answer));
  return listSchema
    .parse(parseJson(answer.text))
    .flatMap(({ Names }) => Names.slice(0, 1).map((name) => name.replace(/^\//, '')));
}
