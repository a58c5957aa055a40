import type { CommandInput } from '@cynodeai/command-line/definition';
import { canonicalModel, isCloudModel } from '@cynodeai/contracts/model';
import { LauncherError } from '../base/launcher-error.ts';
import { smallestModel } from '../domain/inference.ts';
import { modelBytes, sizeText } from '../inference/download.ts';
import { listModels, modelNamed } from '../inference/list-models.ts';
import { forgetAgreed } from '../inference/pull-agreed.ts';
import { pullModel } from '../inference/pull-model.ts';
import { findInstall } from '../install/install.ts';
import { agreedBefore, ask, canAsk } from '../terminal/ask.ts';
import { Progress } from '../terminal/progress.ts';
import type { CommandContext } from './command-context.ts';
import type { modelPullArgs, modelPullFlags } from './flags.ts';
import { takeUp, usedService } from './model-service.ts';

/** An interrupted start need not ask for it any more. */
async function noteFetched({ env }: CommandContext, name: string): Promise<void> {
  const install = findInstall(env);
  const agreed = install?.inference.agreedModel;
  if (install === undefined || agreed === undefined) return;
  if (canonicalModel(agreed) === canonicalModel(name)) await forgetAgreed(install);
}

/**
 * `model pull [NAME]`: has the model service fetch a model. Who runs it has agreed to the download; on a terminal the
 * size is shown first and asked about. See docs/reference/cli.md#model-commands.
 */
export async function modelPull(
  context: CommandContext,
  { args, flags }: CommandInput<typeof modelPullArgs, typeof modelPullFlags>,
): Promise<void> {
  const { env, output, notes, signal } = context;
  const name = args.name ?? smallestModel;
  if (isCloudModel(name)) {
    const why =
      'it is computed by the maker of the service and cannot be fetched; fetch a local one, such as: cynode model pull';
    throw new LauncherError('usage', `${name} is a model of a cloud: ${why}`);
  }
  const { url, isUsed } = await usedService(env);
  const known = modelNamed(await listModels(url), name);
  if (known === undefined) {
    const what = `${name} (${sizeText(await modelBytes(name))})`;
    if (canAsk(env) && !agreedBefore(flags.yes ?? false, env)) {
      if (!(await ask(`Have the model service at ${url} download ${what}?`, signal))) {
        throw new LauncherError('declined', 'nothing was downloaded');
      }
    } else if (!flags.quiet)
      await notes.text(`cynode: the model service at ${url} downloads ${what}\n`);
    const progress = new Progress({ quiet: flags.quiet ?? false });
    await pullModel({ url, model: name, signal, progress });
  }
  if (isUsed) await noteFetched(context, name);
  await output.text(`model=${known?.name ?? name} available=true\n`);
  if (flags.quiet) return;
  const next = isUsed
    ? `a prompt without another model uses it by itself; to use it always: cynode model use ${name}`
    : `this install does not use that service; take it into use with: ${takeUp(url, env)}`;
  await notes.text(`cynode: ${next}\n`);
}
