import {
  type OllamaPullLine,
  ollamaErrorSchema,
  ollamaPullLineSchema,
} from '@cynodeai/contracts/model';
import { truncateUtf8 } from '@cynodeai/runtime/std';
import { Agent, type Dispatcher, request } from 'undici';
import type { PullProgress } from '../../domain/inference/models.ts';

export interface PullCall {
  readonly baseUrl: string;
  readonly modelRef: string;
  readonly onProgress: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
}

/** A pull ends when the service says nothing for this long, ms. Checking a big layer takes minutes without a word. */
const silenceMs = 600_000;
/** Longest line, and longest answer to a refused pull, bytes. */
const lineBytes = 64 * 1024;
const layersMax = 1000;
const errorBytes = 500;

function parseLine(text: string): OllamaPullLine | undefined {
  try {
    return ollamaPullLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Adds up what is known of each layer. */
class Layers {
  readonly #layers = new Map<string, PullProgress>();

  /** The sum after this line; undefined when it says nothing new. */
  note(line: OllamaPullLine): PullProgress | undefined {
    const { digest, total = 0, completed = 0 } = line;
    const sane = Number.isSafeInteger(total) && total > 0 && Number.isSafeInteger(completed);
    if (digest === undefined || !sane) return undefined;
    if (!this.#layers.has(digest) && this.#layers.size >= layersMax) return undefined;
    this.#layers.set(digest, {
      completedBytes: Math.min(Math.max(completed, 0), total),
      totalBytes: total,
    });
    let [completedBytes, totalBytes] = [0, 0];
    for (const layer of this.#layers.values()) {
      completedBytes += layer.completedBytes;
      totalBytes += layer.totalBytes;
    }
    return Number.isSafeInteger(totalBytes) ? { completedBytes, totalBytes } : undefined;
  }
}

/** Lines of a stream, without their ends. @throws RangeError when one is longer than the bound */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineBytes) throw new RangeError('the model service sent an endless line');
    yield* lines;
  }
  yield rest + decoder.decode();
}

/** The service's words about a refusal, shortened. */
async function refusal(response: Dispatcher.ResponseData): Promise<string> {
  let text = '';
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.length > lineBytes) break;
  }
  try {
    const parsed = ollamaErrorSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data.error;
  } catch {
    // Not its own words then.
  }
  return `the model service answered ${response.statusCode}`;
}

const fault = (words: string): Error => new Error(truncateUtf8(words, errorBytes).text);

/** `POST /api/pull` with its stream of progress; resolves when the service has said `success`. @throws Error */
export async function pullModel(call: PullCall): Promise<void> {
  const agent = new Agent({ headersTimeout: silenceMs, bodyTimeout: silenceMs });
  try {
    const response = await request(`${call.baseUrl}/api/pull`, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: call.modelRef, stream: true }),
      signal: call.signal,
    });
    if (response.statusCode !== 200) throw fault(await refusal(response));
    const layers = new Layers();
    for await (const text of linesOf(response.body as AsyncIterable<Buffer>)) {
      const line = parseLine(text);
      if (line?.error !== undefined) throw fault(line.error);
      if (line?.status === 'success') return;
      const progress = line && layers.note(line);
      if (progress !== undefined) call.onProgress(progress);
    }
    throw fault('the model service ended the download without success');
  } finally {
    await agent.destroy();
  }
}
