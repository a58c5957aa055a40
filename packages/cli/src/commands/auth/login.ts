import { gatewayRoutes } from '@cynodeai/contracts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import type { CommandInput } from '../../program/flag.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { loginFlags } from './flags.ts';

type LoginFlags = CommandInput<Record<string, never>, typeof loginFlags>['flags'];
type Context = Pick<
  CommandContext,
  'signingIn' | 'notes' | 'output' | 'sessions' | 'settings' | 'terminal'
>;

/** Strips exactly one newline, LF or CRLF: a password may end in another. */
function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

async function askHandle(flags: LoginFlags, terminal: Terminal): Promise<string> {
  const handle = flags.user ?? (await terminal.ask('User:')) ?? '';
  if (handle === '') throw new CliError('usage', 'the user name is empty');
  return handle;
}

async function askPassword(flags: LoginFlags, terminal: Terminal): Promise<string> {
  const password = flags.passwordStdin
    ? withoutNewline(await terminal.readAll())
    : await terminal.askSecret('Password:');
  if (!password) throw new CliError('usage', 'the password is empty');
  return password;
}

/** `cynork auth login`: prompts or standard input, never an argument. Contract 05 section 6.3. */
export async function login(
  { signingIn, notes, output, sessions, settings, terminal }: Context,
  { flags }: { readonly flags: LoginFlags },
): Promise<void> {
  if (flags.passwordStdin && flags.user === undefined) {
    throw new CliError('usage', '--password-stdin needs --user');
  }
  const client = await signingIn();
  const handle = await askHandle(flags, terminal);
  const password = await askPassword(flags, terminal);
  const tokens = await client.call(gatewayRoutes.login, { body: { handle, password } });
  await sessions.lock(() => sessions.save(tokens.access_token, tokens.refresh_token));
  if (settings.envToken !== undefined) {
    await notes.warn('CYNORK_TOKEN is set and still takes precedence over this session');
  }
  await output.print({
    records: [{ logged_in: true, user: handle }],
    json: { logged_in: true, user: handle },
  });
}
