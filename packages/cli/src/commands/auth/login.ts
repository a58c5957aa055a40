import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { CliError } from '../../base/cli-error.ts';
import { requireContextName } from '../../config/context-store.ts';
import { authorityToTrust } from '../../gateway/authority-to-trust.ts';
import { issuerOf } from '../../gateway/connect.ts';
import type { CommandContext } from '../context.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { passwordFromInput, promptPassword, type Terminal } from '@cynodeai/command-line/terminal';
import type { loginFlags } from './flags.ts';

type LoginFlags = CommandInput<Record<string, never>, typeof loginFlags>['flags'];
type Context = Pick<
  CommandContext,
  'signingIn' | 'notes' | 'output' | 'sessions' | 'contexts' | 'settings' | 'signal' | 'terminal'
>;

async function askHandle(flags: LoginFlags, terminal: Terminal): Promise<string> {
  const handle = flags.user ?? flags.handle ?? (await terminal.ask('User:')) ?? '';
  if (handle === '') throw new CliError('usage', 'the user name is empty');
  return handle;
}

/**
 * `cynork auth login`: prompts or standard input, never an argument.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function login(
  { signingIn, notes, output, sessions, contexts, settings, signal, terminal }: Context,
  { flags }: { readonly flags: LoginFlags },
): Promise<void> {
  if (flags.user !== undefined && flags.handle !== undefined) {
    throw new CliError('usage', '--user and --handle are the same; give one of them');
  }
  if (flags.passwordStdin && (flags.user ?? flags.handle) === undefined) {
    throw new CliError('usage', '--password-stdin needs --user');
  }
  const target = settings.target();
  const isNew = target.source === 'flag';
  const { contextName } = settings;
  if (isNew && contextName !== undefined) requireContextName(contextName);
  sessions.requirePlace();
  const authority = await authorityToTrust(target, flags.fingerprint, { terminal, notes, signal });
  const client = await signingIn(authority);
  // Whoever types a password sees whom it goes to.
  const asks = terminal.isInteractive || (flags.user ?? flags.handle) === undefined;
  if (asks && !flags.passwordStdin) await notes.say(`Logging in to ${target.url}`);
  const handle = await askHandle(flags, terminal);
  const password = flags.passwordStdin
    ? await passwordFromInput(terminal)
    : await promptPassword(terminal, 'Password:');
  const tokens = await client.call(gatewayRoutes.login, { body: { handle, password } });
  await sessions.lock(async () => {
    await sessions.save(issuerOf(target), tokens.access_token, tokens.refresh_token);
    if (!isNew) return;
    // First, for a session without a mark is of the gateway in use up to now, which stays where this fails.
    await sessions.mark();
    await contexts.keep(target.url, contextName, authority);
    await sessions.arrange();
  });
  if (isNew && settings.hasEnvGateway) {
    await notes.warn('CYNORK_GATEWAY_URL is set and still takes precedence over this gateway');
  }
  if (settings.envToken !== undefined) {
    await notes.warn('CYNORK_TOKEN is set and still takes precedence over this session');
  }
  await output.print({
    records: [{ logged_in: true, user: handle }],
    json: { logged_in: true, user: handle },
  });
}
