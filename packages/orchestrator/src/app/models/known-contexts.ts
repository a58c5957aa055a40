import type { ModelClient, ModelEndpoint } from '../../ports/model-client.ts';

/** How long an answer is believed, ms: a model may be replaced by another of its name. */
const keptMs = 300_000;

/** How many tokens the models that are asked can hold, remembered for a while. */
export class KnownContexts {
  readonly #client: Pick<ModelClient, 'contextLength'>;
  readonly #monotonicMs: () => number;
  #last: { readonly key: string; readonly tokens: number; readonly until: number } | undefined;

  /** @param monotonicMs monotonic clock, ms */
  constructor(client: Pick<ModelClient, 'contextLength'>, monotonicMs: () => number) {
    this.#client = client;
    this.#monotonicMs = monotonicMs;
  }

  /** Context length of a model, tokens; undefined when its service does not say. */
  async of(
    endpoint: ModelEndpoint,
    model: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const key = `${endpoint.baseUrl} ${model}`;
    const now = this.#monotonicMs();
    if (this.#last?.key === key && this.#last.until > now) return this.#last.tokens;
    const tokens = await this.#client.contextLength(endpoint, model, signal);
    this.#last = tokens === undefined ? undefined : { key, tokens, until: now + keptMs };
    return tokens;
  }
}
