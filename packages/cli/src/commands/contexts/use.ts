import type { CommandInput } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';

/** `cynork context use`: asks no gateway. See docs/reference/cli.md#contexts. */
export async function use(
  {
    contexts,
    notes,
    output,
    sessions,
    settings,
  }: Pick<CommandContext, 'contexts' | 'notes' | 'output' | 'sessions' | 'settings'>,
  { args: { name } }: CommandInput<{ readonly name: string }, Record<string, never>>,
): Promise<void> {
  await sessions.lock(async () => {
    // First, for a session without a mark is of the gateway that was in use up to now.
    await sessions.mark();
    await contexts.use(name);
    await sessions.arrange();
  }, false);
  const { current } = await contexts.all();
  if (settings.hasEnvGateway) {
    await notes.warn('CYNORK_GATEWAY_URL is set and still takes precedence over this gateway');
  }
  const used = { context: name, gateway: current?.url ?? settings.localUrl };
  await output.print({ records: [used], json: used });
}
