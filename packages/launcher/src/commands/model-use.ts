import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { completionCapability, isCloudModel, pinnedModelKey } from '@cynodeai/contracts/model';
import { LauncherError } from '../base/launcher-error.ts';
import { type ListedModel, listModels, modelNamed } from '../inference/list-models.ts';
import type { CommandContext } from './command-context.ts';
import type { modelUseArgs } from './flags.ts';
import { asLocalAdmin } from './local-admin.ts';
import { requireUsed, usedService } from './model-service.ts';

/** Longest list of names in a message. */
const namesShown = 20;

function namesOf(models: readonly ListedModel[]): string {
  if (models.length === 0) return 'none is';
  const names = models.slice(0, namesShown).map(({ name }) => name);
  const more = models.length > names.length ? ` and ${models.length - names.length} more` : '';
  return `${names.join(', ')}${more} ${models.length === 1 ? 'is' : 'are'}`;
}

/** The model by that name, which can answer. @throws LauncherError `setup`, `usage` */
function answeringModel(models: readonly ListedModel[], name: string, url: string): ListedModel {
  if (isCloudModel(name)) {
    const why = 'its prompts would leave this machine for the maker of the service';
    throw new LauncherError('usage', `${name} is a model of a cloud: ${why}; use a local one`);
  }
  const model = modelNamed(models, name);
  if (model === undefined) {
    throw new LauncherError(
      'setup',
      `no model ${name} is at ${url}: ${namesOf(models)} there; to fetch it: cynode model pull ${name}`,
    );
  }
  if (model.capabilities.includes(completionCapability)) return model;
  const can = model.capabilities.join(', ') || 'nothing it tells of';
  throw new LauncherError(
    'setup',
    `${model.name} cannot answer prompts (it can: ${can}); see which can with: cynode model list`,
  );
}

/** `model use NAME`: prompts go to that model alone. See docs/reference/cli.md#model-commands. */
export async function modelUse(
  context: CommandContext,
  { args }: CommandInput<typeof modelUseArgs, Record<string, never>>,
): Promise<number> {
  const service = await usedService(context.env);
  requireUsed(service, context.env);
  const { url } = service;
  const { name } = answeringModel(await listModels(url), args.name, url);
  return asLocalAdmin(context, async (client) => {
    const params = { key: pinnedModelKey };
    await client.call(gatewayRoutes.putSetting, { params, body: { value: name } });
    await context.output.text(`model=${name} pinned=true\n`);
    await context.notes.text(
      `cynode: prompts go to ${name} from now on; undo it with: cynork settings delete --key ${pinnedModelKey}\n`,
    );
  });
}
