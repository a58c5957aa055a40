import { type GatewayClient, GatewayError } from '@cynodeai/api-client';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { canonicalModel, pinnedModelKey } from '@cynodeai/contracts/model';
import type { Env } from '@cynodeai/runtime/config';
import { pullCommand } from '../domain/inference.ts';
import { sizeText } from '../inference/download.ts';
import { type ListedModel, listModels } from '../inference/list-models.ts';
import { findInstall } from '../install/install.ts';
import { localClient } from '../run/local-client.ts';
import { runningStack } from '../stack/running-stack.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { modelListFlags } from './flags.ts';
import { usedService } from './model-service.ts';

async function settingOf(client: GatewayClient): Promise<unknown> {
  try {
    const params = { key: pinnedModelKey };
    return (await client.call(gatewayRoutes.getSetting, { params })).value;
  } catch (error) {
    // Nobody pinned one, or nobody can tell now.
    if (error instanceof GatewayError) return undefined;
    throw error;
  } finally {
    await client.close();
  }
}

/** The model somebody pinned; undefined also where no stack runs that could tell. */
async function pinnedModel(env: Env): Promise<string | undefined> {
  const install = findInstall(env);
  if (install === undefined || runningStack(install) === undefined) return undefined;
  const value = await settingOf(localClient(install));
  return typeof value === 'string' ? value : undefined;
}

/** The models as people read them. */
export function modelsText(
  models: readonly ListedModel[],
  pinned: string | undefined,
  url: string,
): string {
  if (models.length === 0) return `no model is at ${url}; get one with: ${pullCommand}\n`;
  const rows = models.map((model) => [
    model.name,
    sizeText(model.sizeBytes),
    [...model.capabilities, ...(isPinned(model, pinned) ? ['(pinned)'] : [])].join(' '),
  ]);
  const width = (column: number): number =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map(([name = '', size = '', can = '']) =>
      `${name.padEnd(width(0))}  ${size.padStart(width(1))}  ${can}`.trimEnd(),
    )
    .join('\n')
    .concat('\n');
}

function isPinned({ name }: ListedModel, pinned: string | undefined): boolean {
  return pinned !== undefined && canonicalModel(name) === canonicalModel(pinned);
}

/** `model list`: what the model service has. See docs/reference/cli.md#model-commands. */
export async function modelList(
  { env, output }: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof modelListFlags> },
): Promise<void> {
  const { url } = await usedService(env);
  const [models, pinned] = await Promise.all([listModels(url), pinnedModel(env)]);
  if (flags.output === 'json') {
    await output.json({
      url,
      models: models.map((model) => ({
        name: model.name,
        ...(model.sizeBytes !== undefined && { size_bytes: model.sizeBytes }),
        capabilities: model.capabilities,
        pinned: isPinned(model, pinned),
      })),
    });
  } else {
    await output.text(modelsText(models, pinned, url));
  }
}
