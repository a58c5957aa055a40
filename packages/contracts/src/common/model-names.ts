/** The tag a model service adds to a bare name. */
export const defaultModelTag = 'latest';

/** What a service leaves out of a name it shows: its own registry, and the namespace of that registry's models. */
const defaultPlaces = ['https://', 'registry.ollama.ai/', 'library/'];

/**
 * The one form of a model's name: `x`, `X:latest`, `library/x` and `registry.ollama.ai/library/x` are one model for
 * its service. Names are compared in this form wherever they come from.
 */
export function canonicalModel(ref: string): string {
  const folded = ref.toLowerCase();
  const short = defaultPlaces.reduce(
    (rest, place) => (rest.startsWith(place) ? rest.slice(place.length) : rest),
    folded,
  );
  const name = short.slice(short.lastIndexOf('/') + 1);
  return name.includes(':') ? short : `${short}:${defaultModelTag}`;
}

/** Families of models that only turn text into vectors, and what their names have in them. */
const embeddingFamilies: readonly string[] = ['bert', 'nomic-bert', 'xlm-roberta', 't5encoder'];
const embeddingName = /embed|minilm|(?:^|[/-])bge(?:-|:)|(?:^|[/-])e5-/;

/** Whether a model turns text into vectors and completes none. */
export function looksLikeEmbedding(ref: string, families: readonly string[] = []): boolean {
  return (
    families.some((family) => embeddingFamilies.includes(family.toLowerCase())) ||
    embeddingName.test(canonicalModel(ref))
  );
}

/** What a model can do, as a service words it, when it writes text. */
export const completionCapability = 'completion';

/** What a model can do, in the words of a service, as far as its name and family tell: for services that do not say. */
export function guessedCapabilities(
  ref: string,
  families: readonly string[] = [],
): readonly string[] {
  return [looksLikeEmbedding(ref, families) ? 'embedding' : completionCapability];
}

/**
 * The setting that pins the local model of prompts, whatever the tier.
 * See docs/reference/settings.md#system-settings.
 */
export const pinnedModelKey = 'agents.project_manager.model.local_default_ollama_model';

/** Whether a name means a model that its service has computed elsewhere: whatever it is asked leaves the machine. */
export function isCloudModel(ref: string): boolean {
  const canonical = canonicalModel(ref);
  const colon = canonical.lastIndexOf(':');
  const [name, tag] = [canonical.slice(0, colon), canonical.slice(colon + 1)];
  return tag === 'cloud' || tag.endsWith('-cloud') || name.endsWith('-cloud');
}
