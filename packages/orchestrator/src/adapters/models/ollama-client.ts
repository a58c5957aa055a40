import {
  type OllamaError,
  type OllamaGenerate,
  ollamaErrorSchema,
  ollamaRoutes,
} from '@cynodeai/contracts/model';
import { CallError, type HttpClient, callRoute } from '@cynodeai/runtime/call';
import { parseJsonOr, storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import type { ModelAnswer, ModelUsage } from '../../domain/prompts/model-answer.ts';
import type { ModelClient } from '../../ports/model-client.ts';

/** Connections to one model service or relay: a prompt holds one until its answer, and none waits for a job's. */
export const promptLanes = { prompts: 4 } as const;

type Lane = keyof typeof promptLanes;

/** The text of an answer, up to six bytes per character in JSON, and the service's own state beside it. */
const maxBytes = 32 * 1024 * 1024;
/** Longest kept reason, bytes. */
const detailBytes = 1024;
const tooManyRequests = 429;

type Failed = Extract<ModelAnswer, { readonly kind: 'failed' }>;

function failure(errorType: Failed['errorType'], message: string): Failed {
  return { kind: 'failed', errorType, message };
}

function usageOf(answer: OllamaGenerate): ModelUsage | undefined {
  const { prompt_eval_count: input, eval_count: output } = answer;
  if (input === undefined || output === undefined) return undefined;
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

/** `: words` of a service or a relay, or nothing. */
function wordsOf(words: string | undefined): string {
  return words === undefined ? '' : `: ${truncateUtf8(storableText(words), detailBytes).text}`;
}

/** A relay sends problem documents, a service its own form of an error. */
function refusalWords({ detail, text }: CallError): string {
  return wordsOf(detail ?? ollamaErrorSchema.safeParse(parseJsonOr(text)).data?.error);
}

type Body = OllamaGenerate | OllamaError;

/** The service may say with status 200 that it failed. */
function isGenerated(body: Body): body is OllamaGenerate {
  return typeof body['response'] === 'string' && typeof body['done'] === 'boolean';
}

/**
 * What an answer of `POST /api/generate` without streaming means.
 * See docs/reference/inference.md#prompts.
 */
function answerOf(body: Body): ModelAnswer {
  if (!isGenerated(body)) {
    const message = `the model service's answer is not one${wordsOf(body.error)}`;
    return failure('model_answer_invalid', message);
  }
  const { response, done, model, done_reason: finishReason } = body;
  if (!done) return failure('model_answer_invalid', 'the answer of the model was cut');
  if (response.trim() === '') return failure('model_answer_empty', 'the model answered nothing');
  return { kind: 'answered', text: response, model, finishReason, usage: usageOf(body) };
}

/** What a call without an answer means; the text of the fault may name addresses, its code does not. */
export function answerOfFault(
  error: unknown,
  { timeoutMs, isRelay }: { readonly timeoutMs: number; readonly isRelay: boolean },
): ModelAnswer {
  const call = error instanceof CallError ? error : undefined;
  switch (call?.code) {
    case 'refused': {
      const message = `the model service answered ${call.status}${refusalWords(call)}`;
      return isRelay && call.status === tooManyRequests
        ? { kind: 'not_taken', message, isUnreachable: false }
        : failure('model_refused', message);
    }
    case 'bad_answer':
      return failure('model_answer_invalid', "the model service's answer is not one");
    case 'too_large':
      return failure('model_answer_invalid', call.message);
    case 'late': {
      const seconds = Math.round(timeoutMs / 1000);
      return failure('model_timeout', `the model did not answer within ${seconds} s`);
    }
    case 'unreachable':
    case undefined: {
      const what = call?.faultCode === undefined ? '' : ` (${call.faultCode})`;
      if (isRelay && call?.neverSent === true) {
        const message = `the node cannot be reached${what}`;
        return { kind: 'not_taken', message, isUnreachable: true };
      }
      const message = `the model service could not be reached, or hung up${what}`;
      return failure('model_unreachable', message);
    }
  }
}

/** A model service that speaks Ollama's protocol, called directly or through a node's relay. */
export class OllamaClient implements ModelClient {
  readonly #http: Pick<HttpClient<Lane>, 'open'>;

  /** @param http has `promptLanes`; its owner closes it */
  constructor(http: Pick<HttpClient<Lane>, 'open'>) {
    this.#http = http;
  }

  async generate(
    ...[{ baseUrl, token }, body, { timeoutMs, signal }]: Parameters<ModelClient['generate']>
  ): Promise<ModelAnswer> {
    try {
      const answer = await callRoute(
        ollamaRoutes.generate,
        { body: { ...body } },
        {
          client: this.#http,
          lane: 'prompts',
          baseUrl,
          bearer: token,
          timeoutMs,
          signal,
          maxBytes,
        },
      );
      return answerOf(answer.body);
    } catch (error) {
      return answerOfFault(error, { timeoutMs, isRelay: token !== undefined });
    }
  }
}
