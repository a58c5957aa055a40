import type { CommandContext } from '../context.ts';

type Context = Pick<CommandContext, 'notes' | 'output' | 'terminal'>;

export interface Confirmation {
  readonly question: string;
  /** `--yes`. */
  readonly yes: boolean | undefined;
  /** The id as it was typed; the only thing said of it when the answer is no. */
  readonly id: Readonly<Record<string, string>>;
}

/**
 * True when the user agrees; else says `aborted` and the command is over, exit 0.
 * See docs/reference/cli.md#confirmation (REQ-CLIENT-0128).
 */
export async function isConfirmed(
  { notes, output, terminal }: Context,
  { question, yes, id }: Confirmation,
): Promise<boolean> {
  if (yes || (await terminal.confirm(`${question} [y/N]`))) return true;
  await notes.say('aborted');
  if (output.format !== 'table') {
    await output.print({ records: [], json: { ...id, aborted: true } });
  }
  return false;
}
