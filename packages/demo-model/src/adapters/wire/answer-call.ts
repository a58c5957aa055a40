import { messageOf } from '@cynodeai/runtime/std';
import { ModelError, type ModelErrorCode } from '../../domain/model-error.ts';
import type { ModelBackend } from '../../ports/model-backend.ts';
import { type ModelCall, sendPlain } from './model-call.ts';
import { findRoute } from './routes.ts';
import { endWithError, sendError } from './send-error.ts';
import { isWelcome } from './welcome.ts';

const statusOf: Readonly<Record<ModelErrorCode, number>> = {
  not_found: 404,
  not_supported: 400,
  not_built: 501,
  invalid: 400,
  busy: 503,
  failed: 500,
};

/**
 * Answers one request of Ollama's or OpenAI's API. Refusals are answered in the words of that API.
 * @throws whatever else went wrong, after answering 500 where nothing was answered yet
 */
export async function answerModelCall(call: ModelCall, backend: ModelBackend): Promise<void> {
  if (!isWelcome(call.headers)) {
    call.response.writeHead(403, { 'content-length': 0 }).end();
    return;
  }
  const route = findRoute(call.path);
  if (route === undefined) {
    sendPlain(call, 404, '404 page not found');
    return;
  }
  const allowed = route.method === 'GET' ? ['GET', 'HEAD'] : ['POST'];
  if (!allowed.includes(call.method)) {
    call.response.setHeader('allow', allowed.join(', '));
    sendPlain(call, 405, '405 method not allowed');
    return;
  }
  try {
    await route.answer(call, backend);
  } catch (error) {
    refuse(call, error);
  }
}

/** Ends a call with an error, also in the middle of a stream. */
function refuse(call: ModelCall, error: unknown): void {
  const { response, signal } = call;
  if (signal.aborted || response.destroyed) {
    response.destroy();
    return;
  }
  if (response.writableEnded) throw error;
  const known = error instanceof ModelError;
  const status = known ? statusOf[error.code] : 500;
  const message = known ? messageOf(error) : 'internal error';
  if (response.headersSent) endWithError(call, status, message);
  else sendError(call, status, message);
  if (!known) throw error;
}
