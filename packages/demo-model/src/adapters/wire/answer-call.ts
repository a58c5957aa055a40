import { messageOf } from '@cynodeai/runtime/std';
import { ModelError, type ModelErrorCode } from '../../domain/model-error.ts';
import type { ModelBackend } from '../../ports/model-backend.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { wireRoutes } from './routes.ts';

const statusOf: Readonly<Record<ModelErrorCode, number>> = {
  not_found: 404,
  not_supported: 400,
  invalid: 400,
  busy: 503,
  failed: 500,
};

/** Answers one request of Ollama's or OpenAI's API. Faults are answered too, in the words of that API. */
export async function answerModelCall(call: ModelCall, backend: ModelBackend): Promise<void> {
  const route = Object.hasOwn(wireRoutes, call.path) ? wireRoutes[call.path] : undefined;
  if (route === undefined)
    return sendError(call, 404, `${call.path.slice(0, 200)} is not served here`);
  const allowed = route.method === 'GET' ? ['GET', 'HEAD'] : ['POST'];
  if (!allowed.includes(call.method)) {
    call.response.setHeader('allow', allowed.join(', '));
    return sendError(call, 405, `this path answers ${allowed.join(', ')}`);
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
  const known = error instanceof ModelError;
  const message = known ? messageOf(error) : 'internal error';
  if (response.headersSent) {
    response.end(`${JSON.stringify({ error: message })}\n`);
    return;
  }
  sendError(call, known ? statusOf[error.code] : 500, message);
}

function sendError(call: ModelCall, status: number, message: string): void {
  sendJson(call, status, { error: message });
}
