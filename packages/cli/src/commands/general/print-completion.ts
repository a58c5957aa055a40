import { type CompletionModel, buildModel } from '@cynodeai/command-line/completion';
import type { CommandHandler, Program } from '@cynodeai/command-line/definition';
import type { CommandContext } from '../context.ts';
import { bashScript } from '../../completion/bash-script.ts';
import { fishScript } from '../../completion/fish-script.ts';
import { zshScript } from '../../completion/zsh-script.ts';
import type { completionArgs } from './completion-args.ts';

const scripts: Readonly<Record<string, (model: CompletionModel) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

type Handler = CommandHandler<
  Pick<CommandContext, 'output'>,
  typeof completionArgs,
  Record<string, never>
>;

/**
 * `cynork completion <shell>`: a script made from the command definitions; in JSON it is one
 * string. See docs/reference/cli.md#completion.
 */
export function completionPrinter(program: Program<CommandContext>): Handler {
  return async ({ output }, { args }) => {
    const script = scripts[args.shell]?.(buildModel(program)) ?? '';
    if (output.format === 'table') await output.text(script);
    else await output.print({ records: [], json: { shell: args.shell, script } });
  };
}
