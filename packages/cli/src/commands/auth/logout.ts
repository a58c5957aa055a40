import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { messageOf } from '@cynodeai/runtime/std';
import type { CommandContext } from '../context.ts';
import { isSignal } from '../../base/exit-code.ts';
import type { Session } from '../../config/session.ts';

type Context = Pick<CommandContext, 'signingIn' | 'notes' | 'output' | 'sessions'>;

const revokeLimitMs = 3000;

/** Tells the gateway, briefly; the local logout goes on whatever comes of it. */
async function revoke(
  session: Session | undefined,
  { signingIn, notes }: Pick<Context, 'signingIn' | 'notes'>,
): Promise<void> {
  if (session?.refresh === undefined) return;
  try {
    const client = await signingIn();
    await client.call(gatewayRoutes.logout, {
      body: { refresh_token: session.refresh.reveal() },
      timeoutMs: revokeLimitMs,
    });
  } catch (error) {
    if (isSignal(error)) throw error;
    await notes.warn(`the session was not revoked at the gateway: ${messageOf(error)}`);
  }
}

/**
 * `cynork auth logout`: works offline and when already logged out.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function logout({ signingIn, notes, output, sessions }: Context): Promise<void> {
  await sessions.lock(async () => {
    const session = await sessions.read().catch(async (error: unknown) => {
      if (isSignal(error)) throw error;
      await notes.warn(messageOf(error));
      return undefined;
    });
    await revoke(session, { signingIn, notes });
    await sessions.clear();
  }, false);
  await output.print({ records: [{ logged_out: true }], json: { logged_out: true } });
}
