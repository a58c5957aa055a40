import { type OllamaPullLine, demoModelRef } from '@cynodeai/contracts/model';
import type { Clock } from '@cynodeai/runtime/std';
import { answerAsk, askOf } from '../domain/agents/answer-ask.ts';
import { answerConversation } from '../domain/answer-conversation.ts';
import { defaultKeepAliveMs, keepAliveMs } from '../domain/keep-alive.ts';
import { countTokens, limitAnswer } from '../domain/limit-answer.ts';
import { ModelError } from '../domain/model-error.ts';
import { whoItIs } from '../domain/what-it-is.ts';
import type {
  AnswerPiece,
  LoadedModel,
  ModelBackend,
  ModelCard,
  ModelQuestion,
} from '../ports/model-backend.ts';

export interface DemoBackendOptions {
  readonly version: string;
  readonly clock: Clock;
  /** Names this version of the rules: 64 hexadecimal digits. */
  readonly digest: string;
}

/** Instants later than this cannot be written down. */
const farFuture = Date.UTC(2318, 0, 1);

/** The one model of ours, behind the wire. */
export class DemoBackend implements ModelBackend {
  readonly banner = 'cynode-demo is running';
  readonly version: string;
  readonly #clock: Clock;
  readonly #card: ModelCard;
  #expiresAt: Date | undefined;

  constructor({ version, clock, digest }: DemoBackendOptions) {
    this.version = version;
    this.#clock = clock;
    this.#card = {
      name: demoModelRef,
      modifiedAt: clock.now(),
      size: 0,
      digest,
      family: 'rules',
      format: 'rules',
      parameterSize: '0',
      quantization: 'none',
      license: 'Apache-2.0',
      system: whoItIs,
      capabilities: ['completion', 'tools'],
      contextLength: 1024 * 1024,
    };
  }

  models(): readonly ModelCard[] {
    return [this.#card];
  }

  loaded(): readonly LoadedModel[] {
    const expiresAt = this.#expiresAt;
    if (expiresAt === undefined || expiresAt <= this.#clock.now()) return [];
    return [{ name: demoModelRef, expiresAt }];
  }

  load(_model: string, keepAlive: string | number | undefined): void {
    const time = keepAlive === undefined ? defaultKeepAliveMs : keepAliveMs(keepAlive);
    if (time === undefined) {
      throw new ModelError('invalid', 'keep_alive must be seconds or a duration such as 5m');
    }
    this.#expiresAt = new Date(Math.min(this.#clock.now().getTime() + time, farFuture));
  }

  unload(): void {
    this.#expiresAt = undefined;
  }

  /** It has nothing to fetch: its own name is a success at once, any other one fails. */
  async *pull(model: string): AsyncIterable<OllamaPullLine> {
    yield { status: 'pulling manifest' };
    if (model !== demoModelRef) {
      throw new ModelError(
        'failed',
        'pull model manifest: file does not exist; cynode-demo holds no other model, connect an Ollama to pull one',
      );
    }
    yield { status: 'success' };
  }

  async *answer({
    model,
    messages,
    tools,
    format,
    think,
    maxTokens,
    stop,
  }: ModelQuestion): AsyncIterable<AnswerPiece> {
    if (messages.some(({ images }) => images > 0)) {
      throw new ModelError('not_supported', `"${model}" does not support vision`);
    }
    if (think) throw new ModelError('not_supported', `"${model}" does not support thinking`);
    const ask = askOf(messages);
    if (ask === undefined && format !== undefined && format !== 'json') {
      throw new ModelError(
        'not_supported',
        `"${model}" answers by rules and cannot follow a JSON schema; connect a real model`,
      );
    }
    const { text, calls } =
      ask === undefined ? answerConversation(messages, tools) : { text: answerAsk(ask), calls: [] };
    const isBare = format === 'json' && ask === undefined && calls.length === 0;
    const asked = isBare ? asJson(text) : text;
    const { pieces, reason } = limitAnswer(asked, maxTokens, stop);
    for (const piece of pieces) yield { kind: 'text', text: piece };
    if (calls.length > 0) yield { kind: 'tool_calls', calls };
    const promptTokens = messages.reduce((sum, { content }) => sum + countTokens(content), 0);
    yield { kind: 'end', reason, promptTokens, answerTokens: pieces.length };
  }
}

/** The answer to somebody who asked for JSON. */
function asJson(answer: string): string {
  return JSON.stringify({ model: demoModelRef, answer });
}
