import { ollamaErrorSchema, ollamaGenerateSchema } from '@cynodeai/contracts/model';
import type { OllamaGenerate } from '@cynodeai/contracts/model';
import { problemSchema } from '@cynodeai/contracts/common';
import { type HttpAnswer, HttpClient, faultCodes, wasNeverSent } from '@cynodeai/runtime/http';
import { messageOf, storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import type { ModelAnswer, ModelUsage } from '../../domain/prompts/model-answer.ts';
import type { ModelClient } from '../../ports/model-client.ts';

const operation = '/api/generate';
/** The text of an answer, up to six bytes per character in JSON, and the service's own state beside it. */
const maxAnswerBytes = 32 * 1024 * 1024;
/** Longest kept reason, bytes. */
const detailBytes = 1024;
const tooManyRequests = 429;

type Failed = Extract<ModelAnswer, { readonly kind: 'failed' }>;

function failure(errorType: Failed['errorType'], message: string): Failed {
  return { kind: 'failed', errorType, message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function usageOf(answer: OllamaGenerate): ModelUsage | undefined {
  const { prompt_eval_count: input, eval_count: output } = answer;
  if (input === undefined || output === undefined) return undefined;
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

/** What a service or a relay says of a refusal. */
function detailOf(body: unknown): string | undefined {
  const problem = problemSchema.safeParse(body);
  const error = ollamaErrorSchema.safeParse(body);
  const detail = problem.success
    ? (problem.data.detail ?? problem.data.title)
    : error.success
      ? error.data.error
      : undefined;
  return detail === undefined ? undefined : truncateUtf8(storableText(detail), detailBytes).text;
}

function refusal({ status }: HttpAnswer, body: unknown, isRelay: boolean): ModelAnswer {
  const detail = detailOf(body);
  const message = `the model service answered ${status}${detail === undefined ? '' : `: ${detail}`}`;
  return isRelay && status === tooManyRequests
    ? { kind: 'not_taken', message, isUnreachable: false }
    : failure('model_refused', message);
}

/** What an HTTP answer of `POST /api/generate` without streaming means. Contract 01 section 4.4. */
export function answerOfHttp(answer: HttpAnswer, isRelay: boolean): ModelAnswer {
  const body = parsed(answer.text);
  if (answer.status < 200 || answer.status > 299) return refusal(answer, body, isRelay);
  const generated = ollamaGenerateSchema.safeParse(body);
  if (!generated.success) {
    const detail = detailOf(body);
    const what = detail === undefined ? '' : `: ${detail}`;
    return failure('model_answer_invalid', `the model service's answer is not one${what}`);
  }
  const { response, done, model, done_reason: finishReason } = generated.data;
  if (!done) return failure('model_answer_invalid', 'the answer of the model was cut');
  if (response.trim() === '') return failure('model_answer_empty', 'the model answered nothing');
  return { kind: 'answered', text: response, model, finishReason, usage: usageOf(generated.data) };
}

/** What a call without an answer means; the text of the fault may name addresses, its code does not. */
export function answerOfFault(
  error: unknown,
  { timeoutMs, isRelay }: { readonly timeoutMs: number; readonly isRelay: boolean },
): ModelAnswer {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const seconds = Math.round(timeoutMs / 1000);
    return failure('model_timeout', `the model did not answer within ${seconds} s`);
  }
  if (error instanceof RangeError) return failure('model_answer_invalid', messageOf(error));
  const [code] = faultCodes(error);
  const what = code === undefined ? '' : ` (${code})`;
  if (isRelay && wasNeverSent(error)) {
    return { kind: 'not_taken', message: `the node cannot be reached${what}`, isUnreachable: true };
  }
  return failure('model_unreachable', `the model service could not be reached, or hung up${what}`);
}

/** A model service that speaks Ollama's protocol, called directly or through a node's relay. */
export class OllamaClient implements ModelClient {
  readonly #http: HttpClient;

  /** @param connections calls to one service at once */
  constructor(connections: number) {
    this.#http = new HttpClient(connections);
  }

  async generate(
    ...[endpoint, request, options]: Parameters<ModelClient['generate']>
  ): Promise<ModelAnswer> {
    const { timeoutMs } = options;
    const isRelay = endpoint.token !== undefined;
    try {
      return answerOfHttp(
        await this.#http.call({
          method: 'POST',
          url: `${endpoint.baseUrl}${operation}`,
          headers: {
            ...(endpoint.token !== undefined && { authorization: `Bearer ${endpoint.token}` }),
          },
          json: request,
          timeoutMs,
          signal: options.signal,
          maxBytes: maxAnswerBytes,
        }),
        isRelay,
      );
    } catch (error) {
      return answerOfFault(error, { timeoutMs, isRelay });
    }
  }

  /** Cuts every connection. */
  close(): Promise<void> {
    return this.#http.close();
  }
}
