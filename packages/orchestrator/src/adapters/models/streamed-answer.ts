import { limits } from '@cynodeai/contracts/common';
import {
  type OllamaGenerate,
  ollamaErrorSchema,
  ollamaGenerateSchema,
} from '@cynodeai/contracts/model';
import { parseJsonOr, storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { AnswerText } from '../../domain/prompts/answer-text.ts';
import type { ModelAnswer, ModelUsage, ModelWords } from '../../domain/prompts/model-answer.ts';

type Failed = Extract<ModelAnswer, { readonly kind: 'failed' }>;

/** Longest kept reason, bytes. */
const detailBytes = 1024;
/** Longest kept answer, characters: a job keeps no more, and no character is longer than one byte at least. */
const maxChars = limits.outputStreamBytes;

/** `: words` of a service or a relay, or nothing. */
export function wordsOf(words: string | undefined): string {
  return words === undefined ? '' : `: ${truncateUtf8(storableText(words), detailBytes).text}`;
}

export function failure(errorType: Failed['errorType'], message: string): Failed {
  return { kind: 'failed', errorType, message };
}

function usageOf(line: OllamaGenerate): ModelUsage | undefined {
  const { prompt_eval_count: input, eval_count: output } = line;
  if (input === undefined || output === undefined) return undefined;
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

/**
 * An answer of `POST /api/generate`, made of its lines as they come.
 * See docs/reference/inference.md#prompts.
 */
export class StreamedAnswer {
  readonly #onText: (text: string) => void;
  readonly #words = new AnswerText();
  #text = '';
  #model: string | undefined;

  /** @param onText gets the words of the answer, without thoughts */
  constructor(onText: (text: string) => void = () => {}) {
    this.#onText = onText;
  }

  /** What has arrived so far. */
  get words(): ModelWords {
    return {
      text: this.#text,
      thoughtChars: this.#words.thoughtChars,
      model: this.#model,
    };
  }

  /** Takes one line; answers once the answer is over, well or not. */
  take(text: string): ModelAnswer | undefined {
    if (text.trim() === '') return undefined;
    const json = parseJsonOr(text);
    const line = ollamaGenerateSchema.safeParse(json).data;
    if (line === undefined) {
      // A service may say in the middle of its answer, and with status 200, that it failed.
      const said = ollamaErrorSchema.safeParse(json).data?.error;
      return failure(
        'model_answer_invalid',
        `the model service's answer is not one${wordsOf(said)}`,
      );
    }
    this.#model = line.model ?? this.#model;
    this.#words.thought(line.thinking ?? '');
    this.#append(this.#words.add(line.response));
    if (line.done) return this.#end(line);
    return this.#text.length > maxChars ? this.#cut() : undefined;
  }

  #append(words: string): void {
    if (words === '') return;
    this.#text += words;
    this.#onText(words);
  }

  /** It goes on for longer than what is kept. */
  #cut(): ModelAnswer {
    return { ...this.words, kind: 'answered', finishReason: 'length', usage: undefined };
  }

  #end(line: OllamaGenerate): ModelAnswer {
    this.#append(this.#words.end());
    const { text, thoughtChars } = this.words;
    if (text.trim() !== '') {
      const finishReason = line.done_reason;
      return { ...this.words, kind: 'answered', finishReason, usage: usageOf(line) };
    }
    const thought = thoughtChars > 0 ? `, but thought ${thoughtChars} characters` : '';
    return failure('model_answer_empty', `the model answered nothing${thought}`);
  }
}
