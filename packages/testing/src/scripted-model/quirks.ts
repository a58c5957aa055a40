import { at } from '@cynodeai/runtime/std';
import type { Behaviour, ModelRequest, Quirks } from './script.ts';

/** Tokens a service takes unless it is asked for more. */
const defaultContext = 4096;
/** Bytes of text per token, as this model counts. */
const bytesPerToken = 4;

const asks = new Set(['/api/generate', '/api/chat']);

function tokensOf({ text }: ModelRequest): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

function tooLong(version: string, tokens: number, context: number): Behaviour {
  // Older services say it in words; newer ones put JSON into their words.
  const words = 'the input length exceeds the context length';
  const counts = JSON.stringify({
    error: {
      code: 400,
      message: 'the request exceeds the available context size, try increasing it',
      type: 'exceed_context_size_error',
      n_prompt_tokens: tokens,
      n_ctx: context,
    },
  });
  const error = version.startsWith('0.24.') ? words : counts;
  return { kind: 'error', status: 400, error };
}

/** What a service with a limited context makes of a request: nothing special, a refusal, or a silent cut. */
export function contextQuirk(
  request: ModelRequest,
  { context: most }: Quirks,
  version: string,
): Behaviour | 'cut' | undefined {
  if (most === undefined || !asks.has(request.path)) return undefined;
  const asked = at(request.json, 'options', 'num_ctx');
  const context = Math.min(typeof asked === 'number' ? asked : defaultContext, most);
  const tokens = tokensOf(request);
  if (tokens <= context) return undefined;
  return at(request.json, 'truncate') === false ? tooLong(version, tokens, context) : 'cut';
}

/** What a model that thinks says, unless it is asked not to: its thoughts apart, and no answer. */
export function thinkQuirk(request: ModelRequest, { thinks }: Quirks): Behaviour | undefined {
  if (thinks === undefined || request.path !== '/api/generate') return undefined;
  if (at(request.json, 'think') === false) return undefined;
  const lines = [
    { model: at(request.json, 'model'), response: '', thinking: thinks, done: false },
    { model: at(request.json, 'model'), response: '', done: true, done_reason: 'stop' },
  ];
  return { kind: 'raw', body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') };
}

/** Places of a service that takes only so many requests at once and lets only so many wait. */
export class ModelQueue {
  #active = 0;
  readonly #waiting: (() => void)[] = [];

  /** Waits for a place; false when too many wait already. */
  async enter({ atOnce = Infinity, waiting = Infinity }: Quirks): Promise<boolean> {
    if (this.#active >= atOnce) {
      if (this.#waiting.length >= waiting) return false;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#active += 1;
    return true;
  }

  leave(): void {
    this.#active -= 1;
    this.#waiting.shift()?.();
  }
}
