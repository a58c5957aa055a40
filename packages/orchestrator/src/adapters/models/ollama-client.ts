import {
  canonicalModel,
  listedName,
  ollamaErrorSchema,
  ollamaRoutes,
} from '@cynodeai/contracts/model';
import { CallError, type HttpClient, callRoute, exactTrust } from '@cynodeai/runtime/call';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { LineError, linesOf, parseJsonOr } from '@cynodeai/runtime/std';
import type { ModelAnswer, NotTakenReason } from '../../domain/prompts/model-answer.ts';
import { promptSettingLimits } from '../../domain/prompts/model-limits.ts';
import type { ChatRequest } from '../../domain/prompts/chat-request.ts';
import type { ModelRequest } from '../../domain/prompts/model-request.ts';
import type { GenerateOptions, ModelClient, ModelEndpoint } from '../../ports/model-client.ts';
import { ModelSilence, SilenceWatch } from './silence-watch.ts';
import { StreamedAnswer, chatLine, failure, generateLine, wordsOf } from './streamed-answer.ts';

/**
 * Connections to one model service or relay: a prompt holds one until its answer, and none waits for a job's or for an
 * agent's.
 */
export const promptLanes = {
  prompts: promptSettingLimits.atOnce,
  agents: promptSettingLimits.atOnce,
} as const;
type Lane = keyof typeof promptLanes;

/** Longest line of an answer, characters: one token, or a whole answer of a service that does not stream. */
const lineChars = 4 * 1024 * 1024;
/** Longest answer to a question about a model, bytes: a template and all its tensors may stand in it. */
const aboutBytes = 16 * 1024 * 1024;
/** Limit of a question about a model, and pause between two, ms. */
const aboutMs = 5000;
const lookMs = 1000;

/** A relay sends problem documents, a service its own form of an error. */
function saidBy({ detail, text }: CallError): string | undefined {
  return detail ?? ollamaErrorSchema.safeParse(parseJsonOr(text)).data?.error;
}

/** How services say that the input does not fit: in plain words, or as JSON inside their words with the counts. */
const tooLong =
  /exceeds? the (?:available )?context|exceed_context|context (?:length|size|window) exceeded/i;

