import {
  type OpenAiChatRequest,
  type OpenAiMessage,
  openAiChatRequestSchema,
} from '@cynodeai/contracts/model';
import type { ModelBackend, ModelMessage } from '../../ports/model-backend.ts';
import type { ModelCall } from './model-call.ts';
import { findModel } from './model-names.ts';
import { type AnswerShape, sendOpenAiAnswer, wantsUsage } from './openai-answer.ts';
import { openAiOptions } from './openai-options.ts';
import { parseBody } from './parse-body.ts';

const shape: AnswerShape = {
  idPrefix: 'chatcmpl',
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  choice: (content, calls) => ({ message: message(content, calls) }),
  chunkChoice: (content, calls) => ({ delta: message(content, calls) }),
};

function message(content: string, calls: readonly object[]): object {
  return { role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) };
}

function modelMessage({ role, content }: OpenAiMessage): ModelMessage {
  if (typeof content === 'string') return { role, content, images: 0 };
  const parts = content ?? [];
  return {
    role,
    content: parts.flatMap((part) => part.text ?? []).join('\n'),
    images: parts.filter((part) => part.type === 'image_url').length,
  };
}

function format({ response_format: wanted }: OpenAiChatRequest): unknown {
  if (wanted?.type === 'json_object') return 'json';
  return wanted?.type === 'json_schema' ? (wanted.json_schema?.schema ?? {}) : undefined;
}

/** `POST /v1/chat/completions`. */
export async function openAiChat(call: ModelCall, backend: ModelBackend): Promise<void> {
  const body = parseBody(call, openAiChatRequestSchema);
  const { name } = findModel(backend, body.model);
  const model = body.model ?? name;
  const wanted = format(body);
  backend.load(model, undefined);
  await sendOpenAiAnswer(call, {
    backend,
    question: {
      model,
      messages: body.messages.map(modelMessage),
      tools: body.tools ?? [],
      think: !['', 'none'].includes(body.reasoning_effort ?? ''),
      ...openAiOptions(body, body.max_completion_tokens),
      ...(wanted !== undefined && { format: wanted }),
    },
    shape,
    stream: body.stream ?? false,
    includeUsage: wantsUsage(body),
  });
}
