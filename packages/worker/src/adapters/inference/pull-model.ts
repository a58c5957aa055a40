import {
  type OllamaPullLine,
  PullLayers,
  type PullProgress,
  ollamaErrorSchema,
  ollamaPullLineSchema,
  ollamaRoutes,
} from '@cynodeai/contracts/model';
import { CallError, type HttpClient, callRoute } from '@cynodeai/runtime/call';
import { LineError, linesOf, parseJsonOr, truncateUtf8 } from '@cynodeai/runtime/std';

/** A model service and the connections to it; downloads have a lane of their own, because they last for minutes. */
export interface ModelService {
  readonly client: Pick<HttpClient<'pull'>, 'open'>;
  /** Without a trailing slash. */
  readonly baseUrl: string;
}

export interface PullCall {
  readonly service: ModelService;
  readonly modelRef: string;
  readonly onProgress: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
}

/** A pull ends when the service says nothing for this long, ms. Checking a big layer takes minutes without a word. */
const silenceMs = 600_000;
/** Longest line, characters. */
const lineChars = 64 * 1024;
const errorBytes = 500;

function parseLine(text: string): OllamaPullLine | undefined {
  return ollamaPullLineSchema.safeParse(parseJsonOr(text)).data;
}

const fault = (words: string, cause?: unknown): Error =>
  new Error(truncateUtf8(words, errorBytes).text, { cause });

/** The service's own words about a call that failed, as far as it has any. */
function faultOf(error: unknown): unknown {
  if (error instanceof LineError) return fault('the model service sent an endless line', error);
  if (!(error instanceof CallError) || error.code !== 'refused') return error;
  const said = ollamaErrorSchema.safeParse(parseJsonOr(error.text));
  return fault(said.data?.error ?? `the model service answered ${error.status}`, error);
}

/** `POST /api/pull` with its stream of progress; resolves when the service has said `success`. @throws Error */
export async function pullModel({
  service,
  modelRef,
  onProgress,
  signal,
}: PullCall): Promise<void> {
  const layers = new PullLayers();
  try {
    const body = { model: modelRef, stream: true };
    const settings = { ...service, lane: 'pull', stallMs: silenceMs, signal } as const;
    const answer = await callRoute(ollamaRoutes.pull, { body }, settings);
    for await (const text of linesOf(answer.body, lineChars)) {
      const line = parseLine(text);
      if (line?.error !== undefined) throw fault(line.error);
      if (line?.status === 'success') return;
      const progress = line && layers.note(line);
      if (progress !== undefined) onProgress(progress);
    }
  } catch (error) {
    throw faultOf(error);
  }
  throw fault('the model service ended the download without success');
}
