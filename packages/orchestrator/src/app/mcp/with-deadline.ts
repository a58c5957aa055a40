import { ToolRefusal } from '../../domain/mcp/tool-refusal.ts';

/**
 * Runs work that changes nothing here until it ends, the time is over, or the client leaves; in the last two cases the
 * work hears of it by its signal and is not waited for.
 * @throws ToolRefusal `tool_timeout`, `interrupted`, or what the work throws.
 */
export async function withDeadline<T>(
  ms: number,
  client: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  // It may lose the race without anybody listening.
  promise.catch(() => {});
  const timer = setTimeout(() => {
    reject(new ToolRefusal('tool_timeout', `it took longer than ${ms / 1000} seconds`));
    ending.abort();
  }, ms);
  const leave = (): void => {
    reject(new ToolRefusal('interrupted', 'the client left'));
    ending.abort();
  };
  if (client.aborted) leave();
  client.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work(ending.signal), promise]);
  } finally {
    clearTimeout(timer);
    client.removeEventListener('abort', leave);
  }
}
