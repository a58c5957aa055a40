import { type OllamaToolCall, ollamaChatRequestSchema } from '@cynodeai/contracts/model';
import type { ModelBackend } from '../../ports/model-backend.ts';
import type { ModelCall } from './model-call.ts';
import { findModel } from './model-names.ts';
import { sendOllamaAnswer } from './ollama-answer.ts';
import { keepLoaded, loadToAnswer, sendLoadAnswer } from './ollama-load.ts';
import { answerOptions } from './ollama-options.ts';
import { parseBody } from './parse-body.ts';

function words(content: string, calls: readonly OllamaToolCall[]): object {
  return {
    message: { role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) },
  };
}

/** `POST /api/chat`. */
export async function ollamaChat(call: ModelCall, backend: ModelBackend): Promise<void> {
  const body = parseBody(call, ollamaChatRequestSchema);
  const { name } = findModel(backend, body.model);
  const model = body.model ?? name;
  const messages = body.messages ?? [];
  if (messages.length === 0) {
    sendLoadAnswer(call, backend, { model, keepAlive: body.keep_alive, words });
    return;
  }
  loadToAnswer(backend, model, body.keep_alive);
  await sendOllamaAnswer(call, {
    backend,
    question: {
      model,
      messages: messages.map((message) => ({
        role: message.role,
        content: message.content ?? '',
        images: message.images?.length ?? 0,
      })),
      tools: body.tools ?? [],
      ...answerOptions(body),
    },
    stream: body.stream ?? true,
    words,
  });
  keepLoaded(backend, model, body.keep_alive);
}
