import {
  PullLayers,
  type PullProgress,
  ollamaErrorSchema,
  ollamaPullLineSchema,
  ollamaRoutes,
} from '@cynodeai/contracts/model';
import { CallError, HttpClient, callRoute } from '@cynodeai/runtime/call';
import { linesOf, messageOf, parseJsonOr } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import type { Progress } from '../terminal/progress.ts';
import { sizeText } from './download.ts';

export interface PullOptions {
  /** Base URL of the model service. */
  readonly url: string;
  readonly model: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A service that says nothing for this long has given up, ms: checking a big layer takes minutes without a word. */
const silenceMs = 600_000;
const lineChars = 64 * 1024;

/** The service's own words, where it has any. */
function wordsOf(error: unknown): string {
  if (!(error instanceof CallError)) return messageOf(error);
  const said = ollamaErrorSchema.safeParse(parseJsonOr(error.text)).data;
  return said?.error ?? error.message;
}

/** Reads the lines of a download until it says success. @throws Error in the words of the service */
async function follow(
  body: AsyncIterable<Uint8Array>,
  onProgress: (progress: PullProgress) => void,
): Promise<void> {
  const layers = new PullLayers();
  for await (const text of linesOf(body, lineChars)) {
    const line = ollamaPullLineSchema.safeParse(parseJsonOr(text)).data;
    if (line?.error !== undefined) throw new Error(line.error);
    if (line?.status === 'success') return;
    const sum = line && layers.note(line);
    if (sum !== undefined) onProgress(sum);
  }
  throw new Error('the download ended without success');
}

/**
 * Has a model service fetch a model and shows how far it is; an interrupted download goes on where it was.
 * @throws LauncherError `setup` in the words of the service, `interrupted`
 */
export async function pullModel({ url, model, signal, progress }: PullOptions): Promise<void> {
  const client = new HttpClient();
  progress.step(`fetching ${model}`);
  let told = 0;
  const show = ({ completedBytes, totalBytes }: PullProgress): void => {
    const percent = Math.floor((100 * completedBytes) / totalBytes);
    progress.tell(`${percent} % of ${sizeText(totalBytes)}`);
    if (percent < told + 25) return;
    told = percent - (percent % 25);
    progress.milestone(`fetching ${model}: ${told} % of ${sizeText(totalBytes)}`);
  };
  try {
    const body = { model, stream: true };
    const how = { client, baseUrl: url, stallMs: silenceMs, signal };
    await follow((await callRoute(ollamaRoutes.pull, { body }, how)).body, show);
    progress.done();
  } catch (error) {
    progress.done();
    signal.throwIfAborted();
    throw new LauncherError(
      'setup',
      `${model} could not be fetched by the model service at ${url}: ${wordsOf(error)}; see how it is spelled at https://ollama.com/library, or what is there already with: cynode model list`,
      { cause: error },
    );
  } finally {
    await client.close();
  }
}
