import type { OllamaToolCall, OpenAiChatRequest } from '@cynodeai/contracts/model';
import { randomUUID } from 'node:crypto';
import type { AnswerPiece, ModelBackend, ModelQuestion } from '../../ports/model-backend.ts';
import { type AnswerEnd, collectAnswer } from './collect.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { openStream, writeChunk } from './write-stream.ts';

/** What tells a chat answer from a plain completion. */
export interface AnswerShape {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** The part of a choice that holds the words. */
  readonly choice: (text: string, calls: readonly object[]) => object;
  readonly chunkChoice: (text: string, calls: readonly object[]) => object;
}

export interface OpenAiAnswerOptions {
  readonly backend: ModelBackend;
  readonly question: ModelQuestion;
  readonly shape: AnswerShape;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** Whether a request wants usage behind its stream. */
export function wantsUsage({ stream_options }: Pick<OpenAiChatRequest, 'stream_options'>): boolean {
  return stream_options?.include_usage ?? false;
}

function toolCalls(calls: readonly OllamaToolCall[], from: number): object[] {
  return calls.map((call, index) => ({
    index: from + index,
    id: call.id ?? `call_${randomUUID()}`,
    type: 'function',
    function: { name: call.function.name, arguments: JSON.stringify(call.function.arguments) },
  }));
}

function usage({ promptTokens, answerTokens }: AnswerEnd): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: answerTokens,
    total_tokens: promptTokens + answerTokens,
  };
}

function finishReason({ reason }: AnswerEnd, calls: number): string {
  return calls > 0 ? 'tool_calls' : reason;
}

/** Answers chat and plain completions, as one JSON object or as server-sent events that end with `[DONE]`. */
export async function sendOpenAiAnswer(
  call: ModelCall,
  options: OpenAiAnswerOptions,
): Promise<void> {
  const { backend, question, shape, stream } = options;
  const base = {
    id: `${shape.idPrefix}-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: question.model,
    system_fingerprint: 'fp_cynode',
  };
  const pieces = backend.answer(question, call.signal);
  if (stream) return streamAnswer(call, base, pieces, options);
  const { text, calls, end } = await collectAnswer(pieces);
  sendJson(call, 200, {
    ...base,
    object: shape.object,
    choices: [
      {
        index: 0,
        ...shape.choice(text, toolCalls(calls, 0)),
        finish_reason: finishReason(end, calls.length),
      },
    ],
    usage: usage(end),
  });
}

async function streamAnswer(
  call: ModelCall,
  base: object,
  pieces: AsyncIterable<AnswerPiece>,
  { shape, includeUsage }: OpenAiAnswerOptions,
): Promise<void> {
  let calls = 0;
  const send = async (body: object): Promise<void> => {
    openStream(call, 'text/event-stream');
    const event = { ...base, object: shape.chunkObject, ...body };
    await writeChunk(call, `data: ${JSON.stringify(event)}\n\n`);
  };
  const choice = (text: string, toolCalls: object[], finish: string | null): object => ({
    choices: [{ index: 0, ...shape.chunkChoice(text, toolCalls), finish_reason: finish }],
  });
  for await (const piece of pieces) {
    if (piece.kind === 'text') await send(choice(piece.text, [], null));
    else if (piece.kind === 'tool_calls') {
      await send(choice('', toolCalls(piece.calls, calls), null));
      calls += piece.calls.length;
    } else {
      await send(choice('', [], finishReason(piece, calls)));
      if (includeUsage) await send({ choices: [], usage: usage(piece) });
    }
  }
  await writeChunk(call, 'data: [DONE]\n\n');
  call.response.end();
}
