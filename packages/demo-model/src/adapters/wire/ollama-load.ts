import type { ModelBackend } from '../../ports/model-backend.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import type { WordsField } from './ollama-answer.ts';

export type KeepAlive = string | number | null | undefined;

function isZero(keepAlive: KeepAlive): boolean {
  return (
    keepAlive === 0 || (typeof keepAlive === 'string' && /^0+(?:ns|us|ms|s|m|h)?$/.test(keepAlive))
  );
}

/** Answers a request without a prompt, which only loads the model, or with `keep_alive` 0 unloads it. */
export function sendLoadAnswer(
  call: ModelCall,
  backend: ModelBackend,
  { model, keepAlive, words }: { model: string; keepAlive: KeepAlive; words: WordsField },
): void {
  const unload = isZero(keepAlive);
  if (unload) backend.unload(model);
  else backend.load(model, keepAlive ?? undefined);
  sendJson(call, 200, {
    model,
    created_at: new Date().toISOString(),
    ...words('', []),
    done: true,
    done_reason: unload ? 'unload' : 'load',
  });
}

/** Brings the model into memory before it answers. @throws ModelError `invalid` for a time that is none */
export function loadToAnswer(backend: ModelBackend, model: string, keepAlive: KeepAlive): void {
  backend.load(model, isZero(keepAlive) ? undefined : (keepAlive ?? undefined));
}

/** Keeps the model in memory for as long as the request says, after it was answered. */
export function keepLoaded(backend: ModelBackend, model: string, keepAlive: KeepAlive): void {
  if (isZero(keepAlive)) backend.unload(model);
  else backend.load(model, keepAlive ?? undefined);
}
