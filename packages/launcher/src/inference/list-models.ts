import {
  type OllamaTags,
  canonicalModel,
  guessedCapabilities,
  isCloudModel,
  listedName,
  ollamaRoutes,
} from '@cynodeai/contracts/model';
import { HttpClient, callRoute } from '@cynodeai/runtime/call';

/** A model on the disk of a service. */
export interface ListedModel {
  /** As the service spells it. */
  readonly name: string;
  readonly sizeBytes?: number;
  /** In the words of the service, such as `completion`; guessed where it has none. */
  readonly capabilities: readonly string[];
}

const limitMs = 10_000;
/** What names a model; a service may list anything. */
const plainName = /^[A-Za-z0-9][\w.:/@-]{0,254}$/;

interface Asked {
  readonly client: HttpClient;
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

async function capabilitiesOf(
  name: string,
  families: readonly string[],
  how: Asked,
): Promise<readonly string[]> {
  try {
    const { body } = await callRoute(ollamaRoutes.show, { body: { model: name } }, how);
    if (body.capabilities !== undefined) return body.capabilities;
  } catch {
    // An older or busy service: its name and family tell as much as there is to know.
  }
  return guessedCapabilities(name, families);
}

type Entry = NonNullable<OllamaTags['models']>[number];

/**
 * The entries of a list that are models on the disk of the service, by name: what its maker's cloud computes is none,
 * and nor is what no command could name.
 */
export function ownModels({ models }: OllamaTags): readonly (readonly [string, Entry])[] {
  return (models ?? [])
    .map((entry) => [listedName(entry), entry] as const)
    .filter(
      ([name, { remote_host }]) => !remote_host && plainName.test(name) && !isCloudModel(name),
    );
}

/** The models of a service, but for those that its maker's cloud computes. @throws CallError */
export async function listModels(url: string): Promise<readonly ListedModel[]> {
  const client = new HttpClient();
  const how = { client, baseUrl: url, timeoutMs: limitMs };
  try {
    const tags = (await callRoute(ollamaRoutes.tags, {}, how)).body;
    const listed: ListedModel[] = [];
    // What stands for a model of a cloud is not even asked about: the question would be passed on.
    for (const [name, { size, capabilities, details }] of ownModels(tags)) {
      const families = [details?.family, details?.families].flat().filter((one) => one != null);
      listed.push({
        name,
        ...(size !== undefined && { sizeBytes: size }),
        capabilities: capabilities ?? (await capabilitiesOf(name, families, how)),
      });
    }
    return listed;
  } finally {
    await client.close();
  }
}

/** The listed model of that name, however it is spelled. */
export function modelNamed(models: readonly ListedModel[], name: string): ListedModel | undefined {
  return models.find((model) => canonicalModel(model.name) === canonicalModel(name));
}
