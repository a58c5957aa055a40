import type { GatewayClient } from '@cynodeai/api-client';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { Notes } from '@cynodeai/command-line/output';
import { messageOf } from '@cynodeai/runtime/std';
import { isSignal } from '../../base/exit-code.ts';
import type { Session } from '../../config/session.ts';

const limitMs = 3000;

/** Tells the gateway that a session is over, briefly; what is done here goes on whatever comes of it. */
export async function revoke(
  session: Session | undefined,
  connect: () => Promise<GatewayClient>,
  notes: Notes,
): Promise<void> {
  if (session?.refresh === undefined) return;
  try {
    const client = await connect();
    await client.call(gatewayRoutes.logout, {
      body: { refresh_token: session.refresh.reveal() },
      timeoutMs: limitMs,
    });
  } catch (error) {
    if (isSignal(error)) throw error;
    await notes.warn(`the session was not revoked at the gateway: ${messageOf(error)}`);
  }
}
