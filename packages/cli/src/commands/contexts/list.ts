import { messageOf } from '@cynodeai/runtime/std';
import { localContext } from '../../config/contexts.ts';
import { isMarkOf, originOf } from '../../config/gateway-address.ts';
import { isSignal } from '../../base/exit-code.ts';
import type { KeptSession } from '../../config/session.ts';
import type { CommandContext } from '../context.ts';

type Context = Pick<CommandContext, 'contexts' | 'notes' | 'output' | 'sessions' | 'settings'>;

async function sessionsOf({ sessions, notes }: Context): Promise<readonly KeptSession[]> {
  try {
    return await sessions.all();
  } catch (error) {
    if (isSignal(error)) throw error;
    await notes.warn(messageOf(error));
    return [];
  }
}

/** `cynork context list`: asks no gateway. See docs/reference/cli.md#contexts. */
export async function list(context: Context): Promise<void> {
  const { contexts, notes, output, settings } = context;
  const { gateways, current } = await contexts.all();
  const kept = await sessionsOf(context);
  const all = [{ name: localContext, url: settings.localUrl }, ...gateways];
  const items = all.map(({ name, url }) => {
    const origin = originOf(url);
    return {
      name,
      gateway: url,
      current: name === (current?.name ?? localContext),
      session: origin !== undefined && kept.some(({ gateway }) => isMarkOf(gateway, origin)),
    };
  });
  const columns = ['name', 'gateway', 'current', 'session'];
  await output.print({ list: { columns, rows: items }, json: { contexts: items } });
  if (settings.hasEnvGateway) await notes.hint('CYNORK_GATEWAY_URL takes precedence over these');
}
