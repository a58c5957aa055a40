import { ollamaGenerateRequestSchema } from '@cynodeai/contracts/model';
import { ModelError, modelNotFound } from '../../domain/model-error.ts';
import type { ModelBackend } from '../../ports/model-backend.ts';
import type { AnswerEnd } from './collect.ts';
import type { ModelCall } from './model-call.ts';
import { findModel } from './model-names.ts';
import { type WordsField, sendOllamaAnswer } from './ollama-answer.ts';
import { keepLoaded, loadToAnswer, sendLoadAnswer } from './ollama-load.ts';
import { answerOptions } from './ollama-options.ts';
import { parseBody } from './parse-body.ts';

const words: WordsField = (response) => ({ response });

/** Longest context that is given, tokens. */
const contextMax = 4096;

/** What older callers send back to go on with a conversation; nothing here reads it. */
function contextOf({ promptTokens, answerTokens }: AnswerEnd): object {
  const length = Math.min(promptTokens + answerTokens, contextMax);
  return { context: Array.from({ length }, (_, index) => index + 1) };
}

/** `POST /api/generate`. */
export async function ollamaGenerate(call: ModelCall, backend: ModelBackend): Promise<void> {
  const body = parseBody(call, ollamaGenerateRequestSchema);
  // Only here no name counts as a name that nobody has.
  if (!body.model) throw modelNotFound('');
  const { name } = findModel(backend, body.model);
  const model = body.model ?? name;
  const prompt = body.prompt ?? '';
  if (prompt === '' && (body.suffix ?? '') === '') {
    sendLoadAnswer(call, backend, { model, keepAlive: body.keep_alive, words });
    return;
  }
  if ((body.suffix ?? '') !== '') {
    throw new ModelError('not_supported', `"${model}" does not support insert`);
  }
  const system = body.system ?? '';
  loadToAnswer(backend, model, body.keep_alive);
  await sendOllamaAnswer(call, {
    backend,
    question: {
      model,
      messages: [
        ...(system === '' ? [] : [{ role: 'system', content: system, images: 0 }]),
        { role: 'user', content: prompt, images: body.images?.length ?? 0 },
      ],
      tools: [],
      ...answerOptions(body),
    },
    stream: body.stream ?? true,
    words,
    extra: contextOf,
  });
  keepLoaded(backend, model, body.keep_alive);
}
