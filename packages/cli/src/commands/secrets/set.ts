import type { CommandInput } from '@cynodeai/command-line/definition';
import { leastMaskedBytes, secretNameSchema, secretValueSchema } from '@cynodeai/contracts/common';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { CliError } from '../../base/cli-error.ts';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>;

/** A name as the gateway takes it. @throws CliError `usage` */
export function checkedName(name: string): string {
  const parsed = secretNameSchema.safeParse(name);
  if (parsed.success) return name;
  const why = parsed.error.issues[0]?.message ?? '';
  throw new CliError('usage', `${JSON.stringify(name)} cannot be the name of a secret: it ${why}`);
}

/** What was typed or piped, without one line end. @throws CliError `usage` with nothing of it in the words */
async function valueOf(name: string, { terminal }: Context): Promise<string> {
  const typed = terminal.isInteractive
    ? ((await terminal.askSecret(`Value of ${name}:`)) ?? '')
    : (await terminal.readAll()).replace(/\r?\n$/, '');
  const parsed = secretValueSchema.safeParse(typed);
  if (parsed.success) return typed;
  throw new CliError('usage', `the value ${parsed.error.issues[0]?.message ?? 'cannot be used'}`);
}

/** `cynork secrets set`: no flag and no variable takes the value. See docs/reference/cli.md#secret-commands. */
export async function setSecret(
  context: Context,
  { args }: CommandInput<{ readonly name: string }, Record<string, never>>,
): Promise<void> {
  const name = checkedName(args.name);
  const client = await context.authenticated();
  const value = await valueOf(name, context);
  const answer = await client.read(gatewayRoutes.putSecret, { params: { name }, body: { value } });
  const { size_bytes, maskable } = holding(answer, 'name');
  const kept = { name, size_bytes };
  if (maskable === false) {
    await context.notes.warn(
      `${name} is shorter than ${leastMaskedBytes} bytes: where a job writes it, it is not masked`,
    );
  }
  await context.output.print({ records: [kept], json: kept });
}
