import type { CommandInput } from '@cynodeai/command-line/definition';
import { passwordFromInput, promptPassword, type Terminal } from '@cynodeai/command-line/terminal';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { CliError } from '../../base/cli-error.ts';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import type { passwdFlags } from './flags.ts';

interface Passwords {
  readonly current: string;
  readonly next: string;
}

/** The first line and all that follows it. */
async function fromInput(terminal: Terminal): Promise<Passwords> {
  const [current = '', ...more] = (await passwordFromInput(terminal)).split('\n');
  const next = more.join('\n');
  if (current === '' || next === '') {
    throw new CliError('usage', 'give the current password and, on the next line, the new one');
  }
  return { current: current.replace(/\r$/, ''), next };
}

async function fromPrompts(terminal: Terminal): Promise<Passwords> {
  const current = await promptPassword(terminal, 'Current password:');
  const next = await promptPassword(terminal, 'New password:');
  if ((await promptPassword(terminal, 'New password again:')) !== next) {
    throw new CliError('usage', 'the new passwords differ; nothing was changed');
  }
  return { current, next };
}

/**
 * `cynork auth passwd`: prompts or standard input, never an argument.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function passwd(
  {
    authenticated,
    output,
    terminal,
  }: Pick<CommandContext, 'authenticated' | 'output' | 'terminal'>,
  { flags }: CommandInput<Record<string, never>, typeof passwdFlags>,
): Promise<void> {
  const given = flags.passwordStdin ? await fromInput(terminal) : undefined;
  const client = await authenticated();
  // Renews a session that ran out; the change itself is sent once, since a wrong password is a 401 too and counts.
  const { handle } = holding(await client.read(gatewayRoutes.me, {}), 'handle');
  const { current, next } = given ?? (await fromPrompts(terminal));
  const body = { current_password: current, new_password: next };
  await client.call(gatewayRoutes.changePassword, { body, once: true });
  const changed = { user: handle, password_changed: true };
  await output.print({ records: [changed], json: changed });
}
