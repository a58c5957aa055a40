import type { Executor } from '../database.ts';
import { type NotificationListener, channels } from '../notifications.ts';
import { readSettings } from './read-settings.ts';

/** A setting that many calls look at: read by the first of them, and anew once it has changed. */
export function watchedSetting(
  db: Executor,
  listener: Pick<NotificationListener, 'on' | 'onReconnect'>,
  key: string,
): () => Promise<unknown> {
  let known: Promise<unknown> | undefined;
  const forget = (): void => {
    known = undefined;
  };
  listener.on(channels.settings, (changed) => {
    if (changed === key) forget();
  });
  // What changed while nobody listened was told to nobody.
  listener.onReconnect(forget);
  return async () => {
    const reading = (known ??= readSettings(db, [key]).then((settings) => settings.get(key)));
    try {
      return await reading;
    } catch (error) {
      if (known === reading) forget();
      throw error;
    }
  };
}
