import { messageOf } from '@cynodeai/runtime/std';
import type { CommandContext } from '../context.ts';
import { isSignal } from '../../base/exit-code.ts';
import { isMarkOf } from '../../config/gateway-address.ts';
import type { KeptSession } from '../../config/session.ts';
import { revoke } from '../shared/revoke.ts';

type Context = Pick<
  CommandContext,
  'signingIn' | 'notes' | 'output' | 'sessions' | 'contexts' | 'settings'
>;

/** The only session there is, of a client that was never told of more than one gateway; it is not sent to this one. */
async function onlyOne(
  all: readonly KeptSession[],
  { contexts, settings }: Pick<Context, 'contexts' | 'settings'>,
): Promise<KeptSession | undefined> {
  const { source } = settings.target();
  const { gateways } = await contexts.all();
  const isNamed = source === 'flag' || source === 'context' || gateways.length > 1;
  return isNamed || all.length !== 1 ? undefined : all[0];
}

/**
 * `cynork auth logout`: works offline and when already logged out.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function logout(context: Context): Promise<void> {
  const { signingIn, notes, output, sessions, settings } = context;
  const { origin, url } = settings.target();
  await sessions.lock(async () => {
    const { session, kept } = await sessions.find(origin).catch(async (error: unknown) => {
      if (isSignal(error)) throw error;
      await notes.warn(messageOf(error));
      return { session: undefined, kept: await sessions.inFile() };
    });
    const other = session === undefined ? await onlyOne(kept, context) : undefined;
    if (other !== undefined) {
      await notes.warn(`the session is of another gateway than ${url}: it was not revoked there`);
    }
    await revoke(session, signingIn, notes);
    await sessions.clear(
      (gateway) => isMarkOf(gateway, origin) || (other !== undefined && gateway === other.gateway),
    );
  }, false);
  await output.print({ records: [{ logged_out: true }], json: { logged_out: true } });
}
