import type { CommandContext } from '../command-context.ts';
import { bashScript } from '../completion/bash-script.ts';
import { fishScript } from '../completion/fish-script.ts';
import { type CompletionModel, buildModel } from '../completion/model.ts';
import { zshScript } from '../completion/zsh-script.ts';
import type { CommandDefinition, CommandGroup, CommandHandler } from '../program/definition.ts';
import type { completionArgs } from './completion-args.ts';

const scripts: Readonly<Record<string, (model: CompletionModel) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `cynork completion <shell>`: a script made from the command definitions; in JSON it is one string. Contract 05 section 9. */
export function completionPrinter(
  definitions: readonly CommandDefinition[],
  groups: readonly CommandGroup[],
): CommandHandler<typeof completionArgs, Record<string, never>> {
  return async ({ output }: Pick<CommandContext, 'output'>, { args }) => {
    const script = scripts[args.shell]?.(buildModel(definitions, groups)) ?? '';
    if (output.format === 'table') await output.text(script);
    else await output.print({ records: [], json: { shell: args.shell, script } });
  };
}
