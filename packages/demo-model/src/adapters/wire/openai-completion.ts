import { openAiCompletionRequestSchema } from '@cynodeai/contracts/model';
import { ModelError } from '../../domain/model-error.ts';
import type { ModelBackend } from '../../ports/model-backend.ts';
import type { ModelCall } from './model-call.ts';
import { findModel } from './model-names.ts';
import { type AnswerShape, sendOpenAiAnswer, wantsUsage } from './openai-answer.ts';
import { openAiOptions } from './openai-options.ts';
import { parseBody } from './parse-body.ts';

const shape: AnswerShape = {
  idPrefix: 'cmpl',
  object: 'text_completion',
  chunkObject: 'text_completion',
  choice: (text) => ({ text }),
  chunkChoice: (text) => ({ text }),
};

/** `POST /v1/completions`. */
export async function openAiCompletion(call: ModelCall, backend: ModelBackend): Promise<void> {
  const body = parseBody(call, openAiCompletionRequestSchema);
  const { name } = findModel(backend, body.model);
  const model = body.model ?? name;
  if ((body.suffix ?? '') !== '') {
    throw new ModelError('not_supported', `"${model}" does not support insert`);
  }
  backend.load(model, undefined);
  await sendOpenAiAnswer(call, {
    backend,
    question: {
      model,
      messages: [{ role: 'user', content: body.prompt, images: 0 }],
      tools: [],
      think: false,
      ...openAiOptions(body),
    },
    shape,
    stream: body.stream ?? false,
    includeUsage: wantsUsage(body),
  });
}
