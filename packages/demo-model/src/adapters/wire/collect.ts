import type { OllamaToolCall } from '@cynodeai/contracts/model';
import type { AnswerPiece } from '../../ports/model-backend.ts';

export type AnswerEnd = Extract<AnswerPiece, { kind: 'end' }>;

/** A whole answer. */
export interface WholeAnswer {
  readonly text: string;
  readonly calls: readonly OllamaToolCall[];
  readonly end: AnswerEnd;
}

/** Waits for a whole answer. */
export async function collectAnswer(pieces: AsyncIterable<AnswerPiece>): Promise<WholeAnswer> {
  const texts: string[] = [];
  const calls: OllamaToolCall[] = [];
  let end: AnswerEnd = { kind: 'end', reason: 'stop', promptTokens: 0, answerTokens: 0 };
  for await (const piece of pieces) {
    if (piece.kind === 'text') texts.push(piece.text);
    else if (piece.kind === 'tool_calls') calls.push(...piece.calls);
    else end = piece;
  }
  return { text: texts.join(''), calls, end };
}
