import { notLoggedIn } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import { issuerOf } from '../../gateway/connect.ts';
import { exchange } from '../../gateway/tokens.ts';

/**
 * `cynork auth refresh`: exchanges the stored refresh token and keeps the new pair.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function refresh({
  signingIn,
  output,
  sessions,
  settings,
}: Pick<CommandContext, 'signingIn' | 'output' | 'sessions' | 'settings'>): Promise<void> {
  const client = await signingIn();
  const issuer = issuerOf(settings.target());
  await sessions.lock(async () => {
    const session = await sessions.read(issuer.origin);
    if (session?.refresh === undefined) throw notLoggedIn(settings.loginCommand);
    await exchange(client, sessions, issuer, session.refresh);
  }, false);
  await output.print({ records: [{ refreshed: true }], json: { refreshed: true } });
}
