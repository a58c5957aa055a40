import type { ModelTool, OllamaPullLine, OllamaToolCall } from '@cynodeai/contracts/model';

/** One message of a conversation, whichever wire it came by. */
export interface ModelMessage {
  readonly role: string;
  readonly content: string;
  /** How many pictures came with it. */
  readonly images: number;
}

/** What a model is asked, whichever wire it came by. */
export interface ModelQuestion {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** Functions the model may ask to have called; none with `generate`. */
  readonly tools: readonly ModelTool[];
  /** `json` or a JSON Schema that the answer must follow. */
  readonly format?: unknown;
  /** True when the caller wants the reasoning apart from the answer. */
  readonly think: boolean;
  /** Longest answer, in the model's own units; no limit when absent. */
  readonly maxTokens?: number;
  /** The answer ends before the first of these. */
  readonly stop: readonly string[];
}

/** A part of an answer, in the order it is made. The last one is `end`. */
export type AnswerPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool_calls'; readonly calls: readonly OllamaToolCall[] }
  | {
      readonly kind: 'end';
      readonly reason: string;
      readonly promptTokens: number;
      readonly answerTokens: number;
    };

/** A model on disk. */
export interface ModelCard {
  /** With its tag. */
  readonly name: string;
  readonly modifiedAt: Date;
  /** Bytes. */
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly digest: string;
  readonly family: string;
  readonly format: string;
  readonly parameterSize: string;
  readonly quantization: string;
  readonly license: string;
  readonly system: string;
  readonly capabilities: readonly string[];
  readonly contextLength: number;
  /** Who computes it, where that is not this service. */
  readonly remoteHost?: string;
}

/** A model in memory; `expiresAt` is when it leaves. */
export interface LoadedModel {
  readonly name: string;
  readonly expiresAt: Date;
}

/** What stands behind the wire. Refusals are `ModelError`s. */
export interface ModelBackend {
  /** What `GET /` says. */
  readonly banner: string;
  readonly version: string;
  models(): readonly ModelCard[];
  loaded(): readonly LoadedModel[];
  /** Brings a model into memory, or keeps it there; undefined is the default time. */
  load(model: string, keepAlive: string | number | undefined): void;
  unload(model: string): void;
  pull(model: string, signal: AbortSignal): AsyncIterable<OllamaPullLine>;
  answer(question: ModelQuestion, signal: AbortSignal): AsyncIterable<AnswerPiece>;
}
