import type { TaskSignals } from '../../../ports/tasks.ts';
import { type NotificationListener, channels } from '../notifications.ts';

/** Shares one listening connection among all waiters of a process; a lost connection wakes everybody. */
export function postgresTaskSignals(listener: NotificationListener): TaskSignals {
  const waiting = new Map<string, Set<() => void>>();
  const wakeAll = (wakes: ReadonlySet<() => void> | undefined): void => {
    for (const wake of wakes ?? []) wake();
  };
  listener.on(channels.tasks, (taskId) => wakeAll(waiting.get(taskId)));
  listener.onReconnect(() => {
    for (const wakes of waiting.values()) wakeAll(wakes);
  });
  return {
    subscribe: (taskId, wake) => {
      const wakes = waiting.get(taskId) ?? new Set();
      waiting.set(taskId, wakes.add(wake));
      return () => {
        wakes.delete(wake);
        if (wakes.size === 0) waiting.delete(taskId);
      };
    },
  };
}
