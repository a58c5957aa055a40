import type { ModelBackend, ModelQuestion } from '../../ports/model-backend.ts';
import { type WholeAnswer, collectAnswer } from './collect.ts';
import type { ModelCall } from './model-call.ts';
import { findModel } from './model-names.ts';

/** Brings the named model into memory, asks it and waits for the whole answer; `model` as it was spelled. */
export async function askWhole(
  call: ModelCall,
  backend: ModelBackend,
  named: string | null | undefined,
  questionOf: (model: string) => ModelQuestion,
): Promise<{ readonly model: string; readonly answer: WholeAnswer }> {
  const { name } = findModel(backend, named);
  const model = named ?? name;
  backend.load(model, undefined);
  return { model, answer: await collectAnswer(backend.answer(questionOf(model), call.signal)) };
}
