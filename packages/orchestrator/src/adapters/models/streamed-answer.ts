import { limits } from '@cynodeai/contracts/common';
import { agentCallLimits } from '@cynodeai/contracts/control-plane';
import {
  type OllamaToolCall,
  ollamaChatSchema,
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
/** Functions that one answer may ask for. */
const maxToolCalls = agentCallLimits.toolCalls;

/** `: words` of a service or a relay, or nothing. */
export function wordsOf(words: string | undefined): string {
  return words === undefined ? '' : `: ${truncateUtf8(storableText(words), detailBytes).text}`;
}

export function failure(errorType: Failed['errorType'], message: string): Failed {
  return { kind: 'failed', errorType, message };
}

/** One line of an answer, whichever way the model was asked. */
interface AnswerLine {
  readonly model?: string | undefined;
  readonly words: string;
  readonly thinking: string;
  readonly toolCalls: readonly OllamaToolCall[];
  readonly done: boolean;
  readonly done_reason?: string | undefined;
  readonly prompt_eval_count?: number | undefined;
  readonly eval_count?: number | undefined;
}

/** A line as it came; undefined when it is none. */
type ReadLine = (json: unknown) => AnswerLine | undefined;

/** Reads lines of `POST /api/generate`. */
export const generateLine: ReadLine = (json) => {
  const line = ollamaGenerateSchema.safeParse(json).data;
  return line && { ...line, words: line.response, thinking: line.thinking ?? '', toolCalls: [] };
};

/** Reads lines of `POST /api/chat`. */
export const chatLine: ReadLine = (json) => {
  const line = ollamaChatSchema.safeParse(json).data;
  if (line === undefined) return undefined;
  const { content, thinking, tool_calls: calls } = line.message;
  return { ...line, words: content ?? '', thinking: thinking ?? '', toolCalls: calls ?? [] };
};

function usageOf(line: AnswerLine): ModelUsage | undefined {
  const { prompt_eval_count: input, eval_count: output } = line;
  if (input === undefined || output === undefined) return undefined;
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

/**
 * An answer of a model, made of its lines as they come.
 * See docs/reference/inference.md#prompts.
 */
export class StreamedAnswer {
  readonly #onText: (text: string) => void;
  readonly #read: ReadLine;
  readonly #words = new AnswerText();
  readonly #toolCalls: OllamaToolCall[] = [];
  #toolChars = 0;
  #text = '';
  #model: string | undefined;

  /** @param onText gets the words of the answer, without thoughts */
  constructor(read: ReadLine, onText: (text: string) => void = () => {}) {
    this.#read = read;
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
    const line = this.#read(json);
    if (line === undefined) {
      // A service may say in the middle of its answer, and with status 200, that it failed.
      const said = ollamaErrorSchema.safeParse(json).data?.error;
      return failure(
        'model_answer_invalid',
        `the model service's answer is not one${wordsOf(said)}`,
      );
    }
    this.#model = line.model ?? this.#model;
    this.#words.thought(line.thinking);
    this.#append(this.#words.add(line.words));
    if (line.toolCalls.length > 0) {
      this.#toolCalls.push(...line.toolCalls);
      this.#toolChars += text.length;
      if (this.#toolCalls.length > maxToolCalls || this.#toolChars > maxChars) {
        return failure('model_answer_invalid', 'the model asks for more tools at once than it may');
      }
    }
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

  #end(line: AnswerLine): ModelAnswer {
    this.#append(this.#words.end());
    const { text, thoughtChars } = this.words;
    const hasTools = this.#toolCalls.length > 0;
    if (text.trim() !== '' || hasTools) {
      const finishReason = line.done_reason;
      return {
        ...this.words,
        kind: 'answered',
        finishReason,
        usage: usageOf(line),
        ...(hasTools && { toolCalls: this.#toolCalls }),
      };
    }
    const thought = thoughtChars > 0 ? `, but thought ${thoughtChars} characters` : '';
    return failure('model_answer_empty', `the model answered nothing${thought}`);
  }
}