function countedTokens(words: string): number | undefined {
  const [, digits] = /n_prompt_tokens\\?"\s*:\s*(\d{1,9})/.exec(words) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Refusals that pass by themselves: of a relay or a proxy, of a queue that is full, of a model that was removed. */
function passing({ status, kind }: CallError, isRelay: boolean): NotTakenReason | undefined {
  if (isRelay && kind === 'node_at_capacity') return 'busy';
  if (status === 404) return 'no_model';
  if (status === 502) return 'broke_off';
  if (status !== 503) return undefined;
  // A service says it of its queue; a node says what it lacks.
  return kind === undefined ? 'busy' : 'down';
}

function answerOfRefusal(call: CallError, isRelay: boolean): ModelAnswer {
  const said = saidBy(call);
  if (said !== undefined && tooLong.test(said)) {
    return { kind: 'too_long', inputTokens: countedTokens(said) };
  }
  const message = `the model service answered ${call.status}${wordsOf(said)}`;
  const isLate = isRelay && call.kind === 'timeout';
  if (isLate) return { kind: 'late', message, text: '', thoughtChars: 0, model: undefined };
  const reason = passing(call, isRelay);
  return reason === undefined
    ? failure('model_refused', message)
    : { kind: 'not_taken', message, reason, isUnreachable: false };
}

/** What a call without an answer means; the text of the fault may name addresses, its code does not. */
export function answerOfFault(error: unknown, isRelay: boolean): ModelAnswer {
  if (error instanceof LineError) {
    return failure('model_answer_invalid', 'the model service sent an endless line');
  }
  const call = error instanceof CallError ? error : undefined;
  switch (call?.code) {
    case 'refused':
      return answerOfRefusal(call, isRelay);
    case 'bad_answer':
    case 'too_large':
      return failure('model_answer_invalid', "the model service's answer is not one");
    case 'late':
    case 'unreachable':
    case undefined: {
      const what = call?.faultCode === undefined ? '' : ` (${call.faultCode})`;
      if (call?.neverSent === true) {
        const message = `${isRelay ? 'the node' : 'the model service'} cannot be reached${what}`;
        return { kind: 'not_taken', message, reason: 'down', isUnreachable: isRelay };
      }
      const message = `the model service could not be reached, or hung up${what}`;
      return failure('model_unreachable', message);
    }
  }
}

/** A model service that speaks Ollama's protocol, called directly or through a node's relay. */
export class OllamaClient implements ModelClient {
  readonly #http: Pick<HttpClient<Lane>, 'open'>;
  readonly #lane: Lane;

  /** @param http has `promptLanes`; its owner closes it */
  constructor(http: Pick<HttpClient<Lane>, 'open'>, lane: Lane = 'prompts') {
    this.#http = http;
    this.#lane = lane;
  }

  async generate(
    endpoint: ModelEndpoint,
    request: ModelRequest | ChatRequest,
    { limits, signal, onText }: GenerateOptions,
  ): Promise<ModelAnswer> {
    const { baseUrl, token, certificate } = endpoint;
    using watch = new SilenceWatch(limits);
    const stop = AbortSignal.any([signal, watch.signal]);
    const isChat = 'messages' in request;
    const answer = new StreamedAnswer(isChat ? chatLine : generateLine, onText);
    void this.#lookUntilBegun(endpoint, request, watch);
    try {
      const { body } = await callRoute(
        isChat ? ollamaRoutes.chat : ollamaRoutes.generate,
        { body: { ...request } },
        {
          client: this.#http,
          lane: this.#lane,
          baseUrl,
          bearer: token,
          trust: exactTrust(certificate),
          // The watch comes first; this ends a call whose reader is stuck.
          timeoutMs: limits.totalMs + limits.silenceMs,
          signal: stop,
        },
      );
      for await (const line of linesOf(body, lineChars)) {
        watch.word();
        const end = answer.take(line);
        if (end !== undefined) return end;
      }
      return failure('model_answer_invalid', 'the answer of the model was cut');
    } catch (error) {
      if (error instanceof ModelSilence) {
        return { ...answer.words, kind: 'late', message: error.message };
      }
      if (error instanceof CallError && error.code === 'late') {
        return { ...answer.words, kind: 'late', message: 'the model took too long to answer' };
      }
      return answerOfFault(error, token !== undefined);
    }
  }

  async contextLength(
    endpoint: ModelEndpoint,
    model: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    try {
      const settings = this.#about(endpoint, signal);
      const { body } = await callRoute(ollamaRoutes.show, { body: { model } }, settings);
      const lengths = Object.entries(body.model_info ?? {})
        .filter(([name]) => name.endsWith('.context_length'))
        .map(([, value]) => value);
      return lengths.find((one): one is number => Number.isSafeInteger(one) && Number(one) > 0);
    } catch {
      return undefined;
    }
  }

  #about({ baseUrl, token: bearer, certificate }: ModelEndpoint, signal: AbortSignal) {
    const limits = { timeoutMs: aboutMs, maxBytes: aboutBytes };
    return {
      client: this.#http,
      baseUrl,
      bearer,
      trust: exactTrust(certificate),
      signal,
      ...limits,
    };
  }

  /** Tells the watch once the model is in memory with room for the request: only then is it at work. */
  async #lookUntilBegun(
    endpoint: ModelEndpoint,
    { model, options }: Pick<ModelRequest, 'model' | 'options'>,
    watch: SilenceWatch,
  ): Promise<void> {
    const { known } = watch;
    const wanted = canonicalModel(model);
    for (;;) {
      await sleep(lookMs, known);
      if (known.aborted) return;
      try {
        const { body } = await callRoute(ollamaRoutes.ps, {}, this.#about(endpoint, known));
        const loaded = (body.models ?? []).find(
          (one) => canonicalModel(listedName(one)) === wanted,
        );
        const room = loaded?.context_length ?? options.num_ctx;
        if (loaded !== undefined && room >= options.num_ctx) watch.begun();
      } catch {
        // A service that cannot say whether it has begun is waited for like one that has not.
      }
    }
  }
}
