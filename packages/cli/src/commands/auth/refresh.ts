import { notLoggedIn } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import { exchange } from '../../gateway/tokens.ts';

/**
 * `cynork auth refresh`: exchanges the stored refresh token and keeps the new pair.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function refresh({
  signingIn,
  output,
  sessions,
}: Pick<CommandContext, 'signingIn' | 'output' | 'sessions'>): Promise<void> {
  const client = await signingIn();
  await sessions.lock(async () => {
    const session = await sessions.read();
    if (session?.refresh === undefined) throw notLoggedIn();
    await exchange(client, sessions, session.refresh);
  }, false);
  await output.print({ records: [{ refreshed: true }], json: { refreshed: true } });
}
