import type { OllamaToolCall } from '@cynodeai/contracts/model';
import { performance } from 'node:perf_hooks';
import type { AnswerPiece, ModelBackend, ModelQuestion } from '../../ports/model-backend.ts';
import { type AnswerEnd, collectAnswer } from './collect.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { openStream, writeChunk } from './write-stream.ts';

/** The field of an Ollama answer that holds the words: `response`, or `message` in a chat. */
export type WordsField = (text: string, calls: readonly OllamaToolCall[]) => object;

interface OllamaAnswerOptions {
  readonly backend: ModelBackend;
  readonly question: ModelQuestion;
  readonly stream: boolean;
  readonly words: WordsField;
  /** More of the last line. */
  readonly extra?: (end: AnswerEnd) => object;
}

/** Measures what Ollama reports: nanoseconds, whole and to the first word. */
class AnswerTimer {
  readonly #started = performance.now();
  #first: number | undefined;

  firstPiece(): void {
    this.#first ??= performance.now();
  }

  /** The last line of an answer. */
  summary(end: AnswerEnd): object {
    const now = performance.now();
    const first = this.#first ?? now;
    const ns = (ms: number): number => Math.round(ms * 1e6);
    return {
      done: true,
      done_reason: end.reason,
      total_duration: ns(now - this.#started),
      load_duration: 0,
      prompt_eval_count: end.promptTokens,
      prompt_eval_duration: ns(first - this.#started),
      eval_count: end.answerTokens,
      eval_duration: ns(now - first),
    };
  }
}

/** Answers `generate` and `chat`, as one JSON object or as NDJSON. */
export async function sendOllamaAnswer(
  call: ModelCall,
  { backend, question, stream, words, extra }: OllamaAnswerOptions,
): Promise<void> {
  const timer = new AnswerTimer();
  const base = (): object => ({ model: question.model, created_at: new Date().toISOString() });
  const pieces = backend.answer(question, call.signal);
  if (!stream) {
    const { text, calls, end } = await collectAnswer(watched(pieces, timer));
    const last = { ...timer.summary(end), ...extra?.(end) };
    sendJson(call, 200, { ...base(), ...words(text, calls), ...last });
    return;
  }
  for await (const piece of watched(pieces, timer)) {
    openStream(call, 'application/x-ndjson');
    const last = piece.kind === 'end' ? extra?.(piece) : {};
    const text = JSON.stringify({ ...base(), ...line(piece, words, timer), ...last });
    await writeChunk(call, `${text}\n`);
  }
  call.response.end();
}

function line(piece: AnswerPiece, words: WordsField, timer: AnswerTimer): object {
  switch (piece.kind) {
    case 'text':
      return { ...words(piece.text, []), done: false };
    case 'tool_calls':
      return { ...words('', piece.calls), done: false };
    case 'end':
      return { ...words('', []), ...timer.summary(piece) };
  }
}

async function* watched(
  pieces: AsyncIterable<AnswerPiece>,
  timer: AnswerTimer,
): AsyncIterable<AnswerPiece> {
  for await (const piece of pieces) {
    timer.firstPiece();
    yield piece;
  }
}
